/** The table of what a case changes: record, field, before, after; ticks leave rows out of the approval. */

import { h } from "../dom.ts";
import { difference } from "./amounts.ts";
import { chip, count, section } from "./parts.ts";
import type { Case, Cell, Change } from "./types.ts";
import { t } from "./words.ts";

/** Rows of a change case. `leaveOut`: the reader may approve and leave rows out; `changed` hears of each tick. */
export class Changes {
  readonly element: HTMLElement | null;
  readonly #left = new Set<number>();
  readonly #rows: Change[];

  constructor(found: Case, leaveOut: boolean, changed: () => void) {
    this.#rows = found.changes;
    const ticks = leaveOut && found.changes.length > 1;
    const cells = found.changes.flatMap((change) => change.cells);
    const amounts = cells.length > 0 && cells.every((cell) => difference(cell.old, cell.new) !== null);
    const heads = [t("record"), t("field"), t("old"), t("new"), ...(amounts ? [t("delta"), t("share")] : [])];
    const right = new Set(amounts ? [t("old"), t("new"), t("delta"), t("share")] : []);
    const table = h("table", { class: "ib-diff" },
      h("thead", {}, h("tr", {}, ticks ? h("th", { class: "ib-keep", scope: "col" }, t("keep")) : null,
        ...heads.map((head) => h("th", { scope: "col", class: right.has(head) ? "tz-num" : null }, head)))),
      ...found.changes.map((change) => this.#body(change, amounts, ticks ? changed : null)));
    const shown = found.changes.length < found.changes_total
      ? h("p", { class: "ib-hint" }, t("shownOf", { shown: found.changes.length, n: found.changes_total })) : null;
    this.element = found.changes.length === 0 ? null : section(t("changes"), [count(found.changes_total),
      ticks ? h("span", { class: "ib-hint" }, t("leaveHint")) : null], h("div", { class: "ib-wide" }, table), shown);
  }

  /** Which rows are left out, by their number in the set. */
  get left(): number[] {
    return [...this.#left].sort((a, b) => a - b);
  }

  /** How many rows would be approved. */
  get taken(): number {
    return this.#rows.filter((row) => !row.excluded).length - this.#left.size;
  }

  #body(change: Change, amounts: boolean, changed: (() => void) | null): HTMLElement {
    const cells: (Cell | null)[] = change.cells.length ? change.cells : [null];
    const body = h("tbody", { class: change.excluded ? "ib-left" : "" });
    const tick = changed && this.#tick(change, body, changed);
    cells.forEach((cell, index) => body.append(h("tr", {},
      index === 0 && changed ? h("td", { class: "ib-keep", rowspan: cells.length }, tick) : null,
      index === 0 ? h("th", { scope: "rowgroup", rowspan: cells.length }, change.title,
        change.op === "insert" ? chip(t("inserted"), "green") : change.op === "delete" ? chip(t("deleted"), "red") : null,
        change.excluded ? chip(t("excluded"), "grey") : null) : null,
      ...columns(cell, amounts))));
    return body;
  }

  #tick(change: Change, body: HTMLElement, changed: () => void): HTMLElement | null {
    if (change.excluded) return null;
    const box = h("input", { type: "checkbox", class: "form-check-input", checked: true, "aria-label": t("keepRow", { title: change.title }) });
    box.addEventListener("change", () => {
      if (box.checked) this.#left.delete(change.seq);
      else this.#left.add(change.seq);
      body.classList.toggle("ib-left", !box.checked);
      changed();
    });
    return h("label", {}, box);
  }
}

function columns(cell: Cell | null, amounts: boolean): HTMLElement[] {
  if (!cell) return [h("td", { colspan: amounts ? 5 : 3 }, "")];
  const right = amounts ? "tz-num " : "";
  const moved = amounts ? difference(cell.old, cell.new) : null;
  const now = cell.now !== null ? h("small", { class: "ib-now" }, t("nowIs", { value: cell.now || t("emptyValue") })) : null;
  return [
    h("td", {}, cell.label),
    h("td", { class: `${right}ib-old` }, cell.old ?? "", now),
    h("td", { class: `${right}ib-new` }, cell.new || h("span", { class: "tz-muted" }, t("emptyValue"))),
    ...(amounts ? [h("td", { class: "tz-num ib-quiet" }, moved?.delta ?? ""), h("td", { class: `tz-num ${moved?.up ? "tz-text-red" : "tz-text-green"}` }, moved?.share ?? "")] : []),
  ];
}
