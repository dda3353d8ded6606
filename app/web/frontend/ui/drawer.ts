/** The panel at the right: one record in full, and everything that happened to it. */

import { showInstant } from "../core/dates.ts";
import { show } from "../core/format.ts";
import type { HistoryItem } from "../api.ts";
import { fillWith, h, icon } from "../dom.ts";
import { chip } from "../grid/cell.ts";
import type { CellInput } from "../grid/input.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";
import type { Row, Wire } from "../types.ts";

const OPS = { insert: { word: "inserted", colour: "green" }, update: { word: "updated", colour: "blue" }, delete: { word: "deleted", colour: "red" } } as const;

export class Drawer {
  readonly element = h("aside", { class: "sh-drawer", tabindex: -1, hidden: true });
  #sheet: Sheet;
  #input: CellInput;
  #shown = 0;

  constructor(sheet: Sheet, input: CellInput) {
    this.#sheet = sheet;
    this.#input = input;
    this.element.addEventListener("keydown", (event) => {
      const close = event.key === "Escape" || (event.altKey && event.key === "ArrowLeft");
      if (!close) return;
      event.preventDefault();
      this.close();
    });
    sheet.on("selection", () => this.#follow());
    sheet.on("saved", () => this.#follow(true));
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    if (this.isOpen) this.close();
    else this.open();
  }

  /** Show the active row's record. */
  open(): void {
    const row = this.#sheet.here()?.row;
    if (!row || row.id <= 0) return;
    this.element.hidden = false;
    void this.#show(row);
  }

  /** Hide, and give the focus back to the cell; false when it was hidden. */
  close(): boolean {
    if (!this.isOpen) return false;
    this.element.hidden = true;
    this.#shown = 0;
    this.#input.focus();
    return true;
  }

  #follow(again = false): void {
    const row = this.#sheet.here()?.row;
    if (this.isOpen && row && row.id > 0 && (again || row.id !== this.#shown)) void this.#show(row);
  }

  async #show(row: Row): Promise<void> {
    this.#shown = row.id;
    const list = h("div", { class: "sh-history" }, h("p", { class: "sh-quiet" }, t("loading")));
    this.#frame(row, list);
    try {
      const { items } = await this.#sheet.api.history(row.id);
      if (this.#shown !== row.id) return;
      fillWith(list, ...(items.length ? items.map((item) => entry(this.#sheet, item)) : [h("p", { class: "sh-quiet" }, t("noHistory"))]));
    } catch (error) {
      fillWith(list, h("p", { class: "sh-warn" }, error instanceof Error ? error.message : String(error)));
    }
  }

  #frame(row: Row, list: HTMLElement): void {
    const { describe } = this.#sheet;
    const title = this.#sheet.field(describe.title);
    const name = title ? show(title, row.values[title.name], row.titles[title.name]) : `#${row.id}`;
    const url = describe.urls.show?.replace("{id}", String(row.id));
    const close = h("button", { type: "button", class: "sh-btn sh-ghost sh-square", "aria-label": t("close"), onclick: () => this.close() }, icon("x"));
    const facts = describe.fields.filter((field) => !field.system).map((field) => {
      const text = show(field, row.values[field.name], row.titles[field.name]);
      return h("div", { class: "sh-fact" }, h("dt", {}, field.label), h("dd", {}, text || "—"));
    });
    this.element.setAttribute("aria-label", name);
    fillWith(this.element,
      h("header", { class: "sh-drawer-head" }, h("b", { class: "sh-grow" }, name), url ? h("a", { href: url, class: "sh-btn sh-small" }, t("openRecord")) : null, close),
      h("div", { class: "sh-drawer-body" }, h("dl", { class: "sh-facts" }, ...facts), ...(describe.rights.history ? [h("h3", {}, t("history")), list] : [])));
  }
}

function entry(sheet: Sheet, item: HistoryItem): HTMLElement {
  const { word, colour } = OPS[item.op];
  const cells = item.op === "update" ? item.cells.map((cell) =>
    h("div", { class: "sh-change" }, h("span", { class: "sh-quiet" }, cell.label),
      h("span", { class: "sh-old" }, text(sheet, cell.field, cell.old, cell.old_title)), h("span", { class: "sh-arrow" }, "→"), h("b", {}, text(sheet, cell.field, cell.new, cell.new_title)))) : [];
  return h("article", { class: "sh-entry" },
    h("div", { class: "sh-entry-head" }, chip(t(word), colour), h("b", {}, item.actor), h("span", { class: "sh-quiet" }, showInstant(item.at))), ...cells);
}

function text(sheet: Sheet, name: string, value: Wire, title: string | null): string {
  const field = sheet.field(name);
  return (field ? show(field, value, title) : (title ?? String(value ?? ""))) || t("emptyValue");
}
