/** How a file is read, as docs/importing.md has it, and what is wrong with it: no screen, so that it is tested by itself. */

import type { FieldInfo, Look } from "./types.ts";

export const ORDERS = ["ymd", "mdy", "dmy"] as const;
export type Order = (typeof ORDERS)[number];
export const NUMERIC = new Set(["integer", "decimal", "money", "percent"]);
/** A number and what is written behind it. */
const WITH_UNIT = /^[¥￥$]?[-+]?[\d０-９][\d０-９,，.．]*\s*([^\d０-９\s%％,，.．)）]{1,6})$/u;

/** What is done to the cells of one column before they are read as `field`. */
export interface Treatment {
  field: string;
  width?: "half";
  unit?: string;
  order?: Order;
  round?: boolean;
  values?: Record<string, string>;
}

export interface LinesSheet {
  sheet: string;
  header_row?: number | null;
  link: string;
}

export interface Lines {
  entity: string;
  group: string[];
  by: "number" | "order";
  gone: "keep" | "remove";
  sheet: LinesSheet | null;
}

export interface Options {
  sheet: string | null;
  header_row: number | null;
  columns: Record<string, Treatment | string | null>;
  constants: Record<string, string>;
  match: "key" | "id" | "fields";
  key: string[];
  mode: "both" | "new" | "update";
  /** Links whose missing records are made, with what is the same for all new ones; a list where nothing is. */
  create: string[] | Record<string, Record<string, string>>;
  lines: Lines | null;
  hidden: "refuse" | "import" | "skip";
  totals: "skip" | "import";
  confirmed: string[];
}

/** The options in the form the page works on: every column with a header has an entry, and it is a treatment or null. */
export interface Chosen extends Options {
  columns: Record<string, Treatment | null>;
  create: Record<string, Record<string, string>>;
}

export type Problem =
  | { kind: "duplicate"; header: string; letters: string[] }
  | { kind: "doubled"; field: FieldInfo; headers: string[] }
  | { kind: "nothing" }
  | { kind: "noKey" }
  | { kind: "keyMissing"; fields: FieldInfo[] }
  | { kind: "createLacks"; field: FieldInfo; lacks: FieldInfo[] }
  | { kind: "noGroup" }
  | { kind: "noLink" }
  | { kind: "emptyConstant"; field: FieldInfo };

/** The mapping of last time, unless most columns of this file are others. */
export function remembered(look: Look): NonNullable<Look["remembered"]> | null {
  const headers = look.headers.filter(Boolean);
  const last = look.remembered;
  return last && last.added.length * 2 <= headers.length ? last : null;
}

/** The mapping by names alone, as for somebody who never imported such a file. */
export function automatic(look: Look): Partial<Options> {
  const columns = Object.fromEntries(look.headers.filter(Boolean).map((header) => [header, look.mapping?.[header] ?? null]));
  return { columns, constants: {}, match: look.trip ? "id" : "key", key: look.key ?? [], mode: "both", create: {}, lines: null };
}

/** An entry of `columns` as a treatment. */
export function treatment(given: Treatment | string | null | undefined): Treatment | null {
  return typeof given === "string" ? (given ? { field: given } : null) : (given ?? null);
}

/**
 * The proposal of the server; what was chosen before is kept for headers that are still there, sheet and header row
 * excepted, which belong to the file.
 */
export function proposed(look: Look, before: Partial<Options> = {}): Chosen {
  const offered = look.options;
  const columns: Record<string, Treatment | null> = {};
  for (const header of look.headers) {
    if (!header) continue;
    const kept = before.columns && header in before.columns;
    columns[header] = asWritten(look, header, treatment(kept ? before.columns?.[header] : offered.columns?.[header]));
  }
  // What other sheets of the file feed stays known, though it is not listed here.
  for (const [header, given] of Object.entries(before.columns ?? {})) {
    if (before.lines?.sheet && !(header in columns)) columns[header] = treatment(given);
  }
  const lines = before.lines === undefined ? offered.lines : before.lines;
  return {
    sheet: look.sheet, header_row: look.header_row, columns,
    constants: { ...(before.constants ?? offered.constants) },
    // A workbook of our own carries its numbers; another file cannot.
    match: look.trip ? (before.match ?? offered.match ?? "id") : (before.match === "id" ? offered.match : before.match ?? offered.match) ?? "key",
    key: [...(before.key?.length ? before.key : (offered.key ?? []))],
    mode: before.mode ?? offered.mode ?? "both",
    create: created(before.create ?? offered.create ?? []),
    lines: lines ? { ...lines, group: [...lines.group] } : null,
    hidden: before.hidden && before.hidden !== "refuse" ? before.hidden : "import",
    totals: before.totals ?? offered.totals ?? "skip",
    confirmed: [],
  };
}

