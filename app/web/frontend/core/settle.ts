/** Takes a change set's outcome into the store, the edits and the history. */

import type { Opened } from "../approval/types.ts";
import type { CellProblem, Change, ChangeResult, ChangeSet, Conflict, Outcome } from "../types.ts";
import type { Edits } from "./edits.ts";
import type { History } from "./history.ts";
import type { RowStore } from "./store.ts";

export interface Ledger {
  store: RowStore;
  edits: Edits;
  history: History;
  /** The field that stands for the row when a problem names none. */
  titleField: string;
}

/** What happened, in numbers, for the status bar. */
export interface Summary {
  cells: number;
  inserted: number;
  deleted: number;
  refused: number;
  /** What could not be said at a cell. */
  message: string | null;
  /** What people must know of finished work: the server's notes, and the cases that were opened. */
  notes: string[];
  cases: Opened[];
  /** A step of the lifecycle that waits for a yes to these questions. */
  asks: Asks | null;
}

export interface Asks {
  verb: string;
  ids: number[];
  picks: Record<string, number[]> | undefined;
  /** The codes to send along when the answer is yes. */
  confirmed: string[];
  questions: string[];
}

/** `ids[i]` is the local id of `set.changes[i]`: a record's id, or a draft's negative one. */
export function settle(ledger: Ledger, set: ChangeSet, ids: number[], outcome: Outcome, ok: boolean): Summary {
  const summary: Summary = { cells: 0, inserted: 0, deleted: 0, refused: 0, message: null, notes: (outcome.notes ?? []).map(({ message }) => message), cases: outcome.cases ?? [], asks: asksOf(set, ids, outcome) };
  const written: { id: number; field: string }[] = [];
  const done = new Set<number>();
  const told = new Set<number>();
  for (const result of outcome.results ?? []) {
    if (told.has(result.row)) continue; // what a rule did besides, in a record of its own: an order's sums, a notice
    told.add(result.row);
    if (!ok || !["done", "unchanged", "held"].includes(result.state)) continue;
    done.add(result.row);
    const opened = outcome.cases?.find(({ record }) => record === result.id) ?? outcome.cases?.[0] ?? null;
    written.push(...takeResult(ledger, set, ids, result, summary, opened));
  }
  ids.forEach((id, row) => {
    if (!done.has(row)) backToDirty(ledger.edits, id);
  });
  summary.message = mark(ledger, set, ids, outcome);
  summary.refused = ids.length - done.size;
  if (!summary.message && summary.refused && !(outcome.errors?.length || outcome.conflicts?.length || outcome.confirms?.length)) {
    summary.message = outcome.message ?? null;
  }
  const number = outcome.change_set;
  const changed = summary.cells + summary.inserted + summary.deleted > 0;
  if (ok && number != null && changed && outcome.state !== "held") ledger.history.applied(written, number);
  return summary;
}

function asksOf(set: ChangeSet, ids: number[], { errors, confirms }: Outcome): Asks | null {
  const verb = set.changes[0]?.verb;
  if (!verb || errors?.length || !confirms?.length) return null;
  const confirmed = new Set([...set.confirmed, ...confirms.map(({ code }) => code ?? "")]);
  return { verb, ids, picks: set.picks, confirmed: [...confirmed], questions: [...new Set(confirms.map(({ message }) => message))] };
}

