import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore, type FetchPage } from "../../app/web/frontend/core/store.ts";
import { row } from "./helpers.ts";

function server(total: number, log: string[] = []): FetchPage {
  return (want, signal) =>
    new Promise((answer, refuse) => {
      log.push(want.after ?? `at:${want.at}`);
      signal.addEventListener("abort", () => refuse(new Error("aborted")));
      setTimeout(() => {
        const ids = Array.from({ length: Math.max(0, Math.min(want.limit, total - want.at)) }, (_, index) => want.at + index + 1);
        answer({ rows: ids.map((id) => row(id)), next: `after:${want.at + want.limit}`, total, at: want.at });
      }, 1);
    });
}

test("a million rows are fetched only where looked at", async () => {
  const log: string[] = [];
  const store = new RowStore(server(1_000_000, log));
  await store.load(0, 10);
  assert.equal(store.length, 1_000_000);
  await store.load(500_000, 500_010);
  assert.equal(store.at(500_005)?.id, 500_006);
  assert.equal(store.at(1_000), undefined);
  await store.load(500_000, 500_010);
  assert.deepEqual(log, ["at:0", "at:500000"]);
});

test("the next block is asked for by the cursor of the one before", async () => {
  const log: string[] = [];
  const store = new RowStore(server(1_000, log));
  await store.load(0, 1);
  await store.load(200, 201);
  assert.deepEqual(log, ["at:0", "after:200"]);
  assert.equal(store.positionOf(201), 200);
});

test("old blocks are forgotten, rows with unsaved cells are not", async () => {
  const store = new RowStore(server(100), { blockSize: 10, keepBlocks: 2, pinned: (id) => id === 3 });
  for (let at = 0; at < 50; at += 10) await store.load(at, at);
  assert.equal(store.at(0), undefined);
  assert.equal(store.get(1), undefined);
  assert.equal(store.get(3)?.id, 3);
  assert.equal(store.at(45)?.id, 46);
});

test("scrolling on gives up the fetch left behind, but not one somebody waits for", async () => {
  const store = new RowStore(server(10_000), { onError: () => assert.fail("an abort is no error") });
  await store.load(0, 0);
  store.show(2_000, 2_010);
  store.show(6_000, 6_010);
  const waited = store.load(4_000, 4_000);
  store.show(8_000, 8_010);
  await waited;
  await new Promise((done) => setTimeout(done, 10));
  assert.equal(store.at(2_005), undefined);
  assert.equal(store.at(6_005), undefined);
  assert.equal(store.at(4_000)?.id, 4_001);
  assert.equal(store.at(8_005)?.id, 8_006);
});

test("an answer to the question before last is not taken", async () => {
  const store = new RowStore(server(100));
  const late = store.load(0, 0).catch(() => "given up");
  store.reset();
  assert.equal(await late, "given up");
  assert.equal(store.at(0), undefined);
  await store.load(0, 0);
  assert.equal(store.at(0)?.id, 1);
});

test("drafts stand at the end, become records, and are not shown twice", async () => {
  const store = new RowStore(server(3));
  await store.load(0, 0);
  store.append(row(-1, { name: "新" }));
  assert.equal(store.length, 4);
  assert.equal(store.at(3)?.id, -1);
  store.saved(-1, row(2, { name: "新" }));
  assert.equal(store.positionOf(2), 3);
  store.reset();
  await store.load(0, 0);
  assert.equal(store.length, 3);
  store.append(row(-2));
  store.reset();
  assert.deepEqual(store.extras, [-2]);
  store.discard([-2]);
  assert.equal(store.extras.length, 0);
});

test("a refresh shows the old rows until the new ones are there", async () => {
  let total = 3;
  const store = new RowStore((want, signal) => server(total)(want, signal));
  await store.load(0, 0);
  store.append(row(-1));
  store.saved(-1, row(4));
  store.append(row(-2));
  total = 2;
  store.refresh();
  assert.equal(store.at(2)?.id, 3);
  assert.deepEqual(store.extras, [-2]);
  await store.load(0, 0);
  assert.equal(store.total, 2);
  assert.equal(store.at(2)?.id, -2);
  assert.equal(store.positionOf(3), -1);
});
