/** Excel's keys. While a cell is edited most keys belong to its text. */

import { today } from "../core/dates.ts";
import { clear, fillFrom, redo, undo } from "./gestures.ts";
import type { CellInput } from "./input.ts";
import type { Sheet } from "./sheet.ts";
import type { View } from "./view.ts";
import { write } from "./write.ts";

export interface KeyActions {
  newRow(): void;
  deleteRows(): void;
  find(): void;
  replace(): void;
  openRecord(): void;
  /** Put the focus on the message at the active cell; false when there is none. */
  enterMessage(): boolean;
  /** One step back: close what floats; false when nothing did. */
  back(): boolean;
  region(forward: boolean): void;
  keys(): void;
}

/** Wire the keys of the cell input. */
export function listenToKeys(sheet: Sheet, view: View, input: CellInput, actions: KeyActions): void {
  const { selection } = sheet;
  let tabStart: number | null = null; // Enter after Tabs goes back to the column they began in

  const go = (rows: number, cols: number, extend = false): void => {
    selection.move(rows, cols, extend);
    view.scrollTo(extend ? selection.head : selection.active);
  };
  const jump = (row: number, col: number, extend: boolean): void => {
    if (extend) selection.extend(row, col);
    else selection.set(row, col);
    view.scrollTo({ row, col });
  };
  const end = (): { row: number; col: number } => ({ row: Math.max(sheet.store.length - 1, 0), col: sheet.columns.length - 1 });
  const step = (rows: number, cols: number): void => {
    const back = rows && tabStart !== null && selection.single ? tabStart : null;
    if (cols) tabStart ??= selection.active.col;
    else tabStart = null;
    if (back !== null) selection.set(selection.active.row + rows, back);
    else selection.step(rows, cols);
    view.scrollTo(selection.active);
  };

  /** Keys while a cell is edited; true when taken. */
  const editing = (event: KeyboardEvent): boolean => {
    if (input.pickerKey(event)) return true;
    const { key } = event;
    if (key === "Escape") {
      if (input.mode === "edit" && input.closePicker()) return true;
      input.cancel();
      return true;
    }
    if (key === "Enter" && event.altKey) input.insert("\n");
    else if (key === "Enter" && (event.ctrlKey || event.metaKey)) input.commit(true);
    else if (key === "Enter") input.commit() && step(event.shiftKey ? -1 : 1, 0);
    else if (key === "Tab") input.commit() && step(0, event.shiftKey ? -1 : 1);
    else if (key === "F2") return true;
    else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "s") {
      input.commit();
      void sheet.save();
    } else if (input.mode === "type" && key.startsWith("Arrow") && !event.altKey) {
      input.commit();
      return moving(event);
    } else return false;
    return true;
  };

  const moving = (event: KeyboardEvent): boolean => {
    const { row, col } = event.shiftKey ? selection.head : selection.active;
    const far = event.ctrlKey || event.metaKey;
    const last = end();
    const extend = event.shiftKey;
    tabStart = null;
    switch (event.key) {
      case "ArrowUp":
        far ? jump(0, col, extend) : go(-1, 0, extend);
        return true;
      case "ArrowDown":
        far ? jump(last.row, col, extend) : go(1, 0, extend);
        return true;
      case "ArrowLeft":
        far ? jump(row, 0, extend) : go(0, -1, extend);
        return true;
      case "ArrowRight":
        far ? jump(row, last.col, extend) : go(0, 1, extend);
        return true;
      case "PageUp":
        go(-view.pageSize(), 0, extend);
        return true;
      case "PageDown":
        go(view.pageSize(), 0, extend);
        return true;
      case "Home":
        jump(far ? 0 : row, 0, extend);
        return true;
      case "End":
        jump(far ? last.row : row, last.col, extend);
        return true;
      default:
        return false;
    }
  };

  const control = (event: KeyboardEvent): boolean => {
    const now = (): boolean => {
      const { row, col } = selection.active;
      const field = sheet.columns[col];
      if (field) void write(sheet, [{ row, field, text: today() }], null);
      return true;
    };
    const table: Record<string, () => unknown> = {
      s: () => sheet.save(),
      z: () => (event.shiftKey ? redo(sheet) : undo(sheet)),
      y: () => redo(sheet),
      d: () => fillFrom(sheet, "down"),
      r: () => fillFrom(sheet, "right"),
      a: () => selection.selectAll(),
      f: () => actions.find(),
      h: () => actions.replace(),
      "/": () => actions.keys(),
      ";": now,
      " ": () => selection.selectColumns(selection.range.left, selection.range.right),
      "-": () => actions.deleteRows(),
      "+": () => actions.newRow(),
      "=": () => actions.newRow(),
    };
    const action = table[event.key.toLowerCase()];
    if (!action) return false;
    action();
    return true;
  };

  const idle = (event: KeyboardEvent): boolean => {
    const { key } = event;
    if (key === "F6") actions.region(!event.shiftKey);
    else if (event.altKey && key === "ArrowRight") actions.openRecord();
    else if (event.altKey && key === "ArrowDown") {
      if (!actions.enterMessage()) input.begin("edit");
    } else if (event.altKey) return false;
    else if (moving(event)) return true;
    else if (event.ctrlKey || event.metaKey) return control(event);
    else if (key === "Enter") step(event.shiftKey ? -1 : 1, 0);
    else if (key === "Tab") step(0, event.shiftKey ? -1 : 1);
    else if (key === "F2") input.begin("edit");
    else if (key === "Delete") void clear(sheet);
    else if (key === "Backspace") input.begin("type", "");
    else if (key === " " && event.shiftKey) selection.selectRows(selection.range.top, selection.range.bottom);
    else if (key === "Escape") {
      if (!actions.back()) selection.collapse();
    } else return false;
    return true;
  };

  input.onKey = (event) => {
    if (input.editing ? editing(event) : idle(event)) event.preventDefault();
  };
}
