// Exports without a page: what was chosen last time, what is asked of the server, what a browser waits for, how fast it goes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Download } from "../../app/web/frontend/export/api.ts";
import { asked, type Choice, groupable, remembered } from "../../app/web/frontend/export/choice.ts";
import { bytes, Pace, until } from "../../app/web/frontend/export/pace.ts";
import { sift } from "../../app/web/frontend/export/pending.ts";
import type { Field, Query } from "../../app/web/frontend/types.ts";
import { describeOf } from "./helpers.ts";

const field = (name: string, more: Partial<Field> = {}): Field => ({ name, label: name, kind: "text", ...more });
const columns = [field("name"), field("region_id", { kind: "link" }), field("amount", { kind: "money" }), field("mobile", { masked: true }), field("status", { kind: "choice" })];
const describe = describeOf(...columns);
const query: Query = { filter: { field: "name", op: "eq", value: "a" }, sort: [["name", "asc"]], q: "b" };
const choice = (more: Partial<Choice> = {}): Choice => ({ rows: "filtered", what: "view", format: "xlsx", groups: [], background: false, ...more });
const file = (id: number, more: Partial<Download> = {}): Download => ({
  id, name: "a.xlsx", label: "A", format: "xlsx", rows: 1, size: 1, state: "done", done: 0, total: 0, message: "", may: true, url: null, from: "sheet",
  created_at: "", expires_at: null, ...more,
});

test("rows are grouped by what has few values and is seen in full", () => {
  assert.deepEqual(groupable(columns).map(({ name }) => name), ["name", "region_id", "status"]);
});

test("the last choice is taken up as far as it still makes sense; the rows are chosen anew", () => {
  const stored = JSON.stringify({ rows: "selected", what: "fields", format: "pdf", groups: ["gone", "status", "mobile", "name", "region_id"], background: true });
  assert.deepEqual(remembered(describe, columns, "all", stored), { rows: "all", what: "fields", format: "pdf", groups: ["status", "name"], background: true });
  const usual = { rows: "all", what: "view", format: "xlsx", groups: [], background: false };
  for (const broken of [null, "", "{", "null", "[]", '{"format":"exe","groups":5,"background":"yes"}']) assert.deepEqual(remembered(describe, columns, "all", broken), usual);
});

test("all rows have no filter and no search, selected ones their ids, a CSV no groups", () => {
  const ids = [3, 4];
  const filtered = asked(choice({ groups: ["status"] }), query, columns, ids);
  assert.deepEqual([filtered.filter, filtered.q, filtered.ids, filtered.groups], [query.filter, "b", null, ["status"]]);
  assert.deepEqual(filtered.fields, ["name", "region_id", "amount", "mobile", "status"]);
  const all = asked(choice({ rows: "all" }), query, columns, ids);
  assert.deepEqual([all.filter, all.q, all.ids], [null, null, null]);
  assert.deepEqual(asked(choice({ rows: "selected" }), query, columns, ids).ids, ids);
  assert.deepEqual(asked(choice({ format: "csv", groups: ["status"] }), query, columns, ids).groups, []);
});

test("a file that is waited for is told of once", () => {
  const items = [file(9, { state: "running" }), file(8), file(7, { state: "failed" }), file(6)];
  const { ended, left } = sift({ ids: [7, 8, 9], since: null }, items);
  assert.deepEqual(ended.map(({ id }) => id), [8, 7]);
  assert.deepEqual(left, { ids: [9], since: null });
  assert.deepEqual(sift(left, items).ended, []);
});

test("the file of a request is the newer one that came of it", () => {
  const before = [file(5, { from: "request" }), file(4)];
  assert.deepEqual(sift({ ids: [], since: 5 }, before), { ended: [], left: { ids: [], since: 5 } });
  const after = [file(7, { from: "request" }), file(6), ...before];
  const { ended, left } = sift({ ids: [], since: 5 }, after);
  assert.deepEqual([ended.map(({ id }) => id), left], [[7], { ids: [], since: null }]);
});

test("pace, sizes and days as people say them", () => {
  const pace = new Pace();
  assert.equal(pace.rate(1, 100, 0), 0);
  assert.equal(pace.rate(1, 2_100, 2_000), 1_000);
  assert.equal(pace.rate(2, 0, 2_000), 0);
  assert.equal(bytes(200), "1 KB");
  assert.equal(bytes(3.25 * 1024 * 1024), "3.3 MB");
  const now = Date.parse("2026-11-20T00:00:00Z");
  assert.equal(until("2026-11-27T00:00:00Z", now), "7 天后");
  assert.equal(until("2026-11-20T05:00:00Z", now), "5 小时后");
});
