/** Undo and redo: local cells at once, change sets through the server. */

import type { Outcome } from "../types.ts";
import type { Edits } from "./edits.ts";
import type { Entry, History, Step } from "./history.ts";

export interface UndoOptions {
  history: History;
  edits: Edits;
  /** Ask the server to undo a change set; rejects with a sentence when it cannot. */
  undoSet: (set: number) => Promise<Outcome>;
  /** Resolves when nothing is on its way to the server. */
  settled: () => Promise<void>;
  /** Local cells were put back: where to show it. */
  onCells: (steps: Step[]) => void;
  /** The server changed rows. */
  onSet: (outcome: Outcome) => void;
}

/** Undo the last action; false when there is none. */
export async function undo(options: UndoOptions): Promise<boolean> {
  await options.settled();
  const entry = options.history.takeUndo();
  if (!entry) return false;
  try {
    options.history.undone(await turn(options, entry, "before"));
  } catch (error) {
    options.history.redone(entry);
    throw error;
  }
  return true;
}

/** Do again what was undone last; false when there is none. */
export async function redo(options: UndoOptions): Promise<boolean> {
  await options.settled();
  const entry = options.history.takeRedo();
  if (!entry) return false;
  try {
    options.history.redone(await turn(options, entry, "after"));
  } catch (error) {
    options.history.undone(entry);
    throw error;
  }
  return true;
}

/** Put `entry` back; answers what turns it the other way: the undo of a change set is itself a change set. */
async function turn(options: UndoOptions, entry: Entry, side: "before" | "after"): Promise<Entry> {
  if (entry.kind === "cells") {
    options.edits.putAll(entry.steps.map((step) => ({ id: step.id, field: step.field, edit: step[side] })));
    options.onCells(entry.steps);
    return entry;
  }
  const outcome = await options.undoSet(entry.set);
  options.onSet(outcome);
  return { kind: "set", set: outcome.change_set ?? entry.set };
}
