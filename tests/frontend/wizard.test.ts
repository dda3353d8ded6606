// The import wizard without a page: what is wrong with a mapping, the list of errors, how fast a job goes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keyWithoutColumn, missing, problems, proposed } from "../../app/web/frontend/wizard/choice.ts";
import { errorList } from "../../app/web/frontend/wizard/errorlist.ts";
import { Pace } from "../../app/web/frontend/wizard/progress.ts";
import type { FieldInfo, Look, Preview, Row } from "../../app/web/frontend/wizard/types.ts";

const field = (name: string, more: Partial<FieldInfo> = {}): FieldInfo => ({
  name, label: name.toUpperCase(), required: false, kind: "text", editable: true, key: true, ...more,
});

const look = (more: Partial<Look> = {}): Look => ({
  ticket: "t", name: "a.xlsx", ignored_contents: [], sheets: [{ name: "S", rows: 9, hidden: false }], sheet: "S", header_row: 1,
  headers: ["code", "name", "other"], rows: 8, hidden_rows: 0, hidden_columns: 0, merged: 0, duplicate_headers: {},
  mapping: { code: "code", name: "name" }, sample: [], key: ["code"],
  fields: [field("code", { kind: "number", editable: false }), field("name", { required: true }), field("mobile", { required: true })], ...more,
});

test("the proposal of the server is taken, and a header nobody knows is left out", () => {
  assert.deepEqual(proposed(look()).mapping, { code: "code", name: "name", other: null });
  assert.deepEqual(problems(look(), proposed(look())), []);
});

test("what was chosen before is kept for headers that are still there", () => {
  const again = proposed(look(), { mapping: { other: "mobile", gone: "name", name: null }, key: ["name"] });
  assert.deepEqual(again.mapping, { code: "code", name: null, other: "mobile" });
  assert.deepEqual(again.key, ["name"]);
});

test("two columns for one field, no column at all, and no key are problems", () => {
  const choice = proposed(look());
  assert.deepEqual(problems(look(), { ...choice, mapping: { ...choice.mapping, other: "name" } }).map((p) => p.kind), ["doubled"]);
  assert.deepEqual(problems(look(), { ...choice, mapping: {} }).map((p) => p.kind), ["nothing"]);
  assert.deepEqual(problems(look(), { ...choice, key: [] }).map((p) => p.kind), ["noKey"]);
});

test("a key without a column is a problem, unless it is a number the system gives", () => {
  const choice = proposed(look({ mapping: { name: "name" } }));
  assert.deepEqual(keyWithoutColumn(look(), choice).map((f) => f.name), ["code"]);
  assert.deepEqual(problems(look(), choice), []);
  assert.deepEqual(problems(look(), { ...choice, key: ["mobile"] }).map((p) => p.kind), ["keyMissing"]);
});

test("required fields without a column are named; repeated headers are a problem of the file", () => {
  assert.deepEqual(missing(look(), proposed(look())).map((f) => f.name), ["mobile"]);
  const twice = look({ duplicate_headers: { name: ["B", "D"] } });
  assert.deepEqual(problems(twice, proposed(twice)), [{ kind: "duplicate", header: "name", letters: ["B", "D"] }]);
});

test("in the list of errors nothing runs as a formula and commas stay inside their cell", () => {
  const preview = { columns: [{ name: "name", label: "名称", kind: "text" }] } as Preview;
  const row = { line: 7, cells: {}, errors: [{ field: "name", code: "X", message: "a,\"b\"", text: "=cmd()" }] } as unknown as Row;
  const lines = errorList(preview, [row]).split("\r\n");
  assert.equal(lines[1], `7,名称,'=cmd(),"a,""b"""`);
});

test("the pace starts anew with each step and says nothing in the first second", () => {
  const pace = new Pace();
  assert.equal(pace.rate("read", 0, 0), 0);
  assert.equal(pace.rate("read", 500, 500), 0);
  assert.equal(pace.rate("read", 4_000, 2_000), 2_000);
  assert.equal(pace.rate("plan", 100, 2_100), 0);
  assert.equal(pace.rate("plan", 1_100, 4_100), 500);
});
