/** The first rows of a check that still runs: what would become of each, in words. */

import { h } from "../dom.ts";
import { oldToNew } from "./parts.ts";
import { toneOf } from "./row.ts";
import type { Row } from "./types.ts";
import { t, type WordKey } from "./words.ts";

const SHOWN = 12;
const CELLS = 4;
const WORDS: Record<string, WordKey> = { insert: "inserted", update: "updated", error: "errors", ask: "asks", conflict: "conflicts", held: "heldRows" };

export function earlyRows(found: Row[], labels: Map<string, string>): HTMLElement {
  const cells = (row: Row): HTMLElement[] => Object.entries(row.cells ?? {}).slice(0, CELLS).map(([name, [old, now]]) =>
    h("span", { class: "wz-early-cell" }, h("small", { class: "tz-muted" }, labels.get(name) ?? ""), ...(row.op === "update" ? oldToNew(old, now) : [now])));
  return h("div", { class: "wz-card wz-early" }, h("h3", { class: "tz-section-title" }, t("earlyTitle")),
    h("table", { class: "tz-table" }, h("tbody", {}, ...found.slice(0, SHOWN).map((row) => h("tr", {},
      h("td", { class: "tz-num tz-muted" }, String(row.line ?? "")),
      h("td", {}, h("span", { class: `wz-key wz-key-${toneOf(row)}` }, t(WORDS[toneOf(row)] ?? "updated"))),
      h("td", {}, row.errors?.[0] ? row.errors[0].message : "", ...(row.errors?.length ? [] : cells(row))))))));
}
