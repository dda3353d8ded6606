/** One record as the drawer shows it at the left: its figures, its fields, its lines. */

import { t as approval } from "../approval/words.ts";
import { Api } from "../api.ts";
import { isEmpty, isNumeric, show } from "../core/format.ts";
import { h, icon } from "../dom.ts";
import { change, chip, codeChip } from "../grid/cell.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";
import { nowWords } from "./asof.ts";
import type { Describe, Field, Row } from "../types.ts";

const MOST_FIGURES = 4;
const MOST_LINES = 50;
const MOST_COLUMNS = 6;

/** The figures: what the sheet adds up at its foot. */
export function figures({ describe }: Sheet, row: Row): HTMLElement | null {
  const totals = describe.fields.filter((field) => field.total && isNumeric(field.kind) && !isEmpty(row.values[field.name])).slice(0, MOST_FIGURES);
  if (!totals.length) return null;
  return h("dl", { class: "sh-figures-row" }, ...totals.map((field) =>
    h("div", {}, h("dt", {}, field.label), h("dd", {}, show(field, row.values[field.name])))));
}

/** The fields people fill in, two in a row, long texts over both; empty ones are left out. */
export function facts({ describe }: Sheet, row: Row): HTMLElement {
  const fields = describe.fields.filter((field) => !field.system && (row.held?.[field.name] || row.now?.cells[field.name] || !isEmpty(row.values[field.name])));
  return h("section", {},
    h("div", { class: "sh-part-head" }, h("h3", {}, approval("fields")),
      row.locked ? h("span", { class: "sh-quiet" }, icon("lock", 12), approval("lockedNote")) : null),
    h("dl", { class: "sh-facts" }, ...fields.map((field) => fact(field, row))));
}

function fact(field: Field, row: Row): HTMLElement {
  const value = row.values[field.name];
  const text = show(field, value, row.titles[field.name]);
  const url = field.kind === "link" && field.target?.url ? field.target.url.replace("{id}", String(value)) : null;
  const held = row.held?.[field.name];
  if (held) {
    const note = h("a", { class: "sh-held-note", href: `/inbox/?case=${held.case}` }, icon("clock", 12), held.waits_for.join(approval("comma")));
    return h("div", { class: "sh-fact sh-wide" }, h("dt", {}, field.label), h("dd", { class: "sh-held-fact" }, ...change(field, value ?? null, row.titles[field.name] ?? null, held), note));
  }
  const since = row.now?.cells[field.name];
  if (since) {
    const words = h("span", { class: "sh-quiet" }, nowWords(field, since));
    return h("div", { class: "sh-fact sh-wide" }, h("dt", {}, field.label), h("dd", { class: "sh-past-fact" }, h("b", {}, text || t("emptyValue")), words));
  }
  const shown = field.kind === "choice" && !field.masked ? codeChip(field, value ?? null) : url ? h("a", { href: url }, text) : text;
  return h("div", { class: field.kind === "long_text" || text.length > 24 ? "sh-fact sh-wide" : "sh-fact" }, h("dt", {}, field.label), h("dd", {}, shown));
}

const descriptions = new Map<string, Promise<Describe>>();

/** The lines of a record as small tables; those the reader may not list are not there, and empty ones only where lines can be added. */
export async function lines({ describe, api: { moment } }: Sheet, row: Row): Promise<HTMLElement[]> {
  const made = await Promise.all((describe.lines ?? []).map(async ({ entity, label, field }) => {
    const api = new Api("/api/v1/", entity);
    api.moment = moment;
    const known = descriptions.get(entity) ?? api.describe();
    descriptions.set(entity, known);
    const query = { filter: { field, op: "eq", value: row.id }, sort: [], q: null };
    const [about, page] = await Promise.all([known, api.rows(query, { at: 0, after: null, limit: MOST_LINES }, new AbortController().signal)]);
    const url = `/${entity}/list/?parent=${row.id}`;
    if (page.rows.length) return table(about, label, page.rows, page.total, url);
    return about.rights.add && !row.locked && !moment ? part(label, 0, url, h("p", { class: "sh-quiet" }, t("noRows", { label }))) : null;
  }).map((one) => one.catch(() => null)));
  return made.filter((one) => one !== null);
}

function part(label: string, total: number, url: string, ...body: (Node | null)[]): HTMLElement {
  return h("section", {},
    h("div", { class: "sh-part-head" }, h("h3", {}, label), h("span", { class: "tz-count" }, String(total)),
      h("span", { class: "sh-grow" }), h("a", { href: url }, approval("inSheet"))),
    ...body);
}

function table(about: Describe, label: string, rows: Row[], total: number, url: string): HTMLElement {
  const columns = columnsOf(about, rows);
  const head = columns.map((field) => h("th", { class: isNumeric(field.kind) ? "sh-num" : null }, field.unit ? `${field.label}(${field.unit})` : field.label));
  const body = rows.map((row, at) => h("tr", {}, h("td", { class: "sh-quiet" }, String(at + 1)), ...columns.map((field) =>
    h("td", { class: isNumeric(field.kind) ? "sh-num" : null }, show(field, row.values[field.name], row.titles[field.name])))));
  return part(label, total, url,
    h("div", { class: "sh-lines" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}), ...head)), h("tbody", {}, ...body))),
    total > rows.length ? h("p", { class: "sh-quiet" }, approval("moreLines", { n: rows.length })) : null);
}

/** As many columns as fit: those the sheet adds up first, then in declared order; numbers of lines and empty columns go. */
function columnsOf(about: Describe, rows: Row[]): Field[] {
  const told = about.fields.filter((field) => {
    const counter = about.key.includes(field.name) && ["integer", "number"].includes(field.kind);
    return !field.system && !counter && field.name !== "parent_id" && rows.some((row) => !isEmpty(row.values[field.name]));
  });
  const first = [...told].sort((a, b) => Number(b.total ?? false) - Number(a.total ?? false));
  const kept = [...new Set([...told.slice(0, 2), ...first])].slice(0, MOST_COLUMNS);
  return told.filter((field) => kept.includes(field));
}

/** The record's name, its state as a chip, and whose it is. */
export function heading({ describe }: Sheet, row: Row): (Node | string | null)[] {
  const of = (name: string | null | undefined): Field | undefined => describe.fields.find((field) => field.name === name);
  const text = (field: Field | undefined): string => (field ? show(field, row.values[field.name], row.titles[field.name]) : "");
  const state = of(describe.state_field);
  const colour = state?.choices?.find(({ code }) => code === row.values[state.name])?.color;
  const owner = of("owner_id");
  const whose = owner && text(owner) ? `${owner.label} ${text(owner)}` : "";
  return [
    h("b", { class: "sh-drawer-title" }, text(of(describe.title)) || `#${row.id}`),
    state && text(state) ? chip(text(state), colour) : null,
    h("span", { class: "sh-quiet" }, [whose, t("versionN", { n: row.version })].filter(Boolean).join(" · ")),
  ];
}
