/** Step 3: which column of the file is which field, how records are found, and all that can be set besides. */

import { fillWith, h } from "../dom.ts";
import { sentence } from "../request.ts";
import { absentRows } from "./absent.ts";
import { look as lookAt } from "./api.ts";
import { columnLine, type Line, type Table } from "./column.ts";
import { notesOf, worthALook } from "./layout.ts";
import { type Chosen, feedLines, type Options, type Problem, problems } from "./options.ts";
import { bar, button, note } from "./parts.ts";
import { type Following, mappingNotes, profileBar } from "./profiles.ts";
import { createSection, ignoredSection, linesSection, matchSection, noticesSection } from "./sections.ts";
import type { Look, Place, Screen } from "./types.ts";
import { t } from "./words.ts";

interface Acts {
  check: () => void;
  back: () => void;
  use: (options: Partial<Options>) => void;
}

/** What the step needs besides the file and what is chosen: texts that were wrong, the mapping followed, the note for the log. */
export interface Beside {
  wrong: Map<string, string[]>;
  following: Following;
  reason: string;
}

/** The third step. `chosen` is changed as the person chooses. */
export function mappingScreen(place: Place, look: Look, chosen: Chosen, beside: Beside, acts: Acts, problem = ""): Screen {
  const said = h("div", { class: "wz-notes", role: "status" });
  const second: { look: Look | null; problem: string } = { look: null, problem: "" };
  const table: Table = { look, chosen, wrong: beside.wrong, changed: update };
  const lines: Line[] = look.headers.map((header, index) => columnLine(table, look, header, index));
  const otherBody = h("tbody", {});
  let others: Line[] = [];
  const absent = absentRows(table);
  const sections = [
    matchSection(table), linesSection(table, () => second.look, (sheet) => void openSecond(sheet)), createSection(table), ignoredSection(table), noticesSection(table),
  ].filter((each) => each !== null);
  const go = button(t("toCheck"), acts.check, true);
  const count = h("small", { class: "tz-muted tz-right" });
  const reason = h("input", { class: "form-control wz-reason", maxlength: 500, value: beside.reason, placeholder: t("reason"), "aria-label": t("reason") });
  reason.addEventListener("input", () => (beside.reason = reason.value));

  function update(): void {
    const found = problems(look, chosen);
    fillWith(said, problem ? note("red", problem) : null, second.problem ? note("red", second.problem) : null, ...found.map((each) => note("red", saying(each))));
    go.disabled = found.length > 0;
    const headers = look.headers.filter(Boolean);
    count.textContent = t("mappedOf", { all: headers.length, n: headers.filter((header) => chosen.columns[header]).length });
    for (const line of [...lines, ...others]) line.refresh(found);
    absent.refresh();
    for (const each of sections) each.refresh();
  }

  /** The sheet of the lines: its columns come into the table too. */
  async function openSecond(sheet: string): Promise<void> {
    const wanted = chosen.lines?.sheet;
    try {
      second.problem = "";
      second.look = await lookAt(place.entity, { ticket: look.ticket, sheet, header_row: wanted?.header_row ?? null });
    } catch (refusal) {
      second.look = null;
      second.problem = sentence(refusal);
    }
    if (chosen.lines?.sheet?.sheet !== sheet) return;
    if (second.look) feedLines(second.look, look, chosen);
    drawSecond();
    update();
  }

  function drawSecond(): void {
    const from = chosen.lines?.sheet ? second.look : null;
    others = from ? from.headers.map((header, index) => columnLine(table, from, header, index)) : [];
    fillWith(otherBody, ...(from ? [h("tr", { class: "wz-absent-title" }, h("th", { colspan: 5, scope: "rowgroup" }, t("columnsOf", { sheet: from.sheet }))), ...others.map((line) => line.row)] : []));
  }

  update();
  if (chosen.lines?.sheet) void openSecond(chosen.lines.sheet.sheet);
  const head = ["columnOfFile", "sample", "fieldOf", "treatHead", "stateHead"] as const;
  const grid = h("table", { class: "tz-table wz-map" },
    h("thead", {}, h("tr", {}, ...head.map((key) => h("th", { scope: "col" }, t(key, { label: place.label }))))),
    h("tbody", {}, ...lines.map((line) => line.row)), otherBody, absent.body);
  const main = h("div", { class: "wz-panel wz-main" },
    h("div", { class: "wz-panel-head" }, profileBar(place, look, chosen, beside.following, acts.use), count),
    h("div", { class: "wz-scroll" }, grid));
  return {
    body: h("div", { class: "wz-preview" }, h("div", { class: "wz-notes" }, ...(worthALook(look) ? [] : notesOf(look)), ...mappingNotes(look, beside.following)), said,
      h("div", { class: "wz-wrap" }, main, h("aside", { class: "wz-panel wz-side wz-folds", "aria-label": t("settings") }, ...sections.map((each) => each.element)))),
    bar: bar([reason], [button(t("back"), acts.back), go]),
  };
}

function saying(problem: Problem): string {
  switch (problem.kind) {
    case "duplicate": return t("duplicate", { header: problem.header, letters: problem.letters.join(t("listComma")) });
    case "doubled": return t("doubled", { label: problem.field.label, columns: problem.headers.join(t("listComma")) });
    case "nothing": return t("nothingMapped");
    case "noKey": return t("noKey");
    case "keyMissing": return t("keyMissing", { labels: problem.fields.map((field) => field.label).join(t("listComma")) });
    case "createLacks": return t("createLacks", { label: problem.field.label, fields: problem.lacks.map((field) => field.label).join(t("listComma")) });
    case "noGroup": return t("noGroup");
    case "noLink": return t("noLink");
    case "emptyConstant": return t("emptyConstant", { label: problem.field.label });
  }
}
