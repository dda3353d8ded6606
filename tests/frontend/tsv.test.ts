import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTsv, toHtml, toTsv } from "../../app/web/frontend/core/tsv.ts";

test("what Excel puts on the clipboard", () => {
  assert.deepEqual(parseTsv("a\tb\r\nc\td\r\n"), [["a", "b"], ["c", "d"]]);
  assert.deepEqual(parseTsv('"two\r\nlines"\t"say ""hi"""'), [["two\nlines", 'say "hi"']]);
  assert.deepEqual(parseTsv("\t\n\t"), [["", ""], ["", ""]]);
  assert.deepEqual(parseTsv("one"), [["one"]]);
  assert.deepEqual(parseTsv(""), []);
  assert.deepEqual(parseTsv("a\n\nb"), [["a"], [""], ["b"]]);
});

test("a quote that opens nothing is text", () => {
  assert.deepEqual(parseTsv('5" pipe\tx'), [['5" pipe', "x"]]);
  assert.deepEqual(parseTsv('"half\tx'), [['"half', "x"]]);
  assert.deepEqual(parseTsv('"a"b\tc'), [['"a"b', "c"]]);
});

test("what is copied comes back the same", () => {
  const alphabet = ["a", '"', "\t", "\n", "中", " ", ""];
  let seed = 7;
  const next = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
  for (let round = 0; round < 500; round += 1) {
    const width = 1 + next(4);
    const rows = Array.from({ length: 1 + next(4) }, () =>
      Array.from({ length: width }, () => Array.from({ length: next(5) }, () => alphabet[next(alphabet.length)]).join("")));
    const last = rows.at(-1);
    if (width === 1 && last?.[0] === "") last[0] = "x"; // one empty last cell and a last line break look alike
    assert.deepEqual(parseTsv(toTsv(rows)), rows);
  }
});

test("the HTML form holds no markup of the data and keeps text as text", () => {
  const html = toHtml([["<b>=1+1", "00123"]], [true, false]);
  assert.ok(!html.includes("<b>"));
  assert.match(html, /mso-number-format:'\\@'">&#60;b&#62;=1\+1/);
});
