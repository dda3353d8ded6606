/** One row of a preview as it is drawn: its number in the file, its cells old → new, what is wrong with it below. */

import { h } from "../dom.ts";
import { inColumn } from "./fields.ts";
import { NUMERIC, oldToNew } from "./parts.ts";
import type { Column, Row, RowProblem } from "./types.ts";
import { t } from "./words.ts";

/** The line of a row in the table. */
export function rowLine(row: Row, columns: Column[], entity: string): HTMLElement {
  const line = row.line ? String(row.line) : t("wholeFile");
  return h("tr", { class: `wz-row wz-is-${toneOf(row)}` }, h("th", { class: "tz-num", scope: "row" }, line),
    ...columns.map((column) => cell(row, column, entity)));
}

/** What colour a row has: by what is wrong with it, or else by what becomes of it. */
export function toneOf(row: Row): string {
  if (row.state !== "ready") return row.state;
  return row.held ? "held" : row.op;
}

/** The problem a cell shows. */
function problemOf(row: Row, column: Column, entity: string): RowProblem | undefined {
  return row.errors?.find((each) => each.field !== null && inColumn({ [each.field]: each }, column, row, entity));
}

function cell(row: Row, column: Column, entity: string): HTMLElement {
  const problem = problemOf(row, column, entity);
  const pair = inColumn(row.cells, column, row, entity);
  const value = inColumn(row.values, column, row, entity);
  const number = NUMERIC.has(column.kind) ? "tz-num" : "";
  if (problem && row.state === "conflict" && pair) {
    return h("td", { class: `wz-bad wz-conflicting ${number}`, title: `${problem.theirs ?? ""} ⇄ ${pair[1]}` }, pair[1] || t("emptyNew"));
  }
  if (problem) {
    const text = problem.text || pair?.[1] || value || "";
    return h("td", { class: `wz-bad ${number}`, title: text }, text || t(problem.code === "REQUIRED" ? "required" : "emptyOld"));
  }
  if (pair && row.op === "update") {
    return h("td", { class: `wz-changed ${number}`, title: `${pair[0] || t("emptyOld")} → ${pair[1] || t("emptyNew")}` }, ...oldToNew(pair[0], pair[1]));
  }
  if (row.op === "insert" && column.kind === "number" && !pair?.[1] && (column.entity ?? entity) === (row.entity ?? entity)) return h("td", { class: "tz-muted" }, t("autoNumber"));
  const text = pair?.[1] ?? value ?? "";
  return h("td", { class: number, title: text }, text);
}
