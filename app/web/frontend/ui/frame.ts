/** Sheet tabs, the strip for a lost connection, the empty state and the totals row. */

import { group } from "../core/decimal.ts";
import { show } from "../core/format.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { Sheet } from "../grid/sheet.ts";
import type { View } from "../grid/view.ts";
import { t } from "../i18n.ts";
import type { Totals } from "../types.ts";
import { clearFilters } from "./chips.ts";

/** The sheets of the workbook; unsaved cells are sent before leaving for another. */
export function makeTabs(sheet: Sheet): HTMLElement {
  const { sheets, workbook, entity } = sheet.describe;
  const tabs = sheets.map((one) => {
    const current = one.current ?? one.entity === entity;
    const link = h("a", { class: `sh-tab${current ? " sh-on" : ""}`, href: one.url, "aria-current": current ? "page" : null }, one.label);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !sheet.edits.ids().length) return;
      event.preventDefault();
      void sheet.saver.flush().then(() => location.assign(one.url));
    });
    return link;
  });
  const book = workbook ? h("span", { class: "sh-quiet sh-tabs-book" }, t("workbook", { label: workbook.label })) : null;
  return h("nav", { class: "sh-tabs", "aria-label": t("sheets"), "data-region": "" }, h("div", { class: "sh-tabs-list" }, ...tabs), book);
}

/** The amber strip while the server cannot be reached or the session has ended. */
export function makeStrip(sheet: Sheet): HTMLElement {
  const words = h("span", {});
  const strip = h("div", { class: "sh-strip", role: "alert", hidden: true }, icon("plug-connected-x"), words,
    h("button", { type: "button", class: "sh-btn sh-small", onclick: () => sheet.retry() }, t("retry")));
  sheet.on("link", (state) => {
    strip.hidden = state === "up";
    words.textContent = state === "signedOut" ? t("signIn") : t("offline");
  });
  addEventListener("online", () => sheet.retry());
  return strip;
}

/** Why what the address asks for is not shown; it goes with the next filter, order or search. */
export function makeProblem(sheet: Sheet): HTMLElement | null {
  const problem = sheet.describe.query?.problem;
  if (!problem) return null;
  const close = (): void => {
    if (strip.isConnected) sheet.emit("query", undefined);
  };
  const strip = h("div", { class: "sh-strip", role: "alert" }, icon("alert-triangle"), h("span", {}, problem), h("span", { class: "sh-grow" }),
    h("button", { type: "button", class: "sh-btn sh-small", onclick: close }, t("understood")));
  sheet.on("query", () => strip.remove());
  return strip;
}

/** What stands in the middle of a sheet without rows: why, and what can be done. */
export function makeEmpty(sheet: Sheet, newRow: () => void): HTMLElement {
  const element = h("div", { class: "sh-empty", hidden: true });
  const draw = (): void => {
    const { describe, store } = sheet;
    element.hidden = store.total !== 0 || store.extras.length > 0;
    if (element.hidden) return;
    const filtered = sheet.conditions.size > 0 || sheet.q !== null;
    const title = h("p", { class: "sh-empty-title" }, filtered ? t("noMatchingRows") : t("noRows", { label: describe.label }));
    if (filtered) {
      return fillWith(element, title, h("button", { type: "button", class: "sh-btn", onclick: () => clearFilters(sheet) }, t("clearFilters")));
    }
    const { rights, urls } = describe;
    const note = describe.about ? h("p", { class: "sh-quiet" }, describe.about) : null;
    fillWith(element, title, note, h("div", { class: "sh-buttons" },
      rights.add ? h("button", { type: "button", class: "sh-btn sh-primary", onclick: newRow }, icon("plus"), t("addOne", { label: describe.label })) : null,
      rights.import && urls.import ? h("a", { class: "sh-btn", href: urls.import }, icon("upload"), t("fromExcel")) : null));
  };
  sheet.on("rows", draw);
  return element;
}

/** The Σ row, for the filter in force. */
export function wireTotals(sheet: Sheet, view: View): void {
  let totals: Totals | null = null;
  let asking: AbortController | null = null;
  const draw = (): void => {
    const cell = (id: string): HTMLElement | null => view.grid.getFooterRowColumn(id) as HTMLElement | null;
    const gutter = cell("#");
    if (gutter) gutter.textContent = "Σ";
    const first = sheet.columns.find((field) => !field.total);
    for (const field of sheet.columns) {
      const node = cell(field.name);
      if (!node) continue;
      const sum = totals?.sums[field.name];
      node.classList.toggle("sh-num", field.total === true);
      if (field === first && totals) fillWith(node, h("b", {}, t("total")), " ", h("span", { class: "sh-quiet" }, t("nRows", { n: group(String(totals.count)) })));
      else node.textContent = field.total && sum != null ? show({ ...field, total: true }, field.kind === "integer" ? String(sum) : sum) : "";
      node.title = node.textContent ?? "";
    }
    // A sum cut short would read as another number.
    const short = sheet.columns.filter((field) => {
      const node = cell(field.name);
      return node && field.total && node.scrollWidth > node.clientWidth && sheet.prefs.grow(field, node.scrollWidth + 12);
    });
    if (short.length) sheet.emit("columns", undefined);
  };
  const ask = (): void => {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const fields = sheet.describe.fields.filter((field) => field.total && !field.masked).map((field) => field.name);
    sheet.api.totals(sheet.query, fields, mine.signal).then(
      (found) => {
        if (mine.signal.aborted) return;
        totals = found;
        draw();
      },
      () => undefined, // the rows themselves will say that the server is gone
    );
  };
  sheet.on("query", ask);
  sheet.on("saved", ask);
  sheet.on("reload", ask);
  sheet.on("columns", draw);
  ask();
}
