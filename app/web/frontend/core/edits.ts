/** Cells that differ from what the server holds, and why each has not been saved yet. */

import type { Wire } from "../types.ts";
import { same } from "./format.ts";

/** Strongest first: the strongest state of a cell paints it. */
export const STATES = ["error", "conflict", "required", "saving", "dirty"] as const;
export type CellState = (typeof STATES)[number];

export interface CellEdit {
  /** The server's value this edit started from; the server compares it when the edit is sent. */
  base: Wire;
  baseTitle: string | null;
  value: Wire;
  title: string | null;
  state: CellState;
  /** The text as typed, when it could not be read as a value. */
  typed?: string;
  message?: string;
  code?: string;
  /** True when the server refused until the user says it is meant: message is the question. */
  confirm?: boolean;
  theirs?: { value: Wire; title: string | null; by: string; at: string };
  /** The value on its way to the server. */
  sent?: Wire;
}

export type Snapshot = CellEdit | null;

/** The strongest of some states; null of none. */
export function strongest(states: Iterable<CellState>): CellState | null {
  const present = new Set(states);
  return STATES.find((state) => present.has(state)) ?? null;
}

export class Edits {
  #rows = new Map<number, Map<string, CellEdit>>();
  #onChange: (ids: number[]) => void;

  /** `onChange` hears the ids of the rows whose edits changed. */
  constructor(onChange: (ids: number[]) => void = () => {}) {
    this.#onChange = onChange;
  }

  get(id: number, field: string): CellEdit | undefined {
    return this.#rows.get(id)?.get(field);
  }

  /** The edited cells of a row as [field, edit]. */
  row(id: number): [string, CellEdit][] {
    return [...(this.#rows.get(id) ?? [])];
  }

  has(id: number): boolean {
    return this.#rows.has(id);
  }

  ids(): number[] {
    return [...this.#rows.keys()];
  }

  /** Put an edit; null removes it, and so does an edit that says what the server already holds. */
  put(id: number, field: string, edit: Snapshot): void {
    this.#store(id, field, edit);
    this.#onChange([id]);
  }

  /** Put many edits, telling about them once. */
  putAll(list: { id: number; field: string; edit: Snapshot }[]): void {
    for (const { id, field, edit } of list) this.#store(id, field, edit);
    this.#onChange([...new Set(list.map(({ id }) => id))]);
  }

  #store(id: number, field: string, edit: Snapshot): void {
    const cells = this.#rows.get(id);
    const settled = edit?.state === "dirty" && edit.sent === undefined && edit.typed === undefined;
    const idle = settled && same(edit.base, edit.value);
    if (!edit || (idle && id > 0)) {
      cells?.delete(field);
      if (cells?.size === 0) this.#rows.delete(id);
    } else if (cells) {
      cells.set(field, edit);
    } else {
      this.#rows.set(id, new Map([[field, edit]]));
    }
  }

  /** Alter an existing edit in place. */
  patch(id: number, field: string, change: Partial<CellEdit>): void {
    const edit = this.get(id, field);
    if (edit) this.put(id, field, { ...edit, ...change });
  }

  /** Forget all edits of a row. */
  drop(id: number): void {
    if (this.#rows.delete(id)) this.#onChange([id]);
  }

  /** A draft has become record `to`. */
  rekey(from: number, to: number): void {
    const cells = this.#rows.get(from);
    if (!cells) return;
    this.#rows.delete(from);
    this.#rows.set(to, cells);
    this.#onChange([from, to]);
  }

  /** The server has written `values` of a row: sent cells become clean, cells typed over meanwhile stay dirty. */
  written(id: number, values: Record<string, Wire>, titles: Record<string, string | null> = {}): void {
    for (const [field, edit] of this.row(id)) {
      if (edit.sent === undefined) continue;
      const base = values[field] ?? edit.sent;
      const moved = !same(edit.value, edit.sent);
      const baseTitle = titles[field] ?? (moved ? null : edit.title);
      this.#store(id, field, moved ? { ...edit, base, baseTitle, state: "dirty", sent: undefined } : null);
    }
    this.#onChange([id]);
  }

  /** How many cells are in each state. */
  counts(): Record<CellState, number> {
    const counts: Record<CellState, number> = { error: 0, conflict: 0, required: 0, saving: 0, dirty: 0 };
    for (const cells of this.#rows.values()) for (const edit of cells.values()) counts[edit.state] += 1;
    return counts;
  }

  /** Every cell in one of `states`, in the order edited. */
  inState(...states: CellState[]): { id: number; field: string }[] {
    const found: { id: number; field: string }[] = [];
    for (const [id, cells] of this.#rows) {
      for (const [field, edit] of cells) if (states.includes(edit.state)) found.push({ id, field });
    }
    return found;
  }
}
