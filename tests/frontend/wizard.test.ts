// The import wizard without a page: what the options say, what is wrong with them, the queue of files, how fast a job goes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { matching } from "../../app/web/frontend/wizard/combo.ts";
import { asked, automatic, type Chosen, creatable, feedLines, flatLines, ignored, keyWithoutColumn, missing, problems, proposed, remembered, sheetsOf, tidy } from "../../app/web/frontend/wizard/options.ts";
import { worthALook } from "../../app/web/frontend/wizard/layout.ts";
import { Pace } from "../../app/web/frontend/wizard/progress.ts";
import { Queue } from "../../app/web/frontend/wizard/queue.ts";
import { saidOf } from "../../app/web/frontend/wizard/treat.ts";
import type { FieldInfo, LineInfo, Look } from "../../app/web/frontend/wizard/types.ts";

const field = (name: string, more: Partial<FieldInfo> = {}): FieldInfo => ({
  name, label: name.toUpperCase(), required: false, kind: "text", editable: true, key: true, ...more,
});

const region = field("region_id", { kind: "link", target: { entity: "region", label: "区域", may_add: true } });
const lines: LineInfo = { entity: "order_line", label: "明细", fields: [field("order_line.price"), field("order_line.no", { kind: "number" })] };

const look = (more: Partial<Look> = {}): Look => ({
  ticket: "t", name: "a.xlsx", sheets: [{ name: "S", rows: 9, hidden: false }], sheet: "S", header_row: 1,
  headers: ["code", "name", "other"], rows: 8, hidden_rows: 0, hidden_columns: 0, merged: 0, duplicate_headers: {}, sample: [], examples: [],
  options: { columns: { code: { field: "code" }, name: "name" }, match: "key", key: ["code"] },
  fields: [field("code", { kind: "number", editable: false }), field("name", { required: true }), field("mobile", { required: true }), region],
  lines: [lines], ...more,
});

const kinds = (chosen: Chosen, of = look()): string[] => problems(of, chosen).map((each) => each.kind);

test("the proposal of the server is taken, and a header nobody knows is left out", () => {
  const chosen = proposed(look());
  assert.deepEqual(chosen.columns, { code: { field: "code" }, name: { field: "name" }, other: null });
  assert.deepEqual([chosen.match, chosen.key, chosen.mode, chosen.totals, chosen.hidden], ["key", ["code"], "both", "skip", "import"]);
  assert.deepEqual(problems(look(), chosen), []);
  assert.deepEqual(ignored(look(), chosen), ["other"]);
});

test("what was chosen before is kept for headers that are still there, the place in the file is not", () => {
  const again = proposed(look({ header_row: 3 }), {
    header_row: 9, columns: { other: { field: "mobile", unit: "箱" }, gone: { field: "name" }, name: null }, match: "fields", key: ["mobile"], constants: { region_id: "华东" },
  });
  assert.deepEqual(again.columns, { code: { field: "code" }, name: null, other: { field: "mobile", unit: "箱" } });
  assert.deepEqual([again.header_row, again.match, again.key, again.constants], [3, "fields", ["mobile"], { region_id: "华东" }]);
});

test("numbers are read with the one unit that most of a column's cells are written with", () => {
  const number = (name: string): FieldInfo => field(name, { kind: "integer" });
  const columns: [string, string[]][] = [
    ["cases", ["10箱", "２ 箱", "1,000箱", "两箱", "3"]], ["either", ["1箱", "2瓶"]], ["seldom", ["1", "2", "3箱"]], ["big", ["1.2万", "3万"]], ["some", ["1.2万", "3"]],
    ["own", ["3 kg"]], ["share", ["12%"]], ["plain", ["1", "-2"]],
  ];
  const written = look({
    headers: [...columns.map(([name]) => name), "name"], examples: [...columns.map(([, texts]) => texts), ["1箱"]],
    fields: [...columns.map(([name]) => name === "own" ? { ...number(name), unit: "kg" } : number(name)), field("name")],
    options: { columns: Object.fromEntries([...columns.map(([name]) => [name, name]), ["name", "name"]]) },
  });
  const units = Object.entries(proposed(written).columns).flatMap(([header, each]) => each?.unit ? [[header, each.unit]] : []);
  assert.deepEqual(units, [["cases", "箱"], ["big", "万"]]);
});

