/** A list under the cell input: drawn, moved through with the arrow keys, picked with a click. */

import { fillWith, h } from "../dom.ts";
import { Popover } from "../ui/popover.ts";

export interface Item {
  label: string;
  /** Said smaller at the right: a code. */
  note?: string;
  /** Drawn instead of the label. */
  face?: Node;
  checked?: boolean;
}

export class List<T extends Item> {
  readonly pop = new Popover("sh-list", { keepFocus: true });
  items: T[] = [];
  at = -1;
  /** True once the user moved through the list by hand. */
  moved = false;
  #onPick: (item: T) => void;
  #empty: string;

  constructor(onPick: (item: T) => void, empty = "") {
    this.#onPick = onPick;
    this.#empty = empty;
    this.pop.element.setAttribute("role", "listbox");
  }

  get current(): T | undefined {
    return this.pop.isOpen ? this.items[this.at] : undefined;
  }

  show(anchor: HTMLElement, items: T[], at: number): void {
    this.items = items;
    this.at = at;
    this.#draw();
    this.pop.open(anchor);
    this.#reveal();
  }

  /** Say something in place of the items (nothing found, loading). */
  say(anchor: HTMLElement, text: string): void {
    this.items = [];
    this.at = -1;
    fillWith(this.pop.element, h("div", { class: "sh-list-note" }, text));
    this.pop.open(anchor);
  }

  key(event: KeyboardEvent): boolean {
    if (!this.pop.isOpen || event.altKey || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (!step || !this.items.length) return false;
    this.moved = true;
    const next = this.at + step;
    this.at = Math.abs(step) === 1 ? (next + this.items.length) % this.items.length : Math.max(0, Math.min(next, this.items.length - 1));
    this.#draw();
    this.#reveal();
    return true;
  }

  #draw(): void {
    const rows = this.items.map((item, index) =>
      h(
        "div",
        {
          class: `sh-list-item${index === this.at ? " sh-on" : ""}`, role: "option",
          "aria-selected": String(item.checked ?? index === this.at),
          onclick: () => this.#onPick(item),
        },
        item.checked === undefined ? null : h("span", { class: `sh-check${item.checked ? " sh-checked" : ""}`, "aria-hidden": "true" }),
        item.face ?? h("span", { class: "sh-list-label" }, item.label),
        item.note ? h("span", { class: "sh-list-code" }, item.note) : null,
      ),
    );
    fillWith(this.pop.element, ...(rows.length ? rows : [h("div", { class: "sh-list-note" }, this.#empty)]));
  }

  #reveal(): void {
    this.pop.element.querySelector(".sh-on")?.scrollIntoView({ block: "nearest" });
  }
}
