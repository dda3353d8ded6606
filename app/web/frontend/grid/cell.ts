/** What one cell looks like: its text, its chips and the state that paints it. */

import type { FormatterResultWithHtml, FormatterResultWithText } from "slickgrid";
import type { HeldCell } from "../approval/types.ts";
import type { CellEdit, CellState } from "../core/edits.ts";
import { isEmpty, isNumeric, isZeroMoney, show } from "../core/format.ts";
import { h, icon } from "../dom.ts";
import { t } from "../i18n.ts";
import type { Field, Row, Wire } from "../types.ts";
import { nowWords } from "../ui/asof.ts";
import type { Sheet } from "./sheet.ts";

const COLOURS = new Set(["blue", "amber", "red", "violet", "green", "cyan", "grey", "pink", "brown", "primary"]);

/** What paints a cell: its edit, else a value of it that waits for approval. */
type PaintedState = CellState | "held";

/** The contents and classes of a cell, in SlickGrid's form. */
export function paintCell(sheet: Sheet, row: Row, field: Field): FormatterResultWithHtml | FormatterResultWithText {
  const edit = sheet.edits.get(row.id, field.name);
  const { value, title } = sheet.value(row, field);
  const held = row.held?.[field.name];
  const state = edit?.state ?? (held ? "held" : null);
  const addClasses = classes(sheet, row, field, value, state);
  // Most cells are a bare text; without elements of their own they are drawn twice as fast.
  const since = row.now?.cells[field.name];
  const toolTip = edit?.message ?? (since ? nowWords(field, since) : "");
  if (!state && !field.choices && !isZeroMoney(field, value)) return { text: show(field, value, title), addClasses, toolTip };
  const content = h("span", { class: "sh-text" });
  if (held && !edit) content.append(...change(field, value, title, held));
  else if (state === "required" && isEmpty(value)) content.append(t("required"));
  else content.append(...body(field, value, title, edit));
  const html = document.createElement("div");
  html.append(content);
  const mark = badge(state);
  if (mark) html.append(mark);
  html.className = "sh-cell";
  return { html, addClasses, toolTip };
}

/** A choice as a chip in its declared colour. */
export function chip(label: string, colour?: string | null): HTMLElement {
  return h("span", { class: `sh-chip sh-${colour && COLOURS.has(colour) ? colour : "grey"}` }, label);
}

/** The chip of a stored code; one that cannot be chosen any more is struck out. */
export function codeChip(field: Field, code: Wire): HTMLElement {
  const choice = field.choices?.find((one) => one.code === code);
  const made = chip(show(field, field.kind === "multi_choice" ? [code] : code), choice?.color);
  if (choice && !choice.retired) return made;
  made.classList.add("sh-gone");
  made.title = t("noLongerUsed");
  return made;
}

function body(field: Field, value: Wire, title: string | null, edit?: CellEdit): (Node | string)[] {
  if (edit?.typed !== undefined) return [edit.typed];
  if (isEmpty(value)) return [];
  if (field.kind === "choice" && !field.masked) return [codeChip(field, value)];
  if (field.kind === "multi_choice" && Array.isArray(value)) return value.map((code) => codeChip(field, code));
  if (isZeroMoney(field, value)) return [h("span", { class: "sh-zero" }, "—")];
  return [show(field, value, title)];
}

/** Old → new; what does not fit loses the old value first (states.css wraps it away). */
export function change(field: Field, value: Wire, title: string | null, held: HeldCell): Node[] {
  const before = h("span", { class: "sh-old" }, show(field, value, title) || t("emptyValue"));
  const after = h("span", { class: "sh-new" }, show(field, held.new, held.title) || t("emptyValue"));
  return [h("span", {}, before, h("span", { class: "sh-arrow" }, "→")), after];
}

function badge(state: PaintedState | null): Node | null {
  switch (state) {
    case "error":
      return icon("alert-triangle", 14);
    case "conflict":
      return icon("arrows-exchange", 14);
    case "held":
      return icon("clock", 14);
    case "saving":
      return h("span", { class: "sh-ring" });
    default:
      return null;
  }
}

function classes(sheet: Sheet, row: Row, field: Field, value: Wire, state: PaintedState | null): string {
  const found = [`sh-k-${field.kind}`];
  if (isNumeric(field.kind)) found.push("sh-num");
  if (row.id > 0 && sheet.whyReadOnly(row, field)) found.push("sh-readonly");
  if (field.masked && !isEmpty(value)) found.push("sh-masked");
  if ((field.kind === "link" || sheet.describe.key.includes(field.name)) && !isEmpty(value)) found.push("sh-link");
  if (state) found.push(`sh-is-${state}`);
  const since = row.now?.cells[field.name];
  if (since) found.push(since.mine ? "sh-is-moved sh-by-me" : "sh-is-moved");
  return found.join(" ");
}
