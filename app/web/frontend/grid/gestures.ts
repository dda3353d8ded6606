/** Actions on whole selections: clear, fill, delete rows, new row, undo, redo. */

import { fill } from "../core/fill.ts";
import { isEmpty } from "../core/format.ts";
import type { Range } from "../core/selection.ts";
import { redo as redoLast, undo as undoLast, type UndoOptions } from "../core/undo.ts";
import { t } from "../i18n.ts";
import type { Field, Row } from "../types.ts";
import type { Sheet } from "./sheet.ts";
import { MAX_ROWS, type Put, write } from "./write.ts";

/** The fields of a range, left to right. */
export function fieldsOf(sheet: Sheet, { left, right }: Range): Field[] {
  return sheet.columns.slice(left, right + 1);
}

/** True, with a word to the user, when a range has more rows than one gesture may take. */
export function tooMany(sheet: Sheet, { top, bottom }: Range): boolean {
  const many = bottom - top + 1 > MAX_ROWS;
  if (many) sheet.emit("say", { text: t("tooMany", { n: MAX_ROWS }), tone: "warn" });
  return many;
}

/** The loaded rows of a range; fetches those that are missing. */
export async function rowsOf(sheet: Sheet, { top, bottom }: Range): Promise<{ at: number; row: Row }[]> {
  if (top < (sheet.store.total ?? 0)) await sheet.store.load(top, bottom);
  const found: { at: number; row: Row }[] = [];
  for (let at = top; at <= bottom; at += 1) {
    const row = sheet.store.at(at);
    if (row) found.push({ at, row });
  }
  return found;
}

/** Empty the selected cells. */
export async function clear(sheet: Sheet): Promise<void> {
  const { range, single } = sheet.selection;
  if (tooMany(sheet, range)) return;
  const fields = fieldsOf(sheet, range);
  const puts: Put[] = [];
  for (const { at, row } of await rowsOf(sheet, range)) {
    for (const field of fields) {
      const edit = sheet.edits.get(row.id, field.name);
      if (edit?.typed !== undefined || !isEmpty(sheet.value(row, field).value)) puts.push({ row: at, field, value: null });
    }
  }
  await write(sheet, puts, single ? null : "bulk");
}

/** Fill `target` from `seed`, which lies inside it at one end. */
export async function fillTo(sheet: Sheet, seed: Range, target: Range, copy: boolean): Promise<void> {
  if (tooMany(sheet, target)) return;
  const down = target.bottom > seed.bottom || target.top < seed.top;
  const backward = target.top < seed.top || target.left < seed.left;
  await rowsOf(sheet, target);
  const puts = down ? fillDown(sheet, seed, target, copy, backward) : fillAcross(sheet, seed, target, backward);
  sheet.selection.select(target);
  await write(sheet, puts, "fill");
}

function fillDown(sheet: Sheet, seed: Range, target: Range, copy: boolean, backward: boolean): Put[] {
  const count = target.bottom - target.top - (seed.bottom - seed.top);
  return fieldsOf(sheet, seed).flatMap((field) => {
    const cells = positions(seed.top, seed.bottom, backward).map((row) => read(sheet, row, field));
    const values = fill(field.kind, cells.map(({ value }) => value), count, { copy, backward });
    return values.map((value, index): Put => {
      const row = backward ? seed.top - 1 - index : seed.bottom + 1 + index;
      return { row, field, value, title: cells[index % cells.length]?.title ?? null };
    });
  });
}

/** Across columns kinds differ, so texts travel, as with a copy. */
function fillAcross(sheet: Sheet, seed: Range, target: Range, backward: boolean): Put[] {
  const seeds = positions(seed.left, seed.right, backward).flatMap((col) => sheet.columns[col] ?? []);
  const cols = backward
    ? positions(target.left, seed.left - 1, true)
    : positions(seed.right + 1, target.right, false);
  return positions(seed.top, seed.bottom, false).flatMap((row) =>
    cols.flatMap((col, index): Put[] => {
      const from = seeds[index % seeds.length];
      const field = sheet.columns[col];
      if (!from || !field) return [];
      const cell = read(sheet, row, from);
      return [alike(from, field) ? { row, field, ...cell } : { row, field, text: isEmpty(cell.value) ? "" : String(cell.value) }];
    }),
  );
}

