/** Step 2: which sheet, which row is the header, what above and below it is no data. */

import { h, icon } from "../dom.ts";
import { type Options, sheetsOf } from "./options.ts";
import { bar, button, letters, note, tick, when } from "./parts.ts";
import type { Look, Screen } from "./types.ts";
import { t } from "./words.ts";

interface Acts {
  /** Look at another sheet, or at this one with another header row. */
  look: (sheet: string, headerRow: number | null) => void;
  next: () => void;
  back: () => void;
}

/** Is there something in this file a person should see before columns are mapped? */
export function worthALook(look: Look): boolean {
  // Our own workbook says itself which sheet and rows it is about.
  if (look.trip) return Boolean(look.seen || look.hidden_rows);
  const filled = look.sheets.filter((sheet) => sheet.rows > 0 && !sheet.hidden);
  return filled.length > 1 || Boolean(look.titles?.length || look.totals?.length || look.hidden_rows || look.seen);
}

/** The second step. `options` is changed as the person chooses. */
export function layoutScreen(look: Look, options: Partial<Options>, acts: Acts, problem = ""): Screen {
  const sheets = sheetsOf(look).map((sheet) => {
    const radio = h("input", { type: "radio", name: "sheet", class: "form-check-input", value: sheet.name, checked: sheet.name === look.sheet });
    radio.addEventListener("change", () => acts.look(sheet.name, null));
    return h("label", { class: "wz-sheet" }, radio, h("b", { title: sheet.name }, sheet.name),
      sheet.hidden ? h("span", { class: "tz-chip tz-grey" }, t("hiddenSheet")) : null,
      h("span", { class: "tz-muted tz-right" }, sheet.rows ? t("nRows", { n: sheet.rows }) : t("emptySheet")));
  });
  const main = h("div", { class: "wz-panel wz-main" }, headOf(look, acts), h("div", { class: "wz-scroll" }, rowsOf(look, options, acts)), footOf(look, options, () => redrawSums(main, look, options)));
  return {
    body: h("div", { class: "wz-preview" },
      h("div", { class: "wz-notes" }, problem ? note("red", problem) : null, ...notesOf(look)),
      h("div", { class: "wz-wrap" },
        sheets.length > 1 ? h("form", { class: "wz-panel wz-side wz-sheets", "aria-label": t("whichSheet") }, h("h2", { class: "wz-panel-head" }, t("whichSheet")), ...sheets) : null,
        main)),
    bar: bar([], [button(t("back"), acts.back), button(t("next"), acts.next, true)]),
  };
}

/** What is known of this very file: that it is ours, that it was imported before. */
export function notesOf(look: Look): HTMLElement[] {
  const { seen, trip } = look;
  return [
    ...(seen ? [note("amber", t("seen", { by: seen.by, at: when(seen.at), inserted: seen.inserted, updated: seen.updated }),
      ...(seen.set ? [" ", h("a", { href: `/import/batch/${seen.set}` }, t("seeBatch"))] : []))] : []),
    ...(trip ? [note("blue", t(trip.kind === "errors" ? "tripErrors" : "tripExport", { by: trip.by, at: when(trip.at) }))] : []),
  ];
}

function headOf(look: Look, acts: Acts): HTMLElement {
  const input = h("input", { type: "number", class: "form-control", min: 1, max: 1_000_000, value: look.header_row, id: "wz-header-row" });
  const form = h("form", { class: "wz-panel-head" }, h("label", { class: "wz-header-row" }, t("headerRow"), input),
    h("button", { type: "submit", class: "btn" }, t("look")), h("small", { class: "tz-muted wz-shown" }, t("headerHow")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.valueAsNumber > 0) acts.look(look.sheet, input.valueAsNumber);
  });
  return form;
}

function rowsOf(look: Look, options: Partial<Options>, acts: Acts): HTMLElement {
  const width = Math.max(look.headers.length, 1);
  const number = (row: number): HTMLElement => h("th", { class: "tz-num", scope: "row" },
    row === look.header_row ? h("span", {}, String(row)) : h("button", { type: "button", title: t("makeHeader", { row }), "aria-label": t("makeHeader", { row }), onclick: () => acts.look(look.sheet, row) }, String(row)));
  const whole = (row: number, text: string, kind: string): HTMLElement => h("tr", { class: "wz-struck" }, number(row),
    h("td", { colspan: width }, h("span", { class: "tz-chip tz-grey" }, kind), " ", h("s", {}, text)));
  const sum = (row: number, text: string): HTMLElement => h("tr", { class: options.totals === "import" ? "wz-sum" : "wz-sum wz-struck" }, number(row),
    h("td", { colspan: width }, h("span", { class: "tz-chip tz-grey" }, t("totalRow")), " ", h("s", {}, text)));
  const gap = (rows: number): HTMLElement | null => rows > 0 ? h("tr", { class: "wz-gap" }, h("th", {}, "⋮"), h("td", { colspan: width }, t("moreRows", { n: rows }))) : null;
  // In the order of the file: the sums of a page stand among its rows, those of the whole below them.
  const lines = [
    ...look.sample.map(({ row, cells }) => ({ row, line: h("tr", {}, number(row), ...look.headers.map((_, index) => h("td", { title: cells[index] ?? "" }, cells[index] ?? ""))) })),
    ...(look.totals ?? []).map(({ row, text }) => ({ row, line: sum(row, text) })),
  ].sort((a, b) => a.row - b.row);
  let reached = look.sample.at(-1)?.row ?? look.header_row;
  const rows = lines.flatMap(({ row, line }) => {
    const between = gap(row - reached - 1);
    reached = Math.max(reached, row);
    return between ? [between, line] : [line];
  });
  return h("table", { class: "wz-grid wz-file" },
    h("thead", {}, h("tr", {}, h("th", {}), ...look.headers.map((_, index) => h("th", { scope: "col" }, letters(index))))),
    h("tbody", {},
      ...(look.titles ?? []).map(({ row, text }) => whole(row, text, t("titleRow"))),
      h("tr", { class: "wz-head-line" }, number(look.header_row), ...look.headers.map((header) => h("td", { title: header }, header || "—"))),
      ...rows, gap(look.header_row + look.rows - reached)));
}

function redrawSums(main: HTMLElement, look: Look, options: Partial<Options>): void {
  for (const row of main.querySelectorAll(".wz-sum")) row.classList.toggle("wz-struck", options.totals !== "import");
  const said = main.querySelector(".wz-said");
  if (said) said.textContent = sumsSaid(look, options);
}

function footOf(look: Look, options: Partial<Options>, changed: () => void): HTMLElement {
  const sums = look.totals?.length
    ? tick(t("importTotals", { n: look.totals.length }), options.totals === "import", (on) => {
      options.totals = on ? "import" : "skip";
      changed();
    }) : null;
  const hidden = look.hidden_rows
    ? tick(t("importHidden", { n: look.hidden_rows }), options.hidden !== "skip", (on) => {
      options.hidden = on ? "import" : "skip";
    }) : null;
  return h("div", { class: "wz-legend wz-layout-foot" }, icon("info-circle", 14), h("span", { class: "wz-said" }, sumsSaid(look, options)), sums, hidden);
}

function sumsSaid(look: Look, options: Partial<Options>): string {
  const titles = look.titles?.length ?? 0;
  const totals = options.totals === "import" ? 0 : (look.totals?.length ?? 0);
  if (titles && totals) return t("leftTitlesTotals", { titles, totals });
  return titles ? t("leftTitles", { titles }) : totals ? t("leftTotals", { totals }) : t("leftNothing");
}
