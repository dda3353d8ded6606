/** Draws the selection over the cells and the fill handle at its corner. */

import { h } from "../dom.ts";
import type { Range } from "../core/selection.ts";
import type { Sheet } from "./sheet.ts";
import type { View } from "./view.ts";

const KEY = "selection";
const PREVIEW = "fill";

export class Paint {
  readonly handle = h("div", { class: "sh-handle", "aria-hidden": "true" });
  #sheet: Sheet;
  #view: View;
  #frame = 0;

  constructor(sheet: Sheet, view: View) {
    this.#sheet = sheet;
    this.#view = view;
    view.frame.append(this.handle);
    for (const event of ["selection", "rows", "columns"] as const) sheet.on(event, () => this.later());
    view.grid.onViewportChanged.subscribe(() => this.later());
    view.grid.onScroll.subscribe(() => this.later());
  }

  /** Draw once before the next frame, however many things changed. */
  later(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  /** Colour the drawn part of the selection, so that a million selected rows cost as little as ten. */
  draw(): void {
    const { selection, columns } = this.#sheet;
    const range = selection.range;
    this.#style(KEY, range, "sh-sel");
    const { active } = selection;
    const drawn = this.#view.drawn();
    for (const field of columns) {
      const col = columns.indexOf(field);
      this.#view.headOf(field)?.classList.toggle("sh-head-on", col >= range.left && col <= range.right);
    }
    const activeField = columns[active.col];
    this.#view.grid.setCellCssStyles("active", activeField ? { [active.row]: { [activeField.name]: "sh-active" } } : {});
    const gutter: Record<number, Record<string, string>> = {};
    for (let row = Math.max(range.top, drawn.top); row <= Math.min(range.bottom, drawn.bottom); row += 1) gutter[row] = { "#": "sh-gutter-on" };
    this.#view.grid.setCellCssStyles("gutter", gutter);
    this.place();
  }

  /** Show where a fill would go; null clears it. */
  preview(range: Range | null): void {
    if (range) this.#style(PREVIEW, range, "sh-fill");
    else this.#view.grid.setCellCssStyles(PREVIEW, {});
  }

  /** Put the handle at the corner of the range. */
  place(): void {
    const { selection } = this.#sheet;
    const { bottom, right } = selection.range;
    const box = this.#view.rectOf({ row: bottom, col: right });
    this.handle.hidden = !box || box.hidden || !this.#sheet.describe.rights.edit;
    if (!box) return;
    this.handle.style.transform = `translate(${box.left + box.width - 5}px, ${box.top + box.height - 5}px)`;
  }

  #style(key: string, range: Range, name: string): void {
    const { columns } = this.#sheet;
    const drawn = this.#view.drawn();
    const hash: Record<number, Record<string, string>> = {};
    for (let row = Math.max(range.top, drawn.top); row <= Math.min(range.bottom, drawn.bottom); row += 1) {
      const cells: Record<string, string> = {};
      for (let col = range.left; col <= range.right; col += 1) {
        const field = columns[col];
        if (!field) continue;
        const edges = [
          row === range.top && "t", row === range.bottom && "b", col === range.left && "l", col === range.right && "r",
        ].filter(Boolean);
        cells[field.name] = [name, ...edges.map((edge) => `${name}-${edge}`)].join(" ");
      }
      hash[row] = cells;
    }
    this.#view.grid.setCellCssStyles(key, hash);
  }
}
