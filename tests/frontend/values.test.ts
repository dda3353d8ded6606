import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDate, parseInstant, parseTime, showInstant } from "../../app/web/frontend/core/dates.ts";
import { edit, show } from "../../app/web/frontend/core/format.ts";
import { parse } from "../../app/web/frontend/core/values.ts";
import type { Wire } from "../../app/web/frontend/types.ts";
import { field } from "./helpers.ts";

const NOW = "2026-11-22";
const reads = (f: ReturnType<typeof field>, cases: [string, Wire][]): void => {
  for (const [typed, value] of cases) assert.deepEqual(parse(f, typed, NOW), { value }, `typed ${JSON.stringify(typed)}`);
};
const refuses = (f: ReturnType<typeof field>, ...typed: string[]): void => {
  for (const one of typed) assert.ok(parse(f, one, NOW).error, `${JSON.stringify(one)} was taken as ${JSON.stringify(parse(f, one, NOW))}`);
};

test("dates as people write them", () => {
  reads(field("date"), [
    ["2026/1/2", "2026-01-02"], ["2026年1月2日", "2026-01-02"], ["1-2", "2026-01-02"], ["1月2日", "2026-01-02"],
    ["20260102", "2026-01-02"], ["２０２６．１．２", "2026-01-02"], ["26/1/2", "2026-01-02"], ["今天", NOW], ["昨天", "2026-11-21"], ["  ", null],
    ["2024-2-29", "2024-02-29"],
  ]);
  refuses(field("date"), "2026-02-30", "2026-13-1", "明儿", "12", "1-2-3-4", "0001-01-01");
  assert.equal(parseDate("2-29", "2026-01-01"), null);
});

test("numbers keep every digit and lose none silently", () => {
  const money = field("money", { scale: 2 });
  reads(money, [
    ["1,234.5", "1234.50"], ["１，２３４．５", "1234.50"], ["¥ 1 200", "1200.00"], ["1.5万", "15000.00"], ["2亿", "200000000.00"],
    ["(12.30)", "-12.30"], ["-0.01", "-0.01"], ["−5", "-5.00"], [".5", "0.50"], ["12.3400", "12.34"], ["9999999999999999.99", "9999999999999999.99"],
  ]);
  refuses(money, "1.234", "abc", "1.2.3", "--1", "(1", "12345678901234567.89", "1e5", "0x10", "=1+1");
  reads(field("integer"), [["1,000", 1000], ["-7", -7], ["12.0", 12]]);
  refuses(field("integer"), "1.5", "50%", "9007199254740993");
});

test("percent as in Excel's percent cells", () => {
  const percent = field("percent", { scale: 4 });
  reads(percent, [["12.5%", "0.1250"], ["12.5", "0.1250"], ["0.125", "0.1250"], ["0.5%", "0.0050"], ["100", "1.0000"]]);
  refuses(percent, "12.345%");
  assert.equal(show(percent, "0.1250"), "12.50%");
  assert.equal(edit(percent, "0.0050"), "0.50%");
});

test("yes and no, choices by label or code", () => {
  reads(field("yes_no"), [["是", true], ["否", false], ["Y", true], ["√", true], ["0", false], ["", null]]);
  refuses(field("yes_no"), "也许");
  const choice = field("choice", { choices: [{ code: "dealer", label: "经销商" }, { code: "old", label: "旧的", retired: true }, { code: "shop", label: "Shop" }] });
  reads(choice, [["经销商", "dealer"], ["dealer", "dealer"], ["shop", "shop"], ["SHOP", "shop"]]);
  refuses(choice, "旧的", "批发");
  const many = { ...choice, kind: "multi_choice" as const };
  reads(many, [["Shop、经销商", ["dealer", "shop"]], ["经销商,经销商", ["dealer"]]]);
  refuses(many, "经销商、没有");
});

test("texts: length in characters, pattern, line breaks, masks", () => {
  reads(field("text", { length: 2 }), [["😀😀", "😀😀"]]);
  refuses(field("text", { length: 2 }), "😀😀😀");
  reads(field("text"), [["a\r\nb", "a b"], [" x ", "x"]]);
  reads(field("long_text"), [["a\r\nb", "a\nb"]]);
  refuses(field("text", { pattern: "1\\d{10}", help: "11 位" }), "138");
  reads(field("text", { pattern: "1\\d{10}" }), [["13800001234", "13800001234"]]);
  refuses(field("text", { masked: true }), "138****1234");
  assert.deepEqual(parse(field("link"), " 华东 "), { lookup: "华东" });
});

test("times of day and instants in the company's zone", () => {
  assert.equal(parseTime("8:30"), "08:30:00");
  assert.equal(parseTime("8点"), "08:00:00");
  assert.equal(parseTime("24:00"), null);
  assert.equal(parseInstant("2026-01-02 03:04"), "2026-01-01T19:04:00.000000Z");
  assert.equal(parseInstant("1-2 8:00", NOW), "2026-01-02T00:00:00.000000Z");
  assert.equal(showInstant("2026-01-01T19:04:05.123456Z"), "2026-01-02 03:04");
});

test("values as people read them", () => {
  assert.equal(show(field("money"), "-1234567.50"), "-1,234,567.50");
  assert.equal(show(field("integer"), 2026), "2026");
  assert.equal(show(field("integer", { total: true }), 1560), "1,560");
  assert.equal(show(field("link"), 5, "华东"), "华东");
  assert.equal(show(field("yes_no"), false), "否");
  assert.equal(show(field("time"), "08:30:00"), "08:30");
  assert.equal(show(field("text"), null), "");
});
