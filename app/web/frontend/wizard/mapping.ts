/** Step 3: which column of the file is which field, and by which columns records are found. */

import { fillWith, h } from "../dom.ts";
import { type Choice, keyWithoutColumn, missing, type Problem, problems } from "./choice.ts";
import { bar, button, note } from "./parts.ts";
import type { FieldInfo, Look, Place, Screen } from "./types.ts";
import { t } from "./words.ts";

interface Acts {
  check: (choice: Choice) => void;
  back: () => void;
  lookAgain: (headerRow: number) => void;
}

/** The third step. `choice` is changed as the person chooses. */
export function mappingScreen(place: Place, look: Look, choice: Choice, acts: Acts, problem = ""): Screen {
  const wrong = h("div", { class: "wz-notes", role: "status" });
  const side = h("aside", { class: "wz-panel wz-side" });
  const rows = h("tbody", {});
  const go = button(t("toCheck"), () => acts.check(choice), true);
  const reason = h("input", { class: "form-control wz-reason", maxlength: 500, value: choice.reason, placeholder: t("reason"), "aria-label": t("reason") });
  reason.addEventListener("input", () => (choice.reason = reason.value));
  const columns = look.headers.map((header, index) => columnRow(place, look, choice, header, index, update));
  rows.append(...columns.map((column) => column.row));

  function update(): void {
    const found = problems(look, choice);
    fillWith(wrong, problem ? note("red", problem) : null, ...found.map((each) => note("red", saying(each))));
    go.disabled = found.length > 0;
    for (const column of columns) column.refresh(found);
    fillWith(side, ...sidePanels(look, choice));
  }
  update();

  const head = ["columnOfFile", "sample", "fieldOf", "findBy"] as const;
  const table = h("table", { class: "tz-table wz-map" },
    h("thead", {}, h("tr", {}, ...head.map((key) => h("th", {}, t(key, { label: place.label }))))), rows);
  const main = h("div", { class: "wz-panel wz-main" }, wrong, headerRow(look, acts.lookAgain), h("div", { class: "wz-scroll" }, table));
  return {
    body: h("div", { class: "wz-wrap" }, main, side),
    bar: bar([reason], [button(t("back"), acts.back), go]),
  };
}

function columnRow(
  place: Place, look: Look, choice: Choice, header: string, index: number, changed: () => void,
): { row: HTMLElement; refresh: (found: Problem[]) => void } {
  const samples = [...new Set(look.sample.map((row) => row.cells[index] ?? "").filter(Boolean))].slice(0, 3);
  const name = h("th", { scope: "row" }, h("span", { class: "wz-letter" }, letters(index)), header || "—");
  const sample = h("td", { class: "tz-muted wz-sample", title: samples.join("\n") }, samples.join("　"));
  if (!header) {
    return { row: h("tr", {}, name, sample, h("td", { class: "tz-muted" }, t("noHeader")), h("td", {})), refresh: () => undefined };
  }
  const select = h("select", { class: "form-select", "aria-label": `${header} → ${t("fieldOf", { label: place.label })}` },
    h("option", { value: "" }, t("leaveOut")), ...look.fields.map((field) => option(field, choice.mapping[header] ?? null)));
  const key = h("input", { type: "checkbox", class: "form-check-input", "aria-label": `${header}: ${t("findBy")}` });
  select.addEventListener("change", () => {
    choice.mapping[header] = select.value || null;
    changed();
  });
  key.addEventListener("change", () => {
    const field = choice.mapping[header];
    if (!field) return;
    // The first tick replaces a key that has no column: that key was nobody's choice.
    const kept = choice.key.filter((each) => each !== field && Object.values(choice.mapping).includes(each));
    choice.key = key.checked ? [...kept, field] : kept;
    changed();
  });
  const row = h("tr", {}, name, sample, h("td", {}, select), h("td", { class: "wz-key" }, key));
  return {
    row,
    refresh(found) {
      const field = look.fields.find((each) => each.name === choice.mapping[header]);
      row.classList.toggle("wz-left-out", !field);
      key.hidden = !field?.key;
      key.checked = field !== undefined && choice.key.includes(field.name);
      const bad = found.some((each) => (each.kind === "doubled" && each.headers.includes(header)) || (each.kind === "duplicate" && each.header === header));
      select.setAttribute("aria-invalid", String(bad));
    },
  };
}

