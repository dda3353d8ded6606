/** A returned change whose ground has moved: mine or theirs for each cell, or the row not at all. */

import { shortTime } from "../approval/route.ts";
import { h } from "../dom.ts";
import { count, oldToNew, section } from "./parts.ts";
import type { Conflict, Extra } from "./types.ts";
import { t } from "./words.ts";

type Choice = "yours" | "theirs";

export class Conflicts {
  readonly element: HTMLElement | null;
  readonly #cells: Conflict[];
  readonly #chosen = new Map<Conflict, Choice>();
  readonly #dropped = new Set<number>();
  readonly #left = h("p", { class: "ib-hint", role: "status" });

  constructor(cells: Conflict[]) {
    this.#cells = cells;
    const rows = [...new Set(cells.map((cell) => cell.seq))];
    this.element = cells.length === 0 ? null : section(t("conflicts", { n: cells.length }), [count(cells.length)],
      h("p", { class: "ib-hint" }, t("conflictsText")), ...rows.map((seq) => this.#row(seq)), this.#left);
    this.element?.classList.add("ib-conflicts");
    this.#count();
  }

  /** How many cells are still to choose. */
  get open(): number {
    return this.#cells.filter((cell) => !relied(cell) && !this.#dropped.has(cell.seq) && !this.#chosen.has(cell)).length;
  }

  /** What the choices say when the case is sent again; null while some are open. */
  answer(): Extra | null {
    if (this.open > 0) {
      this.element?.scrollIntoView({ block: "start" });
      this.element?.querySelector<HTMLInputElement>("fieldset:not(:has(:checked)):not(:disabled) input")?.focus();
      return null;
    }
    const theirs = this.#cells.filter((cell) => !this.#dropped.has(cell.seq) && this.#chosen.get(cell) === "theirs");
    const changes = [...new Set(theirs.map((cell) => cell.seq))].map((seq) => ({
      seq, leave: theirs.filter((cell) => cell.seq === seq).map((cell) => cell.field),
    }));
    return { ...(changes.length ? { changes } : {}), ...(this.#dropped.size ? { drop: [...this.#dropped] } : {}) };
  }

  #row(seq: number): HTMLElement {
    const cells = this.#cells.filter((cell) => cell.seq === seq);
    const first = cells[0];
    const fields = cells.map((cell) => this.#cell(cell));
    const drop = h("input", { type: "checkbox", class: "form-check-input" });
    drop.addEventListener("change", () => {
      if (drop.checked) this.#dropped.add(seq);
      else this.#dropped.delete(seq);
      for (const field of fields) field.disabled = drop.checked;
      this.#count();
    });
    return h("article", { class: "ib-conflict" },
      h("div", { class: "ib-conflict-head" }, h("a", { href: `/${first?.entity}/show/${first?.id}`, target: "_blank", rel: "noopener" }, first?.title),
        h("label", { class: "form-check" }, drop, t("dropRow"))), ...fields);
  }

  #cell(cell: Conflict): HTMLFieldSetElement {
    const by = cell.by ? t("byAt", { by: cell.by, at: cell.at ? shortTime(cell.at) : "" }) : "";
    const pick = (choice: Choice, label: string, value: string | null, note: string): HTMLElement => {
      const radio = h("input", { type: "radio", class: "form-check-input", name: `conflict-${cell.seq}-${cell.field}`, value: choice });
      radio.addEventListener("change", () => {
        this.#chosen.set(cell, choice);
        this.#count();
      });
      return h("label", { class: "ib-side-of" }, radio, h("span", {}, h("small", {}, label), h("b", {}, value || t("emptyValue")), note ? h("small", {}, note) : null));
    };
    if (relied(cell)) {
      return h("fieldset", { class: "ib-cell" }, h("legend", {}, cell.label), h("p", { class: "ib-relied" }, t("reliedOn"), " ", ...oldToNew(cell.base, cell.now), " ", by));
    }
    return h("fieldset", { class: "ib-cell" }, h("legend", {}, cell.label, h("small", {}, `${t("old")} ${cell.base || t("emptyValue")}`)),
      pick("yours", t("useYours"), cell.yours, ""), pick("theirs", t("useTheirs"), cell.now, by));
  }

  #count(): void {
    this.#left.textContent = this.open ? t("chooseEach", { n: this.open }) : "";
  }
}

/** A cell the submitter did not ask to change: the decision only relied on it. */
function relied(cell: Conflict): boolean {
  return cell.yours === cell.base;
}
