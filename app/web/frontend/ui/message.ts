/** What is wrong with the active cell, said beside it, with the buttons that solve it. */

import { showInstant } from "../core/dates.ts";
import type { CellEdit } from "../core/edits.ts";
import { show } from "../core/format.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { CellInput } from "../grid/input.ts";
import type { Sheet } from "../grid/sheet.ts";
import type { View } from "../grid/view.ts";
import { t } from "../i18n.ts";
import type { Field } from "../types.ts";
import { whyButton } from "./why.ts";

const REFUSALS = new Set(["FORBIDDEN", "NOT_FOUND", "NO_FIELD", "NOT_EDITABLE", "MASKED", "LOCKED", "HELD", "OUT_OF_SCOPE", "NOT_DRAFT", "WRONG_STATE"]);

export class CellMessage {
  readonly element = h("div", { class: "sh-pop sh-message", role: "alert", hidden: true });
  #sheet: Sheet;
  #view: View;
  #input: CellInput;
  #dismissed = "";

  constructor(sheet: Sheet, view: View, input: CellInput) {
    this.#sheet = sheet;
    this.#view = view;
    this.#input = input;
    document.body.append(this.element);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.back();
    });
    for (const event of ["selection", "cells", "rows"] as const) sheet.on(event, () => this.draw());
    view.grid.onScroll.subscribe(() => this.#place());
  }

  /** Focus the first button; false when nothing is shown. */
  enter(): boolean {
    const button = this.element.querySelector("button");
    if (this.element.hidden || !button) return false;
    button.focus();
    return true;
  }

  /** Hide and give the focus back to the cell; false when nothing was shown. */
  back(): boolean {
    if (this.element.hidden) return false;
    this.#dismissed = this.#name();
    this.element.hidden = true;
    this.#input.focus();
    return true;
  }

  draw(): void {
    const here = this.#sheet.here();
    const edit = here && this.#sheet.edits.get(here.row.id, here.field.name);
    const name = this.#name();
    if (name !== this.#dismissed) this.#dismissed = "";
    const parts = here && edit && !this.#input.editing && !this.#dismissed ? this.#parts(here.row.id, here.field, edit) : null;
    this.element.hidden = !parts;
    if (!parts) return;
    this.element.className = `sh-pop sh-message sh-message-${edit?.state}`;
    fillWith(this.element, ...parts);
    this.#place();
  }

  #name(): string {
    const here = this.#sheet.here();
    return here ? `${here.row.id}:${here.field.name}` : "";
  }

  #parts(id: number, field: Field, edit: CellEdit): Node[] | null {
    if (edit.state === "conflict" && edit.theirs) return this.#conflict(id, field, edit, edit.theirs);
    if (edit.state !== "error" || !edit.message) return null;
    const title = edit.confirm ? t("confirmNeeded") : t("fixNeeded");
    return [
      h("div", { class: "sh-message-title" }, icon("alert-triangle", 14), title),
      h("div", {}, edit.message),
      h("div", { class: "sh-buttons" },
        ...(edit.confirm ? this.#confirms(id, edit.code ?? "") : []),
        this.#button(t("revertCell"), () => this.#revert(id, field, edit)),
        h("span", { class: "sh-grow" }),
        this.#why(id, field, edit),
        edit.code ? h("span", { class: "sh-code" }, edit.code) : null),
    ];
  }

  /** Refused for a right or for what the record is now, not for the value: says why on demand. */
  #why(id: number, field: Field, edit: CellEdit): Node | null {
    if (id <= 0 || !REFUSALS.has(edit.code ?? "")) return null;
    return whyButton({ verb: "edit", entity: this.#sheet.describe.entity, id, field: field.name }, () => this.#input.focus());
  }

  /** One button for this row, and one for all rows the same was asked of (a paste). */
  #confirms(id: number, code: string): Node[] {
    const { edits, saver } = this.#sheet;
    const asked = edits.ids().filter((one) => edits.row(one).some(([, edit]) => edit.confirm && edit.code === code));
    const go = (ids: number[]) => (): void => saver.bulk(ids, "sheet", [code]);
    const all = asked.length > 1 ? [this.#button(t("saveAllAnyway", { n: asked.length }), go(asked))] : [];
    return [this.#button(t("saveAnyway"), go([id]), "sh-primary"), ...all];
  }

  #conflict(id: number, field: Field, edit: CellEdit, theirs: NonNullable<CellEdit["theirs"]>): Node[] {
    const at = theirs.at ? showInstant(theirs.at) : "";
    const line = (label: string, text: string): Node =>
      h("div", { class: "sh-versus" }, h("span", { class: "sh-quiet" }, label), h("b", {}, text || t("emptyValue")));
    return [
      h("div", { class: "sh-message-title" }, icon("arrows-exchange", 14), t("conflict")),
      line(t("yours"), show(field, edit.value, edit.title)),
      line(t("theirs", { by: theirs.by || t("someone"), at }), show(field, theirs.value, theirs.title)),
      h("div", { class: "sh-buttons" },
        this.#button(t("useYours"), () => this.#settle(id, field, edit, true), "sh-primary"),
        this.#button(t("useTheirs"), () => this.#settle(id, field, edit, false))),
    ];
  }

  /** Mine: send again on top of theirs. Theirs: the edit is given up. */
  #settle(id: number, field: Field, edit: CellEdit, mine: boolean): void {
    const theirs = edit.theirs;
    if (!theirs) return;
    this.#sheet.store.merge(id, { values: { [field.name]: theirs.value }, titles: { [field.name]: theirs.title } });
    const base = { base: theirs.value, baseTitle: theirs.title, theirs: undefined, state: "dirty" as const };
    this.#sheet.edits.put(id, field.name, mine ? { ...edit, ...base } : null);
    this.#sheet.saver.leave(id);
  }

  #revert(id: number, field: Field, edit: CellEdit): void {
    this.#sheet.edits.put(id, field.name, null);
    this.#sheet.history.push({ kind: "cells", steps: [{ id, field: field.name, before: edit, after: null }] });
  }

  #button(label: string, act: () => void, extra = ""): HTMLElement {
    const onclick = (): void => {
      act();
      this.#input.focus();
    };
    return h("button", { type: "button", class: `sh-btn sh-small ${extra}`, onclick }, label);
  }

  #place(): void {
    if (this.element.hidden) return;
    const node = this.#view.node(this.#sheet.selection.active);
    const box = this.#view.rectOf(this.#sheet.selection.active);
    this.element.classList.toggle("sh-under", !node || !box || box.hidden);
    if (!node) return;
    const at = node.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const below = at.bottom + 6 + height < window.innerHeight - 60;
    this.element.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - width - 12))}px`;
    this.element.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - height - 6)}px`;
  }
}
