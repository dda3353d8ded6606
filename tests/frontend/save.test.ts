import assert from "node:assert/strict";
import { test } from "node:test";
import { type CellEdit, Edits } from "../../app/web/frontend/core/edits.ts";
import { History } from "../../app/web/frontend/core/history.ts";
import { newKey, type Reply, Saver } from "../../app/web/frontend/core/save.ts";
import { settle, type Summary } from "../../app/web/frontend/core/settle.ts";
import { RowStore } from "../../app/web/frontend/core/store.ts";
import type { ChangeSet, Wire } from "../../app/web/frontend/types.ts";
import { describeOf, field, row } from "./helpers.ts";

const dirty = (base: Wire, value: Wire): CellEdit => ({ base, baseTitle: null, value, title: null, state: "dirty" });

/** A saver on a real store, edits and history; `answer` is the server. */
async function rig(answer: (set: ChangeSet, calls: number) => Reply) {
  const describe = describeOf(field("text", { name: "name", required: true }), field("integer", { name: "qty" }));
  const edits = new Edits();
  const history = new History();
  const store = new RowStore(async () => ({ rows: [row(1, { name: "甲", qty: 1 }), row(2, { name: "乙", qty: 2 })], next: null, total: 2 }));
  await store.load(0, 1);
  const sent: ChangeSet[] = [];
  const links: string[] = [];
  const summaries: Summary[] = [];
  const saver = new Saver({
    describe, edits, row: (id) => store.get(id),
    post: async (set) => {
      sent.push(structuredClone(set));
      return answer(set, sent.length);
    },
    settle: (set, ids, outcome, ok) => summaries.push(settle({ store, edits, history, titleField: "name" }, set, ids, outcome, ok)),
    onLink: (state) => links.push(state), discardDraft: (id) => store.discard([id]), wait: async () => undefined,
  });
  return { edits, history, store, saver, sent, links, summaries };
}

const done = (set: ChangeSet, id = 10): Reply => ({
  kind: "answer", ok: true,
  outcome: { change_set: 17, results: set.changes.map((change, n) => ({ row: n, op: change.op, id: change.id ?? id, version: 2, state: "done" as const, values: {} })) },
});

test("a row left is one set with base and version; saved cells become clean and can be undone as a set", async () => {
  const { edits, history, store, saver, sent } = await rig((set) => done(set));
  edits.put(1, "name", dirty("甲", "甲甲"));
  edits.put(1, "qty", dirty(1, 5));
  saver.leave(1);
  await saver.idle();
  assert.equal(sent.length, 1);
  assert.deepEqual(sent[0]?.changes, [{ entity: "customer", op: "update", id: 1, version: 1, base: { name: "甲", qty: 1 }, values: { name: "甲甲", qty: 5 } }]);
  assert.equal(edits.has(1), false);
  assert.deepEqual(store.get(1), { ...row(1, { name: "甲甲", qty: 5 }, 2), titles: { name: null, qty: null } });
  assert.deepEqual(history.sets(), [17]);
});

test("a set without an answer goes again with its key, in order, and is never composed anew", async () => {
  const { edits, saver, sent, links } = await rig((set, calls) => (calls < 3 ? { kind: "unreachable", retryAfter: null, signedOut: false } : done(set)));
  edits.put(1, "name", dirty("甲", "一"));
  saver.leave(1);
  edits.put(2, "name", dirty("乙", "二"));
  saver.leave(2);
  await saver.idle();
  assert.deepEqual(sent.map((set) => set.changes[0]?.id), [1, 1, 1, 2]);
  assert.equal(new Set(sent.slice(0, 3).map((set) => set.key)).size, 1);
  assert.notEqual(sent[2]?.key, sent[3]?.key);
  assert.deepEqual(links, ["down", "down", "up", "up"]);
  assert.equal(edits.ids().length, 0);
});

