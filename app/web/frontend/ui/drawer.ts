/** The panel at the right: one record in full, its approval, and everything that happened to it. */

import type { HistoryItem } from "../api.ts";
import type { RecordApproval } from "../approval/types.ts";
import { t as approval } from "../approval/words.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { CellInput } from "../grid/input.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";
import { send } from "../request.ts";
import type { Row } from "../types.ts";
import { restoreButton } from "./asof.ts";
import { commentPart, routePart, storyPart } from "./casepane.ts";
import { facts, figures, heading, lines } from "./record.ts";

const NO_APPROVAL: RecordApproval = { case: null, earlier: [] };

export class Drawer {
  readonly element = h("aside", { class: "sh-drawer", tabindex: -1, hidden: true });
  #sheet: Sheet;
  #input: CellInput;
  #shown = 0;

  constructor(sheet: Sheet, input: CellInput) {
    this.#sheet = sheet;
    this.#input = input;
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || (event.altKey && event.key === "ArrowLeft")) this.close();
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#walk(event.key === "ArrowDown" ? 1 : -1);
      else return;
      event.preventDefault();
    });
    sheet.on("selection", () => this.#follow());
    sheet.on("rows", () => this.#follow(true));
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
    this.element.focus();
  }

  /** Hide, and give the focus back to the cell; false when it was hidden. */
  close(): boolean {
    if (!this.isOpen) return false;
    this.element.hidden = true;
    this.#shown = 0;
    this.#input.focus();
    return true;
  }

  /** The record above or below. */
  #walk(by: number): void {
    const { row, col } = this.#sheet.selection.active;
    if (row + by >= 0 && row + by < this.#sheet.store.length) this.#sheet.selection.set(row + by, col);
  }

  #follow(again = false): void {
    const row = this.#sheet.here()?.row;
    if (this.isOpen && row && row.id > 0 && (again || row.id !== this.#shown)) void this.#show(row);
  }

  async #show(row: Row): Promise<void> {
    const { describe, api } = this.#sheet;
    const fresh = this.#shown !== row.id;
    this.#shown = row.id;
    if (fresh) this.#frame(row, [], h("p", { class: "sh-quiet" }, t("loading")));
    const [found, story, tables] = await Promise.all([
      send<RecordApproval>(`approval/record/${describe.entity}/${row.id}`).catch(() => NO_APPROVAL),
      describe.rights.history ? api.history(row.id).catch(() => ({ items: [] as HistoryItem[] })) : null,
      lines(this.#sheet, row),
    ]);
    if (this.#shown !== row.id) return;
    const all = `/changelog/?entity=${describe.entity}&record=${row.id}`;
    this.#frame(row, tables, routePart(this.#sheet, found), story && storyPart(this.#sheet, row.id, story.items, all),
      found.case && commentPart(found.case, () => this.#follow(true)));
  }

  #frame(row: Row, tables: HTMLElement[], ...side: (Node | null)[]): void {
    const url = this.#sheet.describe.urls.show?.replace("{id}", String(row.id));
    const button = (glyph: string, label: string, onclick: () => void): HTMLElement =>
      h("button", { type: "button", class: "sh-btn sh-ghost sh-square", "aria-label": label, title: label, onclick }, icon(glyph));
    const [title, ...about] = heading(this.#sheet, row);
    this.element.setAttribute("aria-label", (title as HTMLElement).textContent ?? "");
    const parts = side.filter((part): part is Node => part !== null);
    this.element.classList.toggle("sh-drawer-wide", parts.length > 0);
    fillWith(this.element,
      h("header", { class: "sh-drawer-head" },
        button("chevron-up", t("recordAbove"), () => this.#walk(-1)), button("chevron-down", t("recordBelow"), () => this.#walk(1)),
        title as Node, ...about, h("span", { class: "sh-grow" }), restoreButton(this.#sheet, row),
        url ? h("a", { href: url, class: "sh-btn sh-ghost sh-square", "aria-label": t("openRecord"), title: t("openRecord") }, icon("arrows-diagonal")) : null,
        button("x", t("close"), () => this.close())),
      h("div", { class: "sh-drawer-body" },
        h("div", { class: "sh-drawer-main" }, figures(this.#sheet, row), facts(this.#sheet, row), ...tables),
        parts.length ? h("div", { class: "sh-drawer-side", "aria-label": approval("route") }, ...parts) : null));
  }
}
