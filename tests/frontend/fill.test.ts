import assert from "node:assert/strict";
import { test } from "node:test";
import { fill } from "../../app/web/frontend/core/fill.ts";
import * as decimal from "../../app/web/frontend/core/decimal.ts";
import { stats } from "../../app/web/frontend/core/stats.ts";
import { field, row } from "./helpers.ts";

test("a series goes on, anything else is repeated", () => {
  assert.deepEqual(fill("integer", [1, 3], 3), [5, 7, 9]);
  assert.deepEqual(fill("integer", [5], 2), [5, 5]);
  assert.deepEqual(fill("integer", [1, 2, 4], 4), [1, 2, 4, 1]);
  assert.deepEqual(fill("money", ["0.10", "0.20"], 3), ["0.30", "0.40", "0.50"]);
  assert.deepEqual(fill("choice", ["a", "b"], 3), ["a", "b", "a"]);
  assert.deepEqual(fill("integer", [1, null], 2), [1, null]);
});

test("dates go on by days, or by the step two of them show", () => {
  assert.deepEqual(fill("date", ["2026-02-27"], 3), ["2026-02-28", "2026-03-01", "2026-03-02"]);
  assert.deepEqual(fill("date", ["2026-01-01", "2026-01-08"], 2), ["2026-01-15", "2026-01-22"]);
  assert.deepEqual(fill("date", ["2026-01-01"], 2, { backward: true }), ["2025-12-31", "2025-12-30"]);
  assert.deepEqual(fill("date", ["2026-01-01"], 2, { copy: true }), ["2026-01-01", "2026-01-01"]);
});

test("texts with a number at the end", () => {
  assert.deepEqual(fill("text", ["第08", "第09"], 2), ["第10", "第11"]);
  assert.deepEqual(fill("text", ["A-1"], 2), ["A-1", "A-1"]);
  assert.deepEqual(fill("text", ["13800001111", "13900002222"], 1), ["14000003333"]);
});

test("decimals are exact", () => {
  const of = (text: string) => decimal.parts(text) ?? assert.fail(text);
  const sum = Array.from({ length: 10 }, () => of("0.1")).reduce(decimal.add);
  assert.equal(decimal.text(sum.units, sum.scale), "1.0");
  assert.equal(decimal.divide(of("1.00"), 3, 2), "0.33");
  assert.equal(decimal.divide(of("-1.00"), 8, 2), "-0.13");
  assert.equal(decimal.toScale(of("1.2300"), 2), "1.23");
  assert.equal(decimal.toScale(of("1.234"), 2), null);
  assert.equal(decimal.group("-1234567.5"), "-1,234,567.5");
  assert.equal(decimal.parts("."), null);
});

test("figures of a selection", () => {
  const amount = field("money", { name: "a" });
  const rows = ["0.10", "0.20", null, "-0.05"].map((a, index) => row(index + 1, { a }));
  const found = stats(rows, [amount], (one, f) => one.values[f.name] ?? null);
  assert.deepEqual(found, { count: 3, sum: "0.25", average: "0.08", max: "0.20", min: "-0.05" });
  assert.deepEqual(stats(rows, [field("text", { name: "a" })], (one) => one.values.a ?? null), { count: 3 });
});