test("a refused row keeps its cells, is not sent again until touched, and says why at the cell", async () => {
  const { edits, saver, sent } = await rig((_set, calls) => calls === 1
    ? { kind: "answer", ok: false, outcome: { errors: [{ row: 0, field: "qty", code: "NEG", message: "数量要大于 0" }] } }
    : done(_set));
  edits.put(1, "qty", dirty(1, -1));
  edits.put(1, "name", dirty("甲", "一"));
  saver.leave(1);
  await saver.idle();
  assert.equal(edits.get(1, "qty")?.state, "error");
  assert.equal(edits.get(1, "qty")?.message, "数量要大于 0");
  assert.equal(edits.get(1, "name")?.state, "dirty");
  saver.leave(1);
  await saver.idle();
  assert.equal(sent.length, 1);
  edits.put(1, "qty", dirty(1, 3));
  saver.touched(1);
  saver.leave(1);
  await saver.idle();
  assert.equal(sent.length, 2);
  assert.equal(edits.has(1), false);
});

test("what a rule wrote besides, into the header, is not taken for the row that caused it", async () => {
  const { edits, store, saver, summaries } = await rig((set) => ({
    kind: "answer", ok: true,
    outcome: {
      change_set: 6, results: [
        { row: 0, op: "update", id: 1, version: 2, state: "done", values: { qty: 9, name: "甲" } },
        { row: 0, op: "update", id: 2, version: 7, state: "done", values: { qty: 90, name: "合计" } },
      ],
    },
  }));
  edits.put(1, "qty", dirty(1, 9));
  saver.leave(1);
  await saver.idle();
  assert.deepEqual([store.get(1)?.version, store.get(1)?.values], [2, { name: "甲", qty: 9 }]);
  assert.equal(summaries[0]?.cells, 1);
});

test("a new row of a record's lines is sent with the record it began with", async () => {
  const { saver, store, edits, sent } = await rig((set) => done(set));
  store.append({ ...row(-1, { parent_id: 5 }, 0), titles: { parent_id: "单据" } });
  edits.put(-1, "name", dirty(null, "丙"));
  saver.leave(-1);
  await saver.idle();
  assert.deepEqual(sent[0]?.changes[0]?.values, { parent_id: 5, name: "丙" });
});

test("a bulk gesture keeps back only the wrong row", async () => {
  const { edits, saver, sent, store } = await rig((set) => ({
    kind: "answer", ok: true,
    outcome: {
      change_set: 5, errors: [{ row: 1, field: "qty", message: "不行" }],
      results: [{ row: 0, op: "update", id: 1, version: 2, state: "done", values: { qty: 9 } }, { row: 1, op: "update", id: 2, state: "error" }],
    },
  }));
  edits.put(1, "qty", dirty(1, 9));
  edits.put(2, "qty", dirty(2, -9));
  saver.bulk([1, 2], "paste");
  await saver.idle();
  assert.equal(sent[0]?.partial, true);
  assert.equal(sent[0]?.source, "paste");
  assert.equal(edits.has(1), false);
  assert.equal(store.get(1)?.values.qty, 9);
  assert.equal(edits.get(2, "qty")?.state, "error");
});

test("a conflict carries both values; a question can be answered", async () => {
  const { edits, saver, sent } = await rig((set, calls) => calls === 1
    ? { kind: "answer", ok: false, outcome: { conflicts: [{ row: 0, field: "name", yours: "一", theirs: "壹", by: "王浩", at: "2026-11-22T02:41:00Z" }] } }
    : { kind: "answer", ok: false, outcome: { confirms: [{ row: 0, field: "name", code: "DUP", message: "同名" }] } });
  edits.put(1, "name", dirty("甲", "一"));
  saver.leave(1);
  await saver.idle();
  const edit = edits.get(1, "name");
  assert.deepEqual([edit?.state, edit?.value, edit?.theirs?.value, edit?.theirs?.by], ["conflict", "一", "壹", "王浩"]);
  saver.leave(1);
  await saver.idle();
  assert.equal(sent.length, 1, "a conflict waits for the user");
  edits.put(1, "name", dirty("壹", "一"));
  saver.touched(1);
  saver.leave(1);
  await saver.idle();
  assert.deepEqual(sent[1]?.changes[0]?.base, { name: "壹" });
  assert.equal(edits.get(1, "name")?.confirm, true);
  saver.bulk([1], "sheet", ["DUP"]);
  await saver.idle();
  assert.deepEqual(sent[2]?.confirmed, ["DUP"]);
});

