/**
 * Undo and redo. One user action is one entry: until it is sent an entry holds the cells before and after;
 * once the server has applied it, the entry is the number of its change set and the server undoes it.
 */

import type { Snapshot } from "./edits.ts";

export interface Step {
  id: number;
  field: string;
  before: Snapshot;
  after: Snapshot;
}

export type Entry = { kind: "cells"; steps: Step[] } | { kind: "set"; set: number };

const DEPTH = 200;

export class History {
  #past: Entry[] = [];
  #future: Entry[] = [];
  #onChange: () => void;

  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** A new action: what had been undone can no longer be redone. */
  push(entry: Entry): void {
    if (entry.kind === "cells" && !entry.steps.length) return;
    this.#past = [...this.#past.slice(1 - DEPTH), entry];
    this.#future = [];
    this.#onChange();
  }

  /** Take the entry to undo; the caller hands what redoes it to `undone`. */
  takeUndo(): Entry | undefined {
    const entry = this.#past.pop();
    this.#onChange();
    return entry;
  }

  takeRedo(): Entry | undefined {
    const entry = this.#future.pop();
    this.#onChange();
    return entry;
  }

  undone(redo: Entry): void {
    this.#future.push(redo);
    this.#onChange();
  }

  redone(undo: Entry): void {
    this.#past.push(undo);
    this.#onChange();
  }

  /** The server applied these cells as change set `set`: their steps become that one entry. */
  applied(cells: { id: number; field: string }[], set: number): void {
    const gone = new Set(cells.map(({ id, field }) => `${id}:${field}`));
    const keep = (entry: Entry): Entry[] => {
      if (entry.kind === "set") return [entry];
      const steps = entry.steps.filter(({ id, field }) => !gone.has(`${id}:${field}`));
      return steps.length ? [{ kind: "cells", steps }] : [];
    };
    this.#past = [...this.#past.flatMap(keep), { kind: "set", set }];
    this.#future = this.#future.flatMap(keep);
    this.#onChange();
  }

  /** A draft has become record `to`. */
  rekey(from: number, to: number): void {
    for (const entry of [...this.#past, ...this.#future]) {
      if (entry.kind === "cells") for (const step of entry.steps) if (step.id === from) step.id = to;
    }
  }

  /** Drop the steps of rows that are gone. */
  forget(id: number): void {
    const keep = (entry: Entry): Entry[] => {
      if (entry.kind === "set") return [entry];
      const steps = entry.steps.filter((step) => step.id !== id);
      return steps.length ? [{ kind: "cells", steps }] : [];
    };
    this.#past = this.#past.flatMap(keep);
    this.#future = this.#future.flatMap(keep);
    this.#onChange();
  }

  /** The change sets that can be undone, oldest first: what outlives a reload. */
  sets(): number[] {
    return this.#past.flatMap((entry) => (entry.kind === "set" ? [entry.set] : []));
  }

  /** Take up the change sets of this browser tab after a reload. */
  restore(sets: number[]): void {
    this.#past = sets.map((set) => ({ kind: "set", set }));
    this.#onChange();
  }
}
