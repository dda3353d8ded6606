/** What was imported: `<div id="imports" data-entities>`, newest first, of one sheet or of all. */

import { fillWith, h, icon } from "../dom.ts";
import { sentence } from "../request.ts";
import { history } from "../wizard/api.ts";
import { note, when } from "../wizard/parts.ts";
import type { Batch } from "../wizard/types.ts";
import { countBar, recordsAt, sheetsOf, stateChip, took } from "./parts.ts";
import { t } from "./words.ts";

export async function historyPage(root: HTMLElement): Promise<void> {
  const sheets = sheetsOf(root);
  let entity = new URLSearchParams(location.search).get("entity") ?? "";
  const bar = h("div", { class: "wz-imports-bar" });
  const place = h("div", { "aria-live": "polite" });
  fillWith(root, bar, place);

  function draw(): void {
    const select = h("select", { class: "form-select" }, h("option", { value: "" }, t("everything")),
      ...sheets.map((sheet) => h("option", { value: sheet.name, selected: sheet.name === entity }, sheet.label)));
    select.addEventListener("change", () => void choose(select.value));
    const here = sheets.find((sheet) => sheet.name === entity);
    fillWith(bar, h("label", { class: "wz-choose" }, h("span", {}, t("filter")), select),
      here?.import ? h("a", { class: "btn btn-primary tz-right", href: `/import/${here.name}` }, icon("upload", 14), t("import", { label: here.label })) : null);
  }

  async function choose(next: string): Promise<void> {
    entity = next;
    window.history.replaceState(null, "", entity ? `?entity=${encodeURIComponent(entity)}` : location.pathname);
    draw();
    bar.querySelector("select")?.focus();
    await load();
  }

  async function load(): Promise<void> {
    const asked = entity;
    try {
      const { items, next } = await history(asked, null);
      if (asked !== entity) return;
      fillWith(place, items.length ? list(items, next, asked, new Set(sheets.filter((sheet) => sheet.list).map((sheet) => sheet.name))) : nothing(entity, () => void choose("")));
    } catch (problem) {
      fillWith(place, note("red", sentence(problem)));
    }
  }
  draw();
  await load();
}

function nothing(entity: string, all: () => void): HTMLElement {
  return h("div", { class: "tz-empty" }, h("span", { class: "tz-empty-glyph" }, icon("upload", 24)),
    h("h2", {}, t(entity ? "emptyFiltered" : "emptyTitle")), h("p", {}, t("emptyText")),
    entity ? h("div", { class: "tz-empty-actions" }, h("button", { type: "button", class: "btn", onclick: all }, t("showAll"))) : null);
}

/** `open` are the sheets that the reader may list. */
function list(items: Batch[], next: number | null, entity: string, open: Set<string>): HTMLElement {
  const line = (batch: Batch): HTMLElement => lineOf(batch, open.has(batch.entity));
  const body = h("tbody", {}, ...items.map(line));
  const foot = h("p", { class: "tz-list-foot" });
  const more = (after: number): HTMLElement => {
    const button = h("button", { type: "button", class: "btn", onclick: () => {
      button.disabled = true;
      history(entity, after).then((page) => {
        body.append(...page.items.map(line));
        fillWith(foot, page.next === null ? null : more(page.next));
      }, (problem: unknown) => fillWith(foot, sentence(problem), " ", more(after)));
    } }, t("more"));
    return button;
  };
  fillWith(foot, next === null ? null : more(next));
  const head = (["when", "who", "file", "what", "rows", "took", "state"] as const).map((key) => h("th", { scope: "col" }, t(key)));
  return h("div", {}, h("div", { class: "card tz-scroll" }, h("table", { class: "tz-table wz-imports" }, h("thead", {}, h("tr", {}, ...head)), body)), foot);
}

function lineOf(batch: Batch, mayList: boolean): HTMLElement {
  const records = mayList ? recordsAt(batch) : null;
  const hash = batch.sha256?.slice(0, 8) ?? "";
  return h("tr", {},
    h("td", {}, h("a", { href: `/import/batch/${batch.set}` }, when(batch.at))),
    h("td", {}, batch.by),
    h("td", { class: "wz-imports-file", title: batch.name ?? "" }, h("span", {}, batch.name ?? "—"), hash ? h("small", { class: "tz-muted", title: t("hash", { hash: batch.sha256 ?? "" }) }, hash) : null),
    h("td", {}, records ? h("a", { href: records, title: t("seeRecords") }, batch.label) : batch.label), h("td", {}, countBar(batch)), h("td", { class: "tz-num" }, took(batch.seconds)), h("td", {}, stateChip(batch), batch.why ? h("div", { class: "tz-muted" }, batch.why) : null));
}