function takeResult(
  { store, edits, history }: Ledger, set: ChangeSet, ids: number[], result: ChangeResult, summary: Summary, opened: Opened | null,
): { id: number; field: string }[] {
  const change = set.changes[result.row];
  let id = ids[result.row];
  if (!change || id === undefined) return [];
  const cells = Object.keys(change.values ?? {});
  if (result.state === "held") {
    hold({ store, edits }, change, id, opened);
    return [];
  }
  if (change.op === "delete") {
    edits.drop(id);
    history.forget(id);
    summary.deleted += 1;
    return [];
  }
  if (change.op === "insert" && result.id != null) {
    const row = { id: result.id, version: result.version ?? 1, locked: null, values: {}, titles: {} };
    for (const [field, edit] of edits.row(id)) if (edit.title) Object.assign(row.titles, { [field]: edit.title });
    store.saved(id, row);
    edits.rekey(id, result.id);
    history.rekey(id, result.id);
    id = result.id;
    for (const [field, edit] of edits.row(id)) edits.put(id, field, edit); // emptied cells of the draft are no edits any more
    summary.inserted += 1;
  } else {
    for (const field of cells) store.merge(id, { titles: { [field]: edits.get(id, field)?.title ?? null } });
    if (result.state === "done") summary.cells += Math.max(cells.length, 1);
  }
  const values = { ...change.values, ...result.values };
  const submitted = change.verb && opened?.record === result.id && opened?.state === "running" ? { locked: opened.case } : {};
  store.merge(id, { version: result.version, values, titles: result.titles, ...submitted });
  edits.written(id, values, result.titles);
  const known = id;
  return cells.map((field) => ({ id: known, field }));
}

function backToDirty(edits: Edits, id: number): void {
  const waiting = edits.row(id).filter(([, edit]) => edit.state === "saving" || edit.sent !== undefined);
  edits.putAll(waiting.map(([field, edit]) => ({ id, field, edit: { ...edit, sent: undefined, state: "dirty" } })));
}

/** The cells wait for approval now: the record keeps its values, a new record is not there yet. */
function hold({ store, edits }: Pick<Ledger, "edits" | "store">, change: Change, id: number, opened: Opened | null): void {
  const about = {
    case: opened?.case ?? 0, number: opened?.number ?? "", waits_for: opened?.waits_for ?? [], since: new Date().toISOString(), mine: true,
  };
  const names = change.op === "delete" ? ["*"] : Object.keys(change.values ?? {});
  const cells = names.map((field) => [field, { ...about, new: change.values?.[field] ?? null, title: edits.get(id, field)?.title ?? null }] as const);
  store.hold(id, Object.fromEntries(cells));
  edits.drop(id);
  if (change.op === "insert") store.discard([id]);
}

/** Put errors, questions and conflicts at their cells; returns the first sentence that has no cell. */
function mark({ edits, store, titleField }: Ledger, set: ChangeSet, ids: number[], outcome: Outcome): string | null {
  let homeless: string | null = null;
  const local = (problem: { row?: number | null; id?: number | null }): number | undefined =>
    problem.row != null ? (ids[problem.row] ?? undefined) : (problem.id ?? undefined);
  const place = (problem: CellProblem, confirm: boolean): void => {
    const id = local(problem);
    const change = problem.row != null ? set.changes[problem.row] : undefined;
    if (id === undefined || change?.op === "delete" || change?.verb) {
      if (!(confirm && change?.verb)) homeless ??= problem.message;
      return;
    }
    const edited = edits.row(id).map(([field]) => field);
    const field = problem.field || edited[0] || titleField;
    const held = edits.get(id, field) ?? untouched(store, id, field);
    const { message } = problem;
    edits.put(id, field, { ...held, state: "error", message, code: problem.code ?? undefined, confirm });
  };
  for (const problem of outcome.errors ?? []) place(problem, false);
  for (const problem of outcome.confirms ?? []) place(problem, true);
  for (const conflict of outcome.conflicts ?? []) {
    const id = local(conflict);
    if (id !== undefined) edits.put(id, conflict.field, conflicted({ edits, store }, id, conflict));
  }
  return homeless;
}

function untouched(store: RowStore, id: number, field: string) {
  const value = store.get(id)?.values[field] ?? null;
  const title = store.get(id)?.titles[field] ?? null;
  return { base: value, baseTitle: title, value, title };
}

function conflicted({ edits, store }: Pick<Ledger, "edits" | "store">, id: number, conflict: Conflict) {
  const edit = edits.get(id, conflict.field) ?? untouched(store, id, conflict.field);
  const theirs = { value: conflict.theirs, title: conflict.theirs_title ?? null, by: conflict.by ?? "", at: conflict.at ?? "" };
  return { ...edit, value: edit.value ?? conflict.yours, state: "conflict" as const, sent: undefined, message: undefined, theirs };
}
