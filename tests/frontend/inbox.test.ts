/** What the inbox says of time and money. */

import assert from "node:assert/strict";
import test from "node:test";
import { difference } from "../../app/web/frontend/inbox/amounts.ts";
import { due, span } from "../../app/web/frontend/inbox/times.ts";
import { ordered } from "../../app/web/frontend/inbox/verbs.ts";

const NOW = Date.parse("2026-11-20T02:00:00Z"); // 10:00 in Shanghai
const item = (due_at: string | null, overdue = false) => ({ due_at, overdue, submitted_at: "2026-11-19T08:42:00.000000Z" });

test("a term is said as people say it, in the company's zone", () => {
  assert.deepEqual(due(item("2026-11-20T05:00:00.000000Z"), NOW), { text: "剩 3 小时", tone: "" });
  assert.deepEqual(due(item("2026-11-20T10:30:00.000000Z"), NOW), { text: "今天 18:30 前", tone: "amber" });
  assert.deepEqual(due(item("2026-11-21T02:20:00.000000Z"), NOW), { text: "明天 10:20", tone: "" });
  assert.match(due(item("2026-11-23T01:00:00.000000Z"), NOW).text, /11-23 09:00$/);
});

test("what is late says by how much; what has no term says when it came", () => {
  assert.deepEqual(due(item("2026-11-19T22:00:00.000000Z", true), NOW), { text: "超时 4 小时", tone: "red" });
  assert.equal(due(item("2026-11-17T01:00:00.000000Z"), NOW).text, "超时 3 天");
  assert.match(due(item(null), NOW).text, /11-19 16:42$/);
});

test("a span is never nothing", () => {
  assert.equal(span(0), "1 分钟");
  assert.equal(span(47 * 3_600_000), "47 小时");
});

test("the difference of two amounts is exact; a code or a phone number is no amount", () => {
  assert.deepEqual(difference("1,188.00", "1,288.00"), { delta: "+100", share: "+8.4%", up: true });
  assert.deepEqual(difference("0.30", "0.10"), { delta: "-0.20", share: "-66.7%", up: false });
  assert.equal(difference("0.00", "5.00")?.share, "");
  assert.equal(difference("13800001111", "13800002222"), null);
  assert.equal(difference(null, "5.00"), null);
});

test("verbs stand in the order of the bar, whatever order they come in", () => {
  const verbs = ["comment", "transfer", "reject", "approve", "unknown"].map((verb) => ({ verb }));
  assert.deepEqual(ordered(verbs).map((each) => each.verb), ["approve", "reject", "transfer", "comment", "unknown"]);
});
