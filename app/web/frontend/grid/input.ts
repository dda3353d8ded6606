/**
 * The one text area that always has the focus while the grid does. It lies over the active cell, unseen until
 * something is typed; so an input method finds it there before its first key, and no key is ever lost.
 */

import { edit as editText } from "../core/format.ts";
import { h } from "../dom.ts";
import { t } from "../i18n.ts";
import type { Field } from "../types.ts";
import { makePicker, type Picked, type Picker } from "./pickers.ts";
import type { Sheet } from "./sheet.ts";
import { type Put, write } from "./write.ts";
import type { Place, View } from "./view.ts";

/** "type": typing replaced the cell and arrows leave it; "edit": F2, arrows move inside the text. */
export type Mode = "type" | "edit";

interface Editing {
  place: Place;
  field: Field;
  mode: Mode;
  start: string;
  picker: Picker | null;
}

export class CellInput {
  readonly element: HTMLTextAreaElement;
  #sheet: Sheet;
  #view: View;
  #editing: Editing | null = null;
  #frame = 0;
  /** Hears every key that is not the input method's. */
  onKey: (event: KeyboardEvent) => void = () => {};

  constructor(sheet: Sheet, view: View) {
    this.#sheet = sheet;
    this.#view = view;
    this.element = h("textarea", {
      class: "sh-input", rows: 1, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
      "aria-label": t("inputHint"), "aria-controls": "sheet-grid",
    });
    view.frame.append(this.element);
    this.element.addEventListener("keydown", (event) => {
      if (!event.isComposing && event.keyCode !== 229) this.onKey(event);
    });
    this.element.addEventListener("compositionstart", () => this.#typed(true));
    this.element.addEventListener("compositionend", () => this.#typed(false));
    this.element.addEventListener("input", (event) => this.#typed((event as InputEvent).isComposing));
    this.element.addEventListener("blur", () => setTimeout(() => this.#left(), 0));
    sheet.on("selection", () => this.#later());
    view.onMoved = () => this.#later();
  }

  get editing(): boolean {
    return this.#editing !== null;
  }

  get mode(): Mode | null {
    return this.#editing?.mode ?? null;
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  #later(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.place();
    });
  }

  /** Lay the input over the active (or edited) cell. */
  place(): void {
    const at = this.#editing?.place ?? this.#sheet.selection.active;
    const box = this.#view.rectOf(at);
    if (!box) return;
    const { style } = this.element;
    style.transform = `translate(${box.left}px, ${box.top}px)`;
    style.minWidth = `${box.width + 1}px`;
    style.minHeight = `${box.height + 1}px`;
    this.element.classList.toggle("sh-under", box.hidden);
    if (!this.#editing) {
      style.width = `${box.width + 1}px`;
      style.height = `${box.height + 1}px`;
    }
    const node = this.#view.node(at);
    if (node) {
      node.id ||= `sh-cell-${at.row}-${at.col}`;
      this.element.setAttribute("aria-activedescendant", node.id);
    }
    this.#editing?.picker?.place(this.element);
  }

  /** Start editing the active cell with its own value (or with `text`); false when it may not be changed. */
  begin(mode: Mode, text?: string): boolean {
    if (this.#editing) return true;
    this.#view.scrollTo(this.#sheet.selection.active);
    const here = this.#sheet.here();
    if (!here || this.#refused()) return false;
    const { value, title } = this.#sheet.value(here.row, here.field);
    const typed = this.#sheet.edits.get(here.row.id, here.field.name)?.typed;
    const start = here.field.masked ? "" : (typed ?? editText(here.field, value, title));
    this.element.value = text ?? start;
    this.#open(mode, here.field, start);
    this.element.setSelectionRange(start.length, start.length);
    return true;
  }

  /** Take what was typed into the cell; false when it must stay open. Answers true when nothing is edited. */
  commit(fillRange = false): boolean {
    const editing = this.#editing;
    if (!editing) return true;
    const text = this.element.value;
    const picked = editing.picker?.picked(text) ?? null;
    this.cancel();
    if (!picked && editing.mode === "edit" && text === editing.start) return true;
    const cells = fillRange ? this.#rangeCells() : [editing.place];
    const puts = cells.flatMap(({ row, col }): Put[] => {
      const field = this.#sheet.columns[col];
      return field ? [put(row, field, text, field.name === editing.field.name ? picked : null)] : [];
    });
    void write(this.#sheet, puts, cells.length > 1 ? "bulk" : null);
    return true;
  }

  /** Stop editing and forget what was typed. */
  cancel(): void {
    this.#editing?.picker?.close();
    this.#editing = null;
    this.element.value = "";
    this.element.classList.remove("sh-editing");
    this.place();
  }

  /** Close an open list first; true when there was one. */
  closePicker(): boolean {
    return this.#editing?.picker?.dismiss() ?? false;
  }

  /** A key while editing that the open list or calendar wants; true when it took it. */
  pickerKey(event: KeyboardEvent): boolean {
    const editing = this.#editing;
    return editing?.picker?.key(event, editing.mode) ?? false;
  }

  /** Put text in at the cursor (a line break, a picked date). */
  insert(text: string): void {
    this.element.setRangeText(text, this.element.selectionStart, this.element.selectionEnd, "end");
    this.#grow();
  }

  #rangeCells(): Place[] {
    const { top, bottom, left, right } = this.#sheet.selection.range;
    const cells: Place[] = [];
    for (let row = top; row <= Math.min(bottom, top + 9_999); row += 1) for (let col = left; col <= right; col += 1) cells.push({ row, col });
    return cells;
  }

  /** Something was typed, or an input method began. */
  #typed(composing: boolean): void {
    if (!this.#editing) {
      if (!composing && this.element.value === "") return;
      const here = this.#sheet.here();
      if (!here || this.#refused()) {
        this.element.value = "";
        return;
      }
      this.#view.scrollTo(this.#sheet.selection.active);
      this.place();
      this.#open("type", here.field, "");
    }
    this.#grow();
    if (!composing) this.#editing?.picker?.type(this.element.value); // half-typed pinyin finds nothing
  }

  #refused(): boolean {
    const here = this.#sheet.here();
    const why = here ? this.#sheet.whyReadOnly(here.row, here.field) : null;
    if (why) this.#sheet.emit("say", { text: why, tone: "warn" });
    return why !== null;
  }

  #open(mode: Mode, field: Field, start: string): void {
    const picker = makePicker(this.#sheet, field, {
      take: (text, done) => {
        this.element.value = text;
        this.#grow();
        if (done) {
          this.commit();
          this.focus();
        }
      },
    });
    this.#editing = { place: { ...this.#sheet.selection.active }, field, mode, start, picker };
    this.element.classList.add("sh-editing");
    this.element.classList.toggle("sh-num", ["integer", "decimal", "money", "percent"].includes(field.kind));
    this.#grow();
    picker?.open(this.element, mode === "edit" ? start : "", mode);
  }

  /** The input grows with its text, to the right and down. */
  #grow(): void {
    const { style } = this.element;
    style.width = style.minWidth;
    style.height = style.minHeight;
    const room = this.#view.host.getBoundingClientRect().right - this.element.getBoundingClientRect().left - 8;
    if (this.element.scrollWidth > this.element.clientWidth) style.width = `${Math.min(this.element.scrollWidth + 12, Math.max(room, 120), 480)}px`;
    if (this.element.scrollHeight > this.element.clientHeight) style.height = `${Math.min(this.element.scrollHeight + 2, 240)}px`;
  }

  /** The focus went elsewhere on the page: what was typed is kept, as when leaving the cell. */
  #left(): void {
    const now = document.activeElement;
    if (now === this.element || (now && this.#editing?.picker?.holds(now))) return;
    if (document.hasFocus()) this.commit();
  }
}

function put(row: number, field: Field, text: string, picked: Picked | null): Put {
  return picked ? { row, field, value: picked.value, title: picked.title } : { row, field, text };
}
