/** What somebody chose in the export dialog last time, and what an export of a sheet means for the server. */

import type { Describe, Field, Query } from "../types.ts";
import type { Asked, Format } from "./api.ts";

export type Which = "selected" | "filtered" | "all";

export interface Choice {
  rows: Which;
  what: "view" | "fields";
  format: Format;
  groups: string[];
  background: boolean;
}

const GROUPED = new Set(["choice", "link", "person", "yes_no", "text", "date"]);
const FORMATS: readonly Format[] = ["xlsx", "csv", "pdf"];

/** The fields rows can be grouped by: those the sheet shows that have few values, as a rule. */
export function groupable(fields: readonly Field[]): Field[] {
  return fields.filter((field) => GROUPED.has(field.kind) && !field.masked && field.sortable !== false);
}

/** The last choice for a sheet, as far as it still makes sense; the rows are chosen anew each time. */
export function remembered(describe: Describe, columns: readonly Field[], rows: Which, stored: string | null): Choice {
  let last: Partial<Choice> = {};
  try {
    last = (JSON.parse(stored ?? "{}") as Partial<Choice> | null) ?? {};
  } catch {
    // somebody else's text under our name: as if nothing was kept
  }
  const names = new Set(groupable(columns).map((field) => field.name));
  const groups = Array.isArray(last.groups) ? last.groups.filter((name) => names.has(name)) : [];
  return {
    rows,
    what: last.what === "fields" ? "fields" : "view",
    format: FORMATS.find((format) => format === last.format) ?? "xlsx",
    groups: groups.slice(0, 2),
    background: last.background === true,
  };
}

/** What is asked of the server. */
export function asked(choice: Choice, query: Query, columns: readonly Field[], ids: number[] | null): Asked {
  const everything = choice.rows === "all";
  return {
    filter: everything ? null : query.filter,
    sort: query.sort,
    q: everything ? null : query.q,
    ids: choice.rows === "selected" ? ids : null,
    fields: columns.map((field) => field.name),
    groups: choice.format === "csv" ? [] : choice.groups,
    format: choice.format,
    what: choice.what,
    background: choice.background,
  };
}

/** Where the last choice for an entity is kept. */
export const placeOf = (entity: string): string => `taizhang.export.${entity}`;
