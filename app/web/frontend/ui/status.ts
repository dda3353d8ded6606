/** The bar at the foot: what waits to be saved, what just happened, and the figures of the selection. */

import type { Opened } from "../approval/types.ts";
import { t as approval } from "../approval/words.ts";
import type { CellState } from "../core/edits.ts";
import { group } from "../core/decimal.ts";
import { isNumeric, show } from "../core/format.ts";
import { stats } from "../core/stats.ts";
import { fillWith, h } from "../dom.ts";
import { fieldsOf } from "../grid/gestures.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t, type WordKey } from "../i18n.ts";
import type { Field, Row } from "../types.ts";
import { toast } from "./toast.ts";

/** What a counter counts: edits in some states, or values that wait for approval. */
export type Counted = CellState[] | "held";

const COUNTERS: { word: WordKey; states: Counted; mark: string }[] = [
  { word: "unsavedN", states: ["dirty", "saving", "required"], mark: "dirty" },
  { word: "errorsN", states: ["error"], mark: "error" },
  { word: "conflictsN", states: ["conflict"], mark: "conflict" },
  { word: "heldN", states: "held", mark: "held" },
];

/** Build the bar; `jump` goes to the next cell in one of some states. */
export function makeStatus(sheet: Sheet, jump: (states: Counted) => void): HTMLElement {
  const counters = h("span", { class: "sh-counters" });
  const said = h("span", { class: "sh-said", role: "status", "aria-live": "polite" });
  const figures = h("span", { class: "sh-figures" });
  const rows = h("span", { class: "sh-quiet" });

  const drawCounters = (): void => {
    const counts = sheet.edits.counts();
    fillWith(counters, ...COUNTERS.flatMap(({ word, states, mark }) => {
      const n = states === "held" ? heldCells(sheet).length : states.reduce((sum, state) => sum + counts[state], 0);
      return n ? [h("button", { type: "button", class: "sh-counter", onclick: () => jump(states) }, h("i", { class: `sh-swatch sh-swatch-${mark}` }), t(word, { n }))] : [];
    }));
  };
  let frame = 0;
  const drawFigures = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => fillWith(figures, ...figuresOf(sheet)));
    rows.textContent = sheet.store.total === null ? "" : t("shown", { n: group(String(sheet.store.length)) });
  };
  for (const event of ["cells", "rows", "saved"] as const) sheet.on(event, drawCounters);
  sheet.on("selection", () => {
    if (said.classList.contains("sh-warn")) said.textContent = ""; // a warning is about the cell just left
  });
  for (const event of ["selection", "rows", "cells"] as const) sheet.on(event, drawFigures);
  sheet.on("query", () => (said.textContent = ""));
  sheet.on("say", ({ text, tone }) => {
    said.textContent = text;
    said.classList.toggle("sh-warn", tone === "warn");
  });
  sheet.on("saved", ({ cells, inserted, deleted, message, refused, notes, cases }) => {
    tellCases(notes, cases);
    const parts = [
      cells ? t("savedN", { n: cells }) : "", inserted ? t("addedN", { n: inserted }) : "", deleted ? t("deletedN", { n: deleted }) : "",
      message ?? (refused ? t("refusedN", { n: refused }) : ""),
    ].filter(Boolean);
    if (parts.length) sheet.emit("say", { text: parts.join(t("listComma")), ...(refused ? { tone: "warn" as const } : {}) });
  });
  return h("div", { class: "sh-status", role: "group", "aria-label": t("statusBar"), "data-region": "" }, counters, said, h("span", { class: "sh-grow" }), figures, rows);
}

/** The cells in memory whose new values wait for approval. */
export function heldCells(sheet: Sheet): { id: number; field: string }[] {
  return [...sheet.store.loaded()].flatMap(({ id, held }) => Object.keys(held ?? {}).map((field) => ({ id, field })));
}

/** What the server had to say beside the save, and where what needs approval has gone. */
function tellCases(notes: string[], cases: Opened[]): void {
  const [first] = cases;
  const people = [...new Set(cases.flatMap(({ waits_for }) => waits_for))].join(approval("comma"));
  const sent = !first ? "" : people ? approval("sentTo", { people }) : approval("sentN", { n: cases.length });
  const words = [...new Set([sent, ...notes])].filter(Boolean).join(" · ");
  if (words) toast(words, first ? { label: approval("openCase"), url: `/inbox/?case=${first.case}` } : null);
}

function figuresOf(sheet: Sheet): Node[] {
  const { range, single } = sheet.selection;
  if (single) return [];
  const fields = fieldsOf(sheet, range);
  const rows: Row[] = [];
  let missing = false;
  for (let at = range.top; at <= range.bottom; at = at + 1) {
    const row = sheet.store.at(at);
    if (row) rows.push(row);
    else if (at < sheet.store.length) {
      missing = true;
      at += skip(at, sheet.store.blockSize);
    }
  }
  const found = stats(rows, fields, (row, field) => sheet.value(row, field).value);
  const like = fields.find((field) => isNumeric(field.kind));
  const plain = (value: string): string => (like ? format(like, value) : value);
  const figure = (word: WordKey, value: string): Node => h("span", {}, `${t(word)} `, h("b", {}, value));
  const parts = [figure("count", group(String(found.count)))];
  if (found.sum !== undefined) {
    parts.push(figure("sum", plain(found.sum)), figure("average", plain(found.average ?? "")), figure("max", plain(found.max ?? "")));
  }
  if (missing) parts.push(h("span", { class: "sh-quiet" }, t("loadedOnly")));
  return fields.length === 1 && fields[0] ? [h("span", { class: "sh-quiet" }, fields[0].label), ...parts] : parts;
}

function format(field: Field, value: string): string {
  return field.kind === "percent" ? show(field, value) : group(value);
}

/** Blocks are loaded whole: from an unloaded row go on at the next block. */
function skip(at: number, block: number): number {
  return block - 1 - (at % block);
}