/** The treatment in the only order that the column's dates allow and with the unit of its numbers, where nobody has chosen one. */
export function asWritten(look: Look, header: string, given: Treatment | null): Treatment | null {
  const [order, other] = ordersOf(look, header, given);
  if (given && order && !other && (given.order ?? "ymd") === "ymd") return { ...given, order };
  const unit = unitOf(look, header, given);
  return given && unit && !given.unit ? { ...given, unit } : given;
}

/** The one unit that numbers of a column are written with, most of them; of one that multiplies, all. */
export function unitOf(look: Look, header: string, given: Treatment | null): string {
  const field = given && fieldsOf(look).get(given.field);
  if (!field || !NUMERIC.has(field.kind)) return "";
  const texts = look.examples[look.headers.indexOf(header)] ?? [];
  const found = texts.flatMap((text) => WITH_UNIT.exec(text)?.[1] ?? []);
  const [unit = "", other] = new Set(found);
  const enough = /^[千百万亿]/.test(unit) ? texts.length : texts.length / 2;
  return other || !unit || unit === field.unit || unit === "元" || found.length < enough ? "" : unit;
}

/** The orders that the text dates of a column allow, if it feeds a date; two where the person has to say which. */
export function ordersOf(look: Look, header: string, given: Treatment | null): Order[] {
  const kind = given && fieldsOf(look).get(given.field)?.kind;
  return kind === "date" || kind === "datetime" ? (look.date_orders?.[header] ?? []) : [];
}

/** What is made of links that are missing, with what is the same for all new records. */
export function created(given: Options["create"]): Chosen["create"] {
  const pairs = Array.isArray(given) ? given.map((name): [string, Record<string, string>] => [name, {}]) : Object.entries(given);
  return Object.fromEntries(pairs.map(([name, texts]) => [name, { ...texts }]));
}

/** The sheets a person knows of: not the one our own workbooks carry their marks in. */
export function sheetsOf(look: Look): Look["sheets"] {
  return look.sheets.filter((sheet) => !(sheet.hidden && sheet.name === "_taizhang"));
}

/** Every field a column can feed, by name: those of lines are `entity.field`. */
export function fieldsOf(look: Look, lines: Lines | null = null): Map<string, FieldInfo> {
  const found = new Map(look.fields.map((field) => [field.name, field]));
  for (const line of look.lines ?? []) {
    if (lines && lines.entity !== line.entity) continue;
    for (const field of line.fields) found.set(field.name, field);
  }
  return found;
}

/** The fields that some column feeds, with those columns. */
export function fed(chosen: Chosen): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [header, given] of Object.entries(chosen.columns)) {
    if (given) found.set(given.field, [...(found.get(given.field) ?? []), header]);
  }
  return found;
}

/** Key fields nothing feeds: no column, no constant. */
export function keyWithoutColumn(look: Look, chosen: Chosen): FieldInfo[] {
  const columns = fed(chosen);
  return look.fields.filter((field) => chosen.key.includes(field.name) && !columns.has(field.name) && !(field.name in chosen.constants));
}

/** Required fields nothing feeds: rows that are new will lack them. */
export function missing(look: Look, chosen: Chosen): FieldInfo[] {
  const columns = fed(chosen);
  return look.fields.filter((field) => field.required && field.editable && !field.auto && !columns.has(field.name) && !chosen.constants[field.name]);
}

/** Header fields that are fed and can tell documents apart. */
export function grouping(look: Look, chosen: Chosen): FieldInfo[] {
  return look.fields.filter((field) => fed(chosen).has(field.name) && field.kind !== "long_text");
}

/** Lines of `entity` in the same sheet: grouped by the document's key, or else by all there is of it, so that none are mixed up. */
export function flatLines(look: Look, chosen: Chosen, entity: string): Lines {
  const able = grouping(look, chosen).map((field) => field.name);
  const usual = (look.key ?? look.options.key ?? []).filter((name) => able.includes(name));
  return { entity, group: usual.length ? usual : able, by: "number", gone: "keep", sheet: null };
}

