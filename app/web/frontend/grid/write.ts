/** The one way cells are changed by hand: typing, paste, fill, clear and cut all end here. */

import type { CellEdit } from "../core/edits.ts";
import type { Step } from "../core/history.ts";
import { isEmpty, same } from "../core/format.ts";
import { parse } from "../core/values.ts";
import type { Field, Row, Wire } from "../types.ts";
import { t } from "../i18n.ts";
import { resolveAll } from "./lookup.ts";
import type { Sheet } from "./sheet.ts";

/** What to put into the cell at a position: a text to be read, or a value with the name behind it. */
export interface Put {
  row: number;
  field: Field;
  text?: string;
  value?: Wire;
  title?: string | null;
}

/** At most this many rows in one gesture. */
export const MAX_ROWS = 10_000;

/** Write cells as one action that one undo takes back; `bulk` names a gesture that is sent at once, not on leaving the row. */
export async function write(sheet: Sheet, puts: Put[], bulk: "paste" | "fill" | "bulk" | null): Promise<void> {
  if (!puts.length) return;
  // Loaded rows are written in this turn: the caller leaves the row next, and must find the edit there.
  if (puts.some(({ row }) => row < sheet.store.length && !sheet.store.at(row))) await load(sheet, puts);
  const rows = new Map<number, Row | null>();
  const steps: Step[] = [];
  let skipped = 0;
  for (const put of puts.sort((a, b) => a.row - b.row)) {
    const row = rowFor(sheet, put.row, rows);
    if (!row || sheet.whyReadOnly(row, put.field)) {
      skipped += 1;
      continue;
    }
    const after = edited(sheet, row, put);
    const before = sheet.edits.get(row.id, put.field.name) ?? null;
    if (row.id < 0 && !before && put.text?.trim() === "") continue; // a blank pasted into a new row leaves its default
    if (before ? unchanged(before, after) : after.typed === undefined && same(after.value, after.base)) continue;
    steps.push({ id: row.id, field: put.field.name, before, after });
  }
  if (steps.length) {
    sheet.edits.putAll(steps.map((step) => ({ id: step.id, field: step.field, edit: step.after })));
    sheet.history.push({ kind: "cells", steps });
  }
  if (skipped && (bulk || !steps.length)) {
    const only = puts.length === 1 ? rows.get(puts[0]?.row ?? 0) : null;
    const why = only && puts[0] ? sheet.whyReadOnly(only, puts[0].field) : null;
    sheet.emit("say", { text: why ?? (steps.length ? t("skipped", { n: skipped }) : t("noPlace")), tone: "warn" });
  }
  await lookUp(sheet, steps);
  if (bulk) sheet.saver.bulk([...new Set(steps.map(({ id }) => id))], bulk);
  else leaveIfGone(sheet, steps);
}

async function load(sheet: Sheet, puts: Put[]): Promise<void> {
  let [from, to] = [Infinity, 0];
  for (const { row } of puts) [from, to] = [Math.min(from, row), Math.max(to, row)];
  if (from < (sheet.store.total ?? 0)) await sheet.store.load(from, to);
}

/** The row at a position; beyond the end it is a new draft, made once for each position. */
function rowFor(sheet: Sheet, position: number, made: Map<number, Row | null>): Row | null {
  let row = made.get(position);
  if (row !== undefined) return row;
  row = position < sheet.store.length ? (sheet.store.at(position) ?? null) : sheet.describe.rights.add ? sheet.newDraft() : null;
  made.set(position, row);
  return row;
}

function edited(sheet: Sheet, row: Row, put: Put): CellEdit {
  const old = sheet.edits.get(row.id, put.field.name);
  const start = {
    base: old ? old.base : (row.values[put.field.name] ?? null),
    baseTitle: old ? old.baseTitle : (row.titles[put.field.name] ?? null),
    ...(old?.sent === undefined ? {} : { sent: old.sent }),
  };
  const read = put.text === undefined ? { value: put.value ?? null } : parse(put.field, put.text);
  const typed = put.text ?? "";
  if (read.error !== undefined) return { ...start, value: null, title: null, state: "error", typed, message: read.error };
  if (read.lookup !== undefined) return { ...start, value: null, title: read.lookup, state: "dirty", typed };
  if (isEmpty(read.value) && put.field.required) {
    return { ...start, value: null, title: null, state: "required", message: t("required") };
  }
  return { ...start, value: read.value ?? null, title: put.title ?? null, state: "dirty" };
}

function unchanged(before: CellEdit, after: CellEdit): boolean {
  return same(before.value, after.value) && before.typed === after.typed && before.state === after.state;
}

/** Ask the server for the records meant by the texts in link cells, and put them in. */
async function lookUp(sheet: Sheet, steps: Step[]): Promise<void> {
  const open = steps.filter(({ after }) => after?.typed !== undefined && after.state === "dirty");
  for (const name of new Set(open.map(({ field }) => field))) {
    const field = sheet.field(name);
    const own = open.filter((step) => step.field === name);
    if (!field) continue;
    const found = await resolveAll(sheet, field, own.map(({ after }) => after?.typed ?? ""));
    const puts = own.flatMap((step) => {
      const hit = found.get(step.after?.typed ?? "");
      const now = sheet.edits.get(step.id, name);
      if (!hit || !step.after || now !== step.after) return []; // undone or typed over meanwhile
      step.after =
        "error" in hit
          ? { ...step.after, state: "error", message: hit.error }
          : { ...step.after, value: hit.id, title: hit.title, typed: undefined };
      return [{ id: step.id, field: name, edit: step.after }];
    });
    sheet.edits.putAll(puts);
  }
}

/** A look-up may end after the user has left the row. */
function leaveIfGone(sheet: Sheet, steps: Step[]): void {
  const here = sheet.here()?.row.id;
  for (const id of new Set(steps.map((step) => step.id))) if (id !== here) sheet.saver.leave(id);
}