test("dates are read in the only order their column allows, and where two fit the person is asked", () => {
  const dated = look({
    fields: [field("day", { kind: "date" }), field("name")], headers: ["shipped", "paid", "said", "text"],
    options: { columns: { shipped: "day", paid: { field: "day", unit: "" }, said: { field: "day", order: "dmy" }, text: "name" } },
    date_orders: { shipped: ["mdy"], paid: ["mdy", "dmy"], said: ["mdy"], text: ["mdy"] },
  });
  const orders = Object.values(proposed(dated).columns).map((each) => each?.order);
  assert.deepEqual(orders, ["mdy", undefined, "dmy", undefined]);
});

test("the sheet our own workbooks keep their marks in is not one to choose", () => {
  const sheets = [{ name: "S", rows: 9, hidden: false }, { name: "_taizhang", rows: 1, hidden: true }, { name: "旧", rows: 4, hidden: true }];
  assert.deepEqual(sheetsOf(look({ sheets })).map((sheet) => sheet.name), ["S", "旧"]);
  assert.equal(worthALook(look({ sheets })), false);
  assert.equal(worthALook(look({ sheets, totals: [{ row: 9, text: "合计" }] })), true);
});

test("the mapping of last time is followed unless most columns are others", () => {
  const last = { options: {}, gone: [] };
  assert.ok(remembered(look({ remembered: { ...last, added: ["other"] } })));
  assert.equal(remembered(look({ remembered: { ...last, added: ["other", "name"] } })), null);
  assert.equal(remembered(look()), null);
});

test("the automatic mapping is by names alone", () => {
  const plain = look({ mapping: { name: "name" }, key: ["code"] });
  const chosen = proposed(plain, automatic(plain));
  assert.deepEqual([chosen.columns, chosen.match, chosen.key], [{ code: null, name: { field: "name" }, other: null }, "key", ["code"]]);
});

test("records are found by their numbers only in a workbook of our own", () => {
  const trip = { kind: "export", at: "", by: "" } as const;
  assert.equal(proposed(look({ trip, options: { match: "id" } })).match, "id");
  assert.equal(proposed(look(), { match: "id" }).match, "key");
  assert.deepEqual(kinds({ ...proposed(look({ trip })), match: "id", key: [] }), []);
});

test("two columns for one field, no column at all, and no key are problems", () => {
  const chosen = proposed(look());
  assert.deepEqual(kinds({ ...chosen, columns: { ...chosen.columns, other: { field: "name" } } }), ["doubled"]);
  assert.deepEqual(kinds({ ...chosen, columns: {} }), ["nothing"]);
  assert.deepEqual(kinds({ ...chosen, match: "fields", key: [] }), ["noKey"]);
});

test("a key without a column is a problem, unless it is a number the system gives or a fixed value", () => {
  const plain = look({ options: { columns: { name: "name" }, key: ["code"] } });
  const chosen = proposed(plain);
  assert.deepEqual(keyWithoutColumn(plain, chosen).map((f) => f.name), ["code"]);
  assert.deepEqual(problems(plain, chosen), []);
  assert.deepEqual(kinds({ ...chosen, match: "fields", key: ["mobile"] }, plain), ["keyMissing"]);
  assert.deepEqual(kinds({ ...chosen, match: "fields", key: ["mobile"], constants: { mobile: "1" } }, plain), []);
});

test("a fixed value fills a required field; empty, or beside a column for the same field, it is a problem", () => {
  const chosen = proposed(look());
  assert.deepEqual(missing(look(), chosen).map((f) => f.name), ["mobile"]);
  assert.deepEqual(missing(look(), { ...chosen, constants: { mobile: "1" } }), []);
  assert.deepEqual(kinds({ ...chosen, constants: { mobile: "" } }), ["emptyConstant"]);
  assert.deepEqual(kinds({ ...chosen, constants: { name: "x" } }), ["doubled"]);
});

test("a repeated header is a problem only while it is imported", () => {
  const twice = look({ duplicate_headers: { name: ["B", "D"] } });
  const chosen = proposed(twice);
  assert.deepEqual(problems(twice, chosen), [{ kind: "duplicate", header: "name", letters: ["B", "D"] }]);
  assert.deepEqual(kinds({ ...chosen, columns: { ...chosen.columns, name: null } }, twice), []);
});

