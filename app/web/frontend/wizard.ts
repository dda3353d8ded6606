/** The import pages: the wizard at `<div id="import" data-entity="customer">`, what was imported at `#imports`, one import at `#import-batch`. */

import { fillWith } from "./dom.ts";
import { batchPage } from "./imports/batch.ts";
import { historyPage } from "./imports/history.ts";
import { sentence } from "./request.ts";
import { note } from "./wizard/parts.ts";
import { Wizard } from "./wizard/wizard.ts";

const PAGES: Record<string, (root: HTMLElement) => Promise<void>> = {
  import: (root) => new Wizard(root).open(),
  imports: historyPage,
  "import-batch": batchPage,
};

for (const [id, start] of Object.entries(PAGES)) {
  const root = document.getElementById(id);
  if (root) start(root).catch((problem: unknown) => fillWith(root, note("red", sentence(problem))));
}