/** Headers of `from` that nothing takes yet and that are called like a field of the lines are theirs. */
export function feedLines(from: Look, look: Look, chosen: Chosen): void {
  const line = look.lines?.find((each) => each.entity === chosen.lines?.entity);
  const used = fed(chosen);
  for (const header of from.headers) {
    if (!header || chosen.columns[header]) continue;
    const field = line?.fields.find((each) => each.label === header || each.name === `${line.entity}.${header}`);
    if (field && !used.has(field.name)) chosen.columns[header] = { field: field.name };
  }
}

/** Headers no field is chosen for. */
export function ignored(look: Look, chosen: Chosen): string[] {
  return look.headers.filter((header) => header && !chosen.columns[header]);
}

/** Link fields that are fed and whose missing records this person may make; of lines too. */
export function creatable(look: Look, chosen: Chosen): [string, FieldInfo][] {
  const columns = fed(chosen);
  return [...fieldsOf(look, chosen.lines)].filter(([name, field]) => field.target?.may_add && field.editable && columns.has(name));
}

/** What must be mended before the file can be checked. */
export function problems(look: Look, chosen: Chosen): Problem[] {
  const found: Problem[] = [];
  for (const [header, letters] of Object.entries(look.duplicate_headers)) {
    // Two columns nobody imports do no harm by having one name.
    if (chosen.columns[header]) found.push({ kind: "duplicate", header, letters });
  }
  const columns = fed(chosen);
  const fields = fieldsOf(look);
  for (const [name, headers] of columns) {
    const field = fields.get(name);
    if (headers.length > 1 && field) found.push({ kind: "doubled", field, headers });
  }
  for (const [name, text] of Object.entries(chosen.constants)) {
    const field = fields.get(name);
    if (field && !text) found.push({ kind: "emptyConstant", field });
    else if (field && columns.has(name)) found.push({ kind: "doubled", field, headers: [...(columns.get(name) ?? []), text] });
  }
  if (columns.size === 0) found.push({ kind: "nothing" });
  if (chosen.lines && !chosen.lines.sheet && !chosen.lines.group.length) found.push({ kind: "noGroup" });
  if (chosen.lines?.sheet && !chosen.lines.sheet.link) found.push({ kind: "noLink" });
  for (const [name, field] of creatable(look, chosen)) {
    const given = chosen.create[name];
    const lacks = given ? (field.target?.required ?? []).filter((each) => !given[each.name]) : [];
    if (lacks.length) found.push({ kind: "createLacks", field, lacks });
  }
  if (chosen.match === "id") return found;
  if (chosen.match === "fields" && chosen.key.length === 0) found.push({ kind: "noKey" });
  const absent = keyWithoutColumn(look, chosen);
  // What the system gives may be absent: then every row is new.
  if (absent.some((field) => field.kind !== "number" && !field.auto)) found.push({ kind: "keyMissing", fields: absent });
  return found;
}

/** Is anything done to the cells of this column? */
export function treated(given: Treatment): boolean {
  return Boolean(given.width || given.unit || given.round || (given.order && given.order !== "ymd") || Object.keys(given.values ?? {}).length);
}

/** A treatment without what is not asked for, as it is kept and sent. */
export function tidy(given: Treatment): Treatment {
  const values = Object.fromEntries(Object.entries(given.values ?? {}).filter(([old, now]) => old && now));
  return {
    field: given.field,
    ...(given.width ? { width: given.width } : {}), ...(given.unit ? { unit: given.unit } : {}),
    ...(given.order && given.order !== "ymd" ? { order: given.order } : {}), ...(given.round ? { round: true } : {}),
    ...(Object.keys(values).length ? { values } : {}),
  };
}

/** The options as they are sent; columns of sheets that are not read are left out of it. */
export function asked(look: Look, chosen: Chosen): Options {
  const keep = chosen.lines?.sheet ? () => true : (header: string) => look.headers.includes(header);
  const columns = Object.entries(chosen.columns).filter(([header]) => keep(header));
  return {
    ...chosen,
    columns: Object.fromEntries(columns.map(([header, given]) => [header, given && tidy(given)])),
    create: Object.fromEntries(creatable(look, chosen).flatMap(([name]) => (chosen.create[name] ? [[name, chosen.create[name]]] : []))),
  };
}
