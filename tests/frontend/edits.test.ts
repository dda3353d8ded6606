import assert from "node:assert/strict";
import { test } from "node:test";
import { type CellEdit, Edits, strongest } from "../../app/web/frontend/core/edits.ts";
import { History } from "../../app/web/frontend/core/history.ts";
import { undo, redo, type UndoOptions } from "../../app/web/frontend/core/undo.ts";
import type { Wire } from "../../app/web/frontend/types.ts";

const dirty = (base: Wire, value: Wire): CellEdit => ({ base, baseTitle: null, value, title: null, state: "dirty" });

test("the strongest state paints the cell", () => {
  assert.equal(strongest(["dirty", "conflict", "error"]), "error");
  assert.equal(strongest(["saving", "conflict", "required"]), "conflict");
  assert.equal(strongest([]), null);
});

test("typing the old value again leaves nothing to save", () => {
  const edits = new Edits();
  edits.put(1, "name", dirty("旧", "新"));
  edits.put(1, "name", dirty("旧", "旧"));
  assert.equal(edits.has(1), false);
});

test("a name still being looked up in an empty cell is not nothing", () => {
  const edits = new Edits();
  edits.put(1, "region", { ...dirty(null, null), typed: "华东" });
  assert.equal(edits.get(1, "region")?.typed, "华东");
  edits.patch(1, "region", { typed: undefined, value: 5 });
  assert.equal(edits.get(1, "region")?.value, 5);
});

test("a cell typed over while it was saved stays dirty on the new base", () => {
  const edits = new Edits();
  edits.put(1, "a", { ...dirty("1", "2"), sent: "2", state: "saving" });
  edits.put(1, "b", { ...dirty("x", "z"), sent: "y" });
  edits.written(1, { a: "2", b: "y" });
  assert.equal(edits.get(1, "a"), undefined);
  assert.deepEqual(edits.get(1, "b"), { ...dirty("y", "z"), sent: undefined });
});

test("counts and the way to the next cell in a state", () => {
  const edits = new Edits();
  edits.put(1, "a", dirty(null, "1"));
  edits.put(2, "b", { ...dirty(null, "1"), state: "error" });
  edits.put(-1, "c", { ...dirty(null, null), state: "required" });
  assert.deepEqual(edits.counts(), { error: 1, conflict: 0, required: 1, saving: 0, dirty: 1 });
  assert.deepEqual(edits.inState("error", "required"), [{ id: 2, field: "b" }, { id: -1, field: "c" }]);
  edits.rekey(-1, 7);
  assert.equal(edits.get(7, "c")?.state, "required");
});

function rig() {
  const edits = new Edits();
  const history = new History();
  const asked: number[] = [];
  const options: UndoOptions = {
    history, edits, settled: async () => undefined, onCells: () => undefined, onSet: () => undefined,
    undoSet: async (set) => {
      asked.push(set);
      return { change_set: set + 100 };
    },
  };
  const type = (id: number, field: string, after: CellEdit): void => {
    const before = edits.get(id, field) ?? null;
    edits.put(id, field, after);
    history.push({ kind: "cells", steps: [{ id, field, before, after }] });
  };
  return { edits, history, asked, options, type };
}

test("before sending, undo takes back one cell at a time", async () => {
  const { edits, options, type } = rig();
  type(1, "a", dirty("0", "1"));
  type(1, "a", dirty("0", "2"));
  assert.equal(await undo(options), true);
  assert.equal(edits.get(1, "a")?.value, "1");
  assert.equal(await undo(options), true);
  assert.equal(edits.has(1), false);
  assert.equal(await undo(options), false);
  await redo(options);
  await redo(options);
  assert.equal(edits.get(1, "a")?.value, "2");
});

test("after sending, the cells of the set are one entry and the server undoes it", async () => {
  const { history, asked, options, type } = rig();
  type(1, "a", dirty("0", "1"));
  type(2, "a", dirty("0", "1"));
  type(1, "b", dirty("0", "1"));
  history.applied([{ id: 1, field: "a" }, { id: 1, field: "b" }], 17);
  assert.deepEqual(history.sets(), [17]);
  await undo(options);
  await redo(options);
  await undo(options);
  assert.deepEqual(asked, [17, 117, 217]);
  await undo(options);
  assert.equal(options.edits.get(2, "a"), undefined);
});

test("an undo the server refuses can be tried again", async () => {
  const { history, options } = rig();
  history.push({ kind: "set", set: 5 });
  await assert.rejects(undo({ ...options, undoSet: () => Promise.reject(new Error("no")) }));
  assert.deepEqual(history.sets(), [5]);
  assert.equal(history.canRedo, false);
});

test("a new action ends what could be redone; a record's steps survive its first save", async () => {
  const { history, options, type } = rig();
  type(1, "a", dirty("0", "1"));
  await undo(options);
  assert.equal(history.canRedo, true);
  type(-3, "a", dirty(null, "1"));
  assert.equal(history.canRedo, false);
  history.rekey(-3, 9);
  history.applied([{ id: 9, field: "a" }], 4);
  assert.deepEqual(history.sets(), [4]);
});