test("lines in one sheet need a column that groups them, lines in another one that names the document", () => {
  const chosen = proposed(look());
  const flat = { entity: "order_line", group: [], by: "number", gone: "keep", sheet: null } as const;
  assert.deepEqual(kinds({ ...chosen, lines: { ...flat, group: [] } }), ["noGroup"]);
  assert.deepEqual(kinds({ ...chosen, lines: { ...flat, group: ["code"] } }), []);
  assert.deepEqual(kinds({ ...chosen, lines: { ...flat, group: [], sheet: { sheet: "明细", link: "" } } }), ["noLink"]);
});

test("lines in the same sheet are grouped by the document's key, and columns called like their fields are theirs", () => {
  const flat = look({ headers: ["code", "name", "ORDER_LINE.PRICE", "x"] });
  const chosen = proposed(flat);
  chosen.lines = flatLines(flat, chosen, "order_line");
  feedLines(flat, flat, chosen);
  assert.deepEqual(chosen.lines.group, ["code"]);
  assert.deepEqual(chosen.columns["ORDER_LINE.PRICE"], { field: "order_line.price" });
  assert.equal(chosen.columns["x"], null);
  const keyless = look({ key: ["mobile"] });
  assert.deepEqual(flatLines(keyless, proposed(keyless), "order_line").group, ["code", "name"]);
});

test("only fed links whose records this person may make can be created, and nothing else is asked for", () => {
  const chosen = proposed(look(), { columns: { other: { field: "region_id" } }, create: ["region_id", "gone_id"] });
  assert.deepEqual(creatable(look(), chosen).map(([name]) => name), ["region_id"]);
  assert.deepEqual(asked(look(), chosen).create, { region_id: {} });
  const level = field("level", { kind: "choice", required: true });
  const needs = look({ fields: [{ ...region, target: { entity: "region", label: "区域", may_add: true, required: [level] } }] });
  assert.deepEqual(kinds({ ...chosen, key: [] }, needs), ["createLacks"]);
  assert.deepEqual(kinds({ ...chosen, key: [], create: { region_id: { level: "市" } } }, needs), []);
  const mayNot = look({ fields: [{ ...region, target: { entity: "region", label: "区域", may_add: false } }] });
  assert.deepEqual(creatable(mayNot, chosen), []);
});

test("columns of a second sheet are sent only while lines are read from it", () => {
  const lined = { entity: "order_line", group: [], by: "number", gone: "keep", sheet: { sheet: "明细", link: "单号" } } as const;
  const chosen = proposed(look(), { lines: { ...lined, group: [] }, columns: { 单价: { field: "order_line.price" } } });
  assert.deepEqual(asked(look(), chosen).columns["单价"], { field: "order_line.price" });
  assert.equal("单价" in asked(look(), { ...chosen, lines: null }).columns, false);
});

test("a treatment is sent without what is not asked for, and said in a few words", () => {
  assert.deepEqual(tidy({ field: "n", unit: "", order: "ymd", round: false, values: { 甲: "", 乙: "b" } }), { field: "n", values: { 乙: "b" } });
  assert.equal(saidOf({ field: "n" }), "");
  assert.equal(saidOf({ field: "n", width: "half", unit: "箱", round: true }).split(" · ").length, 3);
});

test("the queue goes on file by file and says what became of each", () => {
  const queue = new Queue();
  const [one, two] = [new File([], "1.xlsx"), new File([], "2.xlsx")];
  queue.add([one, two]);
  assert.equal(queue.current, null);
  assert.equal(queue.advance(), one);
  assert.deepEqual([queue.current, queue.next], [one, two]);
  queue.end("failed");
  assert.equal(queue.current, null);
  assert.equal(queue.advance(), two);
  assert.equal(queue.advance(), null);
});

test("items are found by what stands in them, whatever the width and case typed", () => {
  const items = [{ value: "a", label: "Ａ类" }, { value: "b", label: "B类", note: "HD" }];
  assert.deepEqual(matching(items, "a").map((item) => item.value), ["a"]);
  assert.deepEqual(matching(items, "ｈｄ").map((item) => item.value), ["b"]);
  assert.equal(matching(items, "").length, 2);
});

test("the pace starts anew with each step and says nothing in the first second", () => {
  const pace = new Pace();
  assert.equal(pace.rate("read", 0, 0), 0);
  assert.equal(pace.rate("read", 500, 500), 0);
  assert.equal(pace.rate("read", 4_000, 2_000), 2_000);
  assert.equal(pace.rate("plan", 100, 2_100), 0);
  assert.equal(pace.rate("plan", 1_100, 4_100), 500);
});
