/** The counters of a preview: how many rows are new, changed, wrong … Each shows its rows alone when pressed. */

import { h } from "../dom.ts";
import { redraw } from "./parts.ts";
import type { Only, Preview } from "./types.ts";
import { t, type WordKey } from "./words.ts";

interface Tile {
  only: Only | null;
  tone: string;
  name: WordKey;
  count: number;
  unit: string;
}

/** What there is to count; kinds that do not occur are left out, but for the usual ones. */
function tilesOf(preview: Preview): Tile[] {
  const held = preview.held_rows ?? 0;
  const conflicts = preview.conflict_rows ?? 0;
  return [
    { only: "insert", tone: "insert", name: "inserted", count: preview.inserted, unit: t("rowsUnit", { n: preview.inserted }) },
    { only: "update", tone: "update", name: "updated", count: preview.updated, unit: t("cellsUnit", { n: preview.updated, cells: preview.cells }) },
    ...(preview.deleted ? [{ only: "delete", tone: "delete", name: "deleted", count: preview.deleted, unit: t("rowsUnit", { n: preview.deleted }) } as const] : []),
    ...(held ? [{ only: null, tone: "ask", name: "heldRows", count: held, unit: t("heldUnit", { n: held }) } as const] : []),
    ...(preview.ask_rows ? [{ only: "ask", tone: "ask", name: "asks", count: preview.ask_rows, unit: t("confirmUnit", { n: preview.ask_rows }) } as const] : []),
    { only: "error", tone: "error", name: "errors", count: preview.error_rows, unit: t("errorsUnit", { n: preview.error_rows, errors: preview.errors }) },
    ...(conflicts ? [{ only: "conflict", tone: "conflict", name: "conflicts", count: conflicts, unit: t("conflictUnit", { n: conflicts }) } as const] : []),
    { only: null, tone: "same", name: "unchanged", count: preview.unchanged, unit: t("notWritten", { n: preview.unchanged }) },
  ];
}

/** The tiles; `mark` says which is pressed, `draw` shows another summary. */
export class Tiles {
  readonly element = h("div", { class: "wz-tiles" });
  readonly #choose: (only: Only) => void;
  #only: Only = "";
  #preview: Preview;

  constructor(preview: Preview, choose: (only: Only) => void) {
    this.#preview = preview;
    this.#choose = choose;
    this.draw(preview);
  }

  mark(only: Only): void {
    this.#only = only;
    this.draw(this.#preview);
  }

  draw(preview: Preview): void {
    this.#preview = preview;
    redraw(this.element, ...tilesOf(preview).map((tile) => this.#tile(tile)));
  }

  #tile({ only, tone, name, count, unit }: Tile): HTMLElement {
    const inner = [h("span", { class: "wz-tile-name" }, t(name)), h("span", {}, h("b", {}, count.toLocaleString("en")), h("small", {}, unit))];
    const look = `wz-tile wz-tile-${tone}${count ? "" : " wz-zero"}`;
    if (only === null) return h("div", { class: look }, ...inner);
    return h("button", {
      type: "button", class: look, "aria-pressed": String(only === this.#only), disabled: count === 0, "data-only": only, "data-key": `tile:${only}`,
      onclick: () => this.#choose(only === this.#only ? "" : only),
    }, ...inner);
  }
}
