/** Mouse and touch on the cells: select, stretch, drag the fill handle, open an editor. */

import type { Range } from "../core/selection.ts";
import type { Field } from "../types.ts";
import { turnSort } from "./header.ts";
import { fillTo } from "./gestures.ts";
import type { CellInput } from "./input.ts";
import type { Paint } from "./paint.ts";
import type { Sheet } from "./sheet.ts";
import type { Place, View } from "./view.ts";

type Drag = { kind: "cells" } | { kind: "rows"; from: number } | { kind: "fill"; seed: Range; target: Range | null; copy: boolean };

/** Wire the pointer; `openTarget` opens what a link cell points to. */
export function listenToMouse(
  sheet: Sheet, view: View, paint: Paint, input: CellInput, openTarget: (place: Place, newTab: boolean) => void,
): void {
  let drag: Drag | null = null;
  let timer = 0;
  let pointer = { x: 0, y: 0 };

  view.frame.addEventListener("mousedown", (event) => {
    const place = view.placeOf(event.target);
    if (event.target === paint.handle) drag = { kind: "fill", seed: sheet.selection.range, target: null, copy: false };
    else if (!place || event.button === 1) return;
    else if (event.button === 2 && sheet.selection.contains(place.row, Math.max(place.col, 0))) return;
    else {
      if (!input.commit()) return;
      if (place.col < 0) drag = pressRow(place.row, event.shiftKey);
      else if ((event.ctrlKey || event.metaKey) && event.button === 0) openTarget(place, true);
      else {
        if (event.shiftKey) sheet.selection.extend(place.row, place.col);
        else sheet.selection.set(place.row, place.col);
        drag = { kind: "cells" };
      }
    }
    event.preventDefault(); // the input keeps the focus, so the first key of an IME is not lost
    input.focus();
    pointer = { x: event.clientX, y: event.clientY };
    window.addEventListener("mousemove", onMove);
    window.addEventListener("mouseup", onUp, { once: true });
    timer = window.setInterval(scrollAtEdge, 50);
  });
  // SlickGrid would take the focus on a click.
  view.host.addEventListener("click", (event) => view.placeOf(event.target) && event.stopPropagation(), true);
  view.host.addEventListener("dblclick", (event) => {
    const place = view.placeOf(event.target);
    if (place && place.col >= 0) input.begin("edit");
  });
  view.grid.onHeaderClick.subscribe((event, { column }) => {
    const field = (column as { tz?: Field }).tz;
    const native = event.getNativeEvent<MouseEvent>();
    if (field && field.sortable !== false) turnSort(sheet, field, native.shiftKey);
    else if (!field) sheet.selection.selectAll();
    input.focus();
  });

  function pressRow(row: number, extend: boolean): Drag {
    const from = extend ? sheet.selection.active.row : row;
    if (row === sheet.store.length && row < sheet.length) sheet.newDraft();
    sheet.selection.selectRows(from, row);
    return { kind: "rows", from };
  }

  function onMove(event: MouseEvent): void {
    pointer = { x: event.clientX, y: event.clientY };
    if (drag?.kind === "fill") drag.copy = event.ctrlKey;
    follow(document.elementFromPoint(event.clientX, event.clientY));
  }

  function follow(target: Element | null): void {
    const place = view.placeOf(target);
    if (!place || !drag) return;
    if (drag.kind === "rows") sheet.selection.selectRows(drag.from, place.row);
    else if (drag.kind === "cells") sheet.selection.extend(place.row, Math.max(place.col, 0));
    else {
      drag.target = stretch(drag.seed, place);
      paint.preview(drag.target);
    }
  }

  function onUp(): void {
    window.removeEventListener("mousemove", onMove);
    clearInterval(timer);
    const done = drag;
    drag = null;
    paint.preview(null);
    if (done?.kind === "fill" && done.target) void fillTo(sheet, done.seed, done.target, done.copy);
  }

  /** Dragging past the edge scrolls. */
  function scrollAtEdge(): void {
    if (!drag) return;
    const box = view.host.getBoundingClientRect();
    const down = pointer.y > box.bottom - 30 ? 1 : pointer.y < box.top + 30 ? -1 : 0;
    const right = pointer.x > box.right - 8 ? 1 : pointer.x < box.left + 8 ? -1 : 0;
    if (!down && !right) return;
    const from = drag.kind === "fill" && drag.target ? { row: drag.target.bottom, col: drag.target.right } : sheet.selection.head;
    const next = {
      row: Math.max(0, Math.min(from.row + down, sheet.length - 1)),
      col: Math.max(0, Math.min(from.col + right, sheet.columns.length - 1)),
    };
    view.scrollTo(next);
    follow(view.node(next));
  }
}

/** The fill range when the handle is dragged to a cell: along the longer way, as Excel does. */
export function stretch(seed: Range, to: Place): Range | null {
  const down = to.row > seed.bottom ? to.row - seed.bottom : to.row < seed.top ? to.row - seed.top : 0;
  const right = to.col > seed.right ? to.col - seed.right : to.col >= 0 && to.col < seed.left ? to.col - seed.left : 0;
  if (!down && !right) return null;
  if (Math.abs(down) >= Math.abs(right)) return { ...seed, top: Math.min(seed.top, to.row), bottom: Math.max(seed.bottom, to.row) };
  return { ...seed, left: Math.min(seed.left, to.col), right: Math.max(seed.right, to.col) };
}

