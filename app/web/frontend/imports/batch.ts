/** One import: `<div id="import-batch" data-set data-entities>`: what came of it, its file, its errors, and taking it back. */

import { fillWith, h, icon } from "../dom.ts";
import { batch as ask, fileAddress } from "../wizard/api.ts";
import { bookButton } from "../wizard/book.ts";
import { note, when } from "../wizard/parts.ts";
import type { Batch } from "../wizard/types.ts";
import { undoCard } from "../wizard/undo.ts";
import { countBar, recordsAt, sheetsOf, sizeOf, stateChip, took } from "./parts.ts";
import { t } from "./words.ts";

export async function batchPage(root: HTMLElement): Promise<void> {
  const set = Number(root.dataset.set);
  const back = h("div", {});
  const place = h("div", {});
  fillWith(root, place, back);
  const draw = async (): Promise<Batch> => {
    const batch = await ask(set);
    fillWith(place, ...parts(batch, sheetsOf(root).some((sheet) => sheet.list && sheet.name === batch.entity)));
    return batch;
  };
  const batch = await draw();
  // The outcome of taking back stays beside the numbers that changed by it.
  if (batch.revert) fillWith(back, undoCard({ changeSet: batch.set, log: batch.log, done: () => void draw() }));
}

function parts(batch: Batch, mayList: boolean): (HTMLElement | null)[] {
  const { state } = batch;
  const records = recordsAt(batch);
  return [
    h("div", { class: "tz-page-head" }, h("h1", {}, batch.name ?? batch.label), stateChip(batch),
      h("div", { class: "tz-page-actions" }, h("a", { class: "btn btn-ghost", href: `/import/history?entity=${batch.entity}` }, icon("history", 14), t("history")))),
    state === "held" ? note("amber", t("heldText")) : null,
    state === "planned" ? note("blue", t("plannedText")) : null,
    state === "reverted" ? note("blue", t("revertedText"), " ", batch.inverse && batch.log ? h("a", { href: `/changelog/?change_set=${batch.inverse}` }, t("seeInverse")) : null) : null,
    h("div", { class: "wz-batch" },
      h("section", { class: "wz-card" }, h("h2", {}, t("numbers")), countBar(batch), figures(batch),
        batch.refused && batch.errors ? h("div", { class: "wz-rest" }, note("amber", t("leftText", { n: batch.refused })), bookButton(() => batch.set)) : null),
      h("section", { class: "wz-card" }, h("h2", {}, t("facts")), facts(batch))),
    h("div", { class: "wz-links wz-links-left" },
      mayList ? h("a", { class: "btn", href: records ?? `/${batch.entity}/list/` }, icon("table", 14), records ? t("seeRecords") : t("openSheet", { label: batch.label })) : null,
      batch.log && state !== "planned" ? h("a", { class: "btn", href: `/changelog/?change_set=${batch.set}` }, icon("history", 14), t("seeLog")) : null,
      batch.case ? h("a", { class: "btn", href: `/inbox/?case=${batch.case.case}` }, icon("clock", 14), t("openCase", { number: batch.case.number })) : null,
      batch.file ? h("a", { class: "btn", href: fileAddress(batch.set), download: "" }, icon("download", 14), t("download")) : h("span", { class: "tz-muted" }, t("fileGone"))),
  ];
}

function figures(batch: Batch): HTMLElement {
  const shown = ([["inserted", batch.inserted], ["updated", batch.updated], ["deleted", batch.deleted], ["unchanged", batch.unchanged], ["refused", batch.refused]] as const)
    .filter(([kind, count]) => count > 0 || kind === "inserted" || kind === "updated");
  return h("ul", { class: "wz-figure-list" }, ...shown.map(([kind, count]) => h("li", { class: `wz-figure-${kind}` }, t(kind, { n: count }))));
}

function facts(batch: Batch): HTMLElement {
  const pairs: [string, string | HTMLElement][] = [
    [t("who"), batch.by], [t("when"), when(batch.at)], [t("what"), batch.label],
    ...(batch.sheet ? [[t("sheetOf"), batch.sheet] as [string, string]] : []),
    ...(batch.rows !== null ? [[t("rowsOf"), t("nRows", { n: batch.rows })] as [string, string]] : []),
    [t("took"), took(batch.seconds)],
    ...(batch.size ? [[t("size"), sizeOf(batch.size)] as [string, string]] : []),
    ...(batch.sha256 ? [[t("fingerprint"), h("code", { title: t("hashWhy") }, batch.sha256)] as [string, HTMLElement]] : []),
    ...(batch.why ? [[t("why"), batch.why] as [string, string]] : []),
    ...(batch.reason ? [[t("reason"), batch.reason] as [string, string]] : []),
  ];
  return h("dl", { class: "wz-facts-list" }, ...pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
