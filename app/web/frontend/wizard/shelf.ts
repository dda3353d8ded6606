/** A long table of which only the part in sight is drawn: space above and below it stands for the rest. */

import { h } from "../dom.ts";

const BEYOND = 600;

/** Items one below the other, each a `<tbody>`. Heights are guessed first and corrected by what was drawn. */
export class Shelf<T> {
  readonly items: T[] = [];
  readonly #view: HTMLElement;
  readonly #make: (item: T) => HTMLElement;
  readonly #guess: (item: T) => number;
  readonly #drawn = new Map<number, HTMLElement>();
  #heights: number[] = [];
  #tops: number[] = [0];
  #above = h("tbody", { "aria-hidden": "true" });
  #below = h("tbody", { "aria-hidden": "true" });

  constructor(view: HTMLElement, make: (item: T) => HTMLElement, guess: (item: T) => number) {
    this.#view = view;
    this.#make = make;
    this.#guess = guess;
  }

  /** Begin anew inside `table`. */
  clear(table: HTMLElement, columns: number): void {
    this.items.length = 0;
    this.#heights = [];
    this.#tops = [0];
    this.#drawn.clear();
    this.#above = spacer(columns);
    this.#below = spacer(columns);
    table.append(this.#above, this.#below);
  }

  add(found: T[]): void {
    for (const item of found) {
      this.items.push(item);
      this.#heights.push(this.#guess(item));
    }
    this.#measure(this.#tops.length - 1);
    this.draw();
  }

  replace(at: number, item: T): void {
    this.items[at] = item;
    const old = this.#drawn.get(at);
    if (!old) {
      this.#heights[at] = this.#guess(item);
      return this.#measure(at);
    }
    const fresh = this.#place(at, item);
    old.replaceWith(fresh);
    this.#drawn.set(at, fresh);
    this.#correct();
  }

  /** Scroll so that an item stands in the middle, unless it is in sight; its element. */
  reveal(at: number): HTMLElement | undefined {
    const [top, bottom] = [this.#tops[at] ?? 0, this.#tops[at + 1] ?? 0];
    const { scrollTop, clientHeight } = this.#view;
    if (top < scrollTop || bottom > scrollTop + clientHeight - LINE_HEAD) this.#view.scrollTop = Math.max(0, (top + bottom - clientHeight) / 2);
    this.draw();
    return this.#drawn.get(at);
  }

  /** Draw what is in sight and a little beyond. */
  draw(): void {
    const { scrollTop, clientHeight } = this.#view;
    const first = this.#find(scrollTop - BEYOND);
    const last = this.#find(scrollTop + clientHeight + BEYOND);
    for (const [at, group] of this.#drawn) {
      if (at >= first && at <= last) continue;
      group.remove();
      this.#drawn.delete(at);
    }
    let before: Element = this.#above;
    for (let at = first; at <= last && at < this.items.length; at++) {
      let group = this.#drawn.get(at);
      if (!group) {
        group = this.#place(at, this.items[at] as T);
        before.after(group);
        this.#drawn.set(at, group);
      }
      before = group;
    }
    size(this.#above, this.#tops[first] ?? 0);
    size(this.#below, (this.#tops.at(-1) ?? 0) - (this.#tops[Math.min(last + 1, this.items.length)] ?? 0));
    this.#correct();
  }

  #place(at: number, item: T): HTMLElement {
    const group = this.#make(item);
    group.dataset.at = String(at);
    return group;
  }

  /** Heights as they came out. */
  #correct(): void {
    let from = Infinity;
    for (const [at, group] of this.#drawn) {
      const height = group.offsetHeight;
      if (height && height !== this.#heights[at]) {
        this.#heights[at] = height;
        from = Math.min(from, at);
      }
    }
    if (from < Infinity) this.#measure(from);
  }

  #measure(from: number): void {
    this.#tops.length = this.items.length + 1;
    for (let at = from; at < this.items.length; at++) this.#tops[at + 1] = (this.#tops[at] ?? 0) + (this.#heights[at] ?? 0);
  }

  /** The item at a height. */
  #find(y: number): number {
    let [low, high] = [0, Math.max(0, this.items.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#tops[middle] ?? 0) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The head covers this much of the view. */
const LINE_HEAD = 31;

function spacer(columns: number): HTMLTableSectionElement {
  return h("tbody", { class: "wz-space", "aria-hidden": "true" }, h("tr", {}, h("td", { colspan: columns })));
}

function size(space: HTMLElement, height: number): void {
  const cell = space.querySelector("td");
  if (cell) cell.style.height = `${height}px`;
  space.hidden = height === 0;
}