function alike(a: Field, b: Field): boolean {
  return a.kind === b.kind && a.target?.entity === b.target?.entity && a.scale === b.scale;
}

function read(sheet: Sheet, position: number, field: Field): { value: Row["values"][string]; title: string | null } {
  const row = sheet.store.at(position);
  return row ? sheet.value(row, field) : { value: null, title: null };
}

function positions(from: number, to: number, backward: boolean): number[] {
  const list = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return backward ? list.reverse() : list;
}

/** Ctrl+D and Ctrl+R: the first row (column) of the selection over the rest; a single cell takes its neighbour's. */
export async function fillFrom(sheet: Sheet, way: "down" | "right"): Promise<void> {
  const { range } = sheet.selection;
  const one = way === "down" ? range.top === range.bottom : range.left === range.right;
  const target = { ...range };
  if (one && way === "down") target.top -= 1;
  if (one && way === "right") target.left -= 1;
  if (target.top < 0 || target.left < 0) return;
  const seed = way === "down" ? { ...target, bottom: target.top } : { ...target, right: target.left };
  await fillTo(sheet, seed, target, true);
  sheet.selection.select(range);
}

/** Add a draft at the end and go to its first cell. */
export function newRow(sheet: Sheet): void {
  if (!sheet.describe.rights.add) return;
  const first = sheet.columns.findIndex((field) => field.editable !== false && !field.computed && field.kind !== "number");
  sheet.newDraft();
  sheet.selection.set(sheet.store.length - 1, Math.max(first, 0));
}

/** Delete the selected rows: drafts at once, records after `ask` says yes. */
export async function deleteRows(sheet: Sheet, ask: (count: number) => Promise<boolean>): Promise<void> {
  const { range } = sheet.selection;
  if (tooMany(sheet, range)) return;
  const rows = (await rowsOf(sheet, range)).map(({ row }) => row);
  const drafts = rows.filter(({ id }) => id < 0).map(({ id }) => id);
  const stored = rows.filter(({ id, locked }) => id > 0 && !locked).map(({ id }) => id);
  if (stored.length && !sheet.describe.rights.delete) {
    sheet.emit("say", { text: t("noRight"), tone: "warn" });
  } else if (stored.length && (await ask(stored.length))) {
    sheet.saver.remove(stored);
  }
  for (const id of drafts) {
    sheet.edits.drop(id);
    sheet.history.forget(id);
  }
  if (drafts.length) sheet.store.discard(drafts);
}

/** Take back the last action. */
export async function undo(sheet: Sheet): Promise<void> {
  await turn(sheet, undoLast, t("undoneAll"));
}

/** Do again what was taken back. */
export async function redo(sheet: Sheet): Promise<void> {
  await turn(sheet, redoLast, t("redoneAll"));
}

async function turn(sheet: Sheet, run: (options: UndoOptions) => Promise<boolean>, done: string): Promise<void> {
  let left = 0;
  const options: UndoOptions = {
    history: sheet.history,
    edits: sheet.edits,
    undoSet: (set) => sheet.api.undo(set),
    settled: async () => {
      if (sheet.link !== "up") throw new Error(t("offline"));
      await sheet.saver.idle();
    },
    onCells: (steps) => {
      const step = steps[0];
      const row = step ? sheet.store.positionOf(step.id) : -1;
      const col = sheet.columns.findIndex((field) => field.name === step?.field);
      if (row >= 0 && col >= 0) sheet.selection.set(row, col);
    },
    onSet: (outcome) => {
      left = outcome.left?.length ?? 0;
      sheet.reload();
    },
  };
  try {
    const some = await run(options);
    sheet.emit("say", left ? { text: t("undoLeft", { n: left }), tone: "warn" } : { text: some ? done : t("nothingToUndo") });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    sheet.emit("say", { text: t("undoFailed", { message }), tone: "warn" });
  }
}