test("a draft waits for its required cells, then becomes a record", async () => {
  const { edits, saver, sent, store, summaries } = await rig((set) => done(set, 42));
  store.append(row(-1));
  edits.put(-1, "qty", dirty(null, 3));
  saver.leave(-1);
  await saver.idle();
  assert.equal(sent.length, 0);
  assert.equal(edits.get(-1, "name")?.state, "required");
  edits.put(-1, "name", dirty(null, "丙"));
  saver.leave(-1);
  saver.leave(-1); // a look-up ended at the same time
  await saver.idle();
  assert.equal(sent.length, 1);
  assert.deepEqual(sent[0]?.changes[0], { entity: "customer", op: "insert", ref: "r1", values: { qty: 3, name: "丙" } });
  assert.deepEqual(edits.ids(), []);
  assert.deepEqual(store.at(2)?.values, { qty: 3, name: "丙" });
  assert.equal(summaries[0]?.inserted, 1);
});

test("an empty draft left is gone; a failed request keeps its key for the same changes", async () => {
  const { edits, saver, sent, store } = await rig((set, calls) => (calls === 1 ? { kind: "failed", message: "500" } : done(set)));
  store.append(row(-1));
  saver.leave(-1);
  assert.equal(store.length, 2);
  edits.put(1, "name", dirty("甲", "一"));
  await saver.flush();
  assert.equal(edits.get(1, "name")?.state, "error");
  await saver.flush();
  assert.equal(sent[0]?.key, sent[1]?.key);
  assert.equal(edits.has(1), false);
});

test("keys are version 4 UUIDs", () => {
  assert.match(newKey(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newKey(), newKey());
});

const opened = { case: 12, number: "AP-1", entity: "customer", record: 1, state: "running", waits_for: ["陈立"] };
const held = (set: ChangeSet): Reply => ({
  kind: "answer", ok: true,
  outcome: {
    change_set: 18, state: "held", cases: [opened],
    results: set.changes.map((change, n) => ({ row: n, op: change.op, id: change.id ?? null, version: 1, state: "held" as const })),
  },
});

test("a change that needs approval leaves the value, shows the new one beside it, and is neither dirty nor undone", async () => {
  const { edits, history, store, saver, summaries } = await rig((set) => held(set));
  edits.put(1, "name", dirty("甲", "甲甲"));
  saver.leave(1);
  await saver.idle();
  const row = store.get(1);
  assert.equal(row?.values.name, "甲");
  assert.deepEqual([row?.held?.name?.new, row?.held?.name?.case, row?.held?.name?.waits_for, row?.held?.name?.mine], ["甲甲", 12, ["陈立"], true]);
  assert.equal(edits.has(1), false);
  assert.deepEqual(history.sets(), []);
  assert.deepEqual(summaries.map(({ cases, cells }) => [cases, cells]), [[[opened], 0]]);
});

test("a deletion that needs approval keeps its row", async () => {
  const { store, saver } = await rig((set) => held(set));
  saver.remove([1]);
  await saver.idle();
  assert.ok(store.get(1)?.held?.["*"]);
});

test("people chosen to decide go with the step that asks for the approval", async () => {
  const { saver, sent } = await rig((set) => done(set));
  saver.act("submit", [1], { mm: [7] });
  await saver.idle();
  assert.deepEqual([sent[0]?.picks, sent[0]?.changes[0]?.verb], [{ mm: [7] }, "submit"]);
});

test("a submitted record is locked by its case at once", async () => {
  const { store, saver } = await rig((set) => {
    const reply = done(set, 1);
    if (reply.kind === "answer") reply.outcome.cases = [opened];
    return reply;
  });
  saver.act("submit", [1, 2]);
  await saver.idle();
  assert.deepEqual([store.get(1)?.locked, store.get(2)?.locked], [12, null]);
});

test("a question about a step is asked, and yes sends the step again with its code", async () => {
  const { saver, sent, summaries } = await rig((set, calls) => (calls > 1 ? done(set, 1) : {
    kind: "answer", ok: false, outcome: { state: "refused", results: [], confirms: [{ row: 0, code: "BIG", message: "金额很大，确认吗？" }] },
  }));
  saver.act("submit", [1]);
  await saver.idle();
  const asks = summaries[0]?.asks;
  assert.deepEqual([asks?.questions, asks?.confirmed, summaries[0]?.message], [["金额很大，确认吗？"], ["BIG"], null]);
  saver.act("submit", [1], undefined, asks?.confirmed);
  await saver.idle();
  assert.deepEqual(sent[1]?.confirmed, ["BIG"]);
});