function option(field: FieldInfo, chosen: string | null): HTMLElement {
  const label = field.editable ? field.label + (field.required ? " *" : "") : t("readOnlyField", { label: field.label });
  return h("option", { value: field.name, selected: field.name === chosen }, label);
}

function headerRow(look: Look, again: (row: number) => void): HTMLElement {
  const input = h("input", { type: "number", class: "form-control", min: 1, max: 1_000_000, value: look.header_row, "aria-label": t("headerRow") });
  const form = h("form", { class: "wz-panel-head" }, h("label", { class: "wz-header-row" }, t("headerRow"), input),
    h("button", { type: "submit", class: "btn" }, t("look")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.valueAsNumber > 0) again(input.valueAsNumber);
  });
  return form;
}

function sidePanels(look: Look, choice: Choice): (HTMLElement | null)[] {
  const absent = missing(look, choice);
  const keys = look.fields.filter((field) => choice.key.includes(field.name));
  const labels = keys.map((field) => field.label).join(t("listComma"));
  const without = keyWithoutColumn(look, choice);
  const notices = noticesOf(look);
  return [
    h("h2", { class: "wz-panel-head" }, t("findBy")),
    h("p", { class: "wz-text" }, keys.length === 0 ? t("noKey") : without.length ? t("keyNone", { labels }) : t("keyHow", { labels })),
    h("h2", { class: "wz-panel-head" }, t("missing")),
    absent.length
      ? h("div", { class: "wz-text" }, h("p", {}, t("missingText")), h("ul", { class: "wz-chips" }, ...absent.map((field) => h("li", { class: "tz-chip tz-amber" }, field.label))))
      : h("p", { class: "wz-text" }, t("allRequired")),
    h("h2", { class: "wz-panel-head" }, t("notices")),
    notices.length ? h("ul", { class: "wz-text wz-bullets" }, ...notices.map((text) => h("li", {}, text))) : h("p", { class: "wz-text" }, t("noNotices")),
  ];
}

const PARTS = [
  ["externallinks/", "part_links"], ["embeddings/", "part_embedded"], ["activex/", "part_controls"], ["ctrlprops/", "part_controls"],
  ["connections.xml", "part_connections"], ["querytables/", "part_connections"], ["basic/", "part_macros"],
] as const;

function noticesOf(look: Look): string[] {
  const parts = PARTS.filter(([part]) => look.ignored_contents.some((name) => name.toLowerCase().includes(part))).map(([, key]) => t(key));
  const names = [...new Set(parts)].join(t("listComma"));
  return [
    look.hidden_rows ? t("hiddenRows", { n: look.hidden_rows }) : "",
    look.hidden_columns ? t("hiddenColumns", { n: look.hidden_columns }) : "",
    look.merged ? t("merged", { n: look.merged }) : "",
    names ? t("ignored", { names }) : "",
  ].filter(Boolean);
}

function saying(problem: Problem): string {
  switch (problem.kind) {
    case "duplicate": return t("duplicate", { header: problem.header, letters: problem.letters.join(t("listComma")) });
    case "doubled": return t("doubled", { label: problem.field.label, columns: problem.headers.join(t("listComma")) });
    case "nothing": return t("nothingMapped");
    case "noKey": return t("noKey");
    case "keyMissing": return t("keyMissing", { labels: problem.fields.map((field) => field.label).join(t("listComma")) });
  }
}

/** A column's place, from 0, as Excel names it: 0 → A, 27 → AB. */
function letters(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : letters(Math.floor(index / 26) - 1) + letters(index % 26);
}
