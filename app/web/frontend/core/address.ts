/** The sheet in its address: `filter` as JSON, `sort` as names (`-amount,name`), `q`; the server reads it (sheet_address.py). */

import type { Sort } from "../types.ts";
import { type Condition, SET, toFilter } from "./filter.ts";

/** A longer filter stays out of the address: servers and mail programs cut it. */
const LONGEST = 4_000;

export interface Shown {
  conditions: Map<string, Condition>;
  sort: Sort;
  q: string | null;
}

/**
 * The search part of the address for what a sheet shows; other parameters of `search` stay. `usual` is the order it
 * opens in, `parent` the record whose lines alone it was opened for: as long as that condition stands, by that name.
 */
export function searchFor(search: string, shown: Shown, usual: Sort, parent: number | null): string {
  const kept = new URLSearchParams(search);
  for (const name of ["filter", "sort", "q", "parent"]) kept.delete(name);
  const conditions = new Map(shown.conditions);
  const parts: string[] = [];
  if (parent !== null && conditions.get("parent_id")?.value === parent) {
    conditions.delete("parent_id");
    parts.push(`parent=${parent}`);
  }
  parts.push(...[...kept].map(([name, value]) => `${name}=${encoded(value)}`));
  const filter = toFilter(conditions);
  if (filter) parts.push(`filter=${encoded(JSON.stringify(filter))}`);
  const sort = shown.sort.map(([name, direction]) => (direction === "desc" ? `-${name}` : name)).join(",");
  if (JSON.stringify(shown.sort) !== JSON.stringify(usual) && sort) parts.push(`sort=${encoded(sort)}`);
  if (shown.q) parts.push(`q=${encoded(shown.q)}`);
  return parts.length ? `?${parts.filter((part) => part.length <= LONGEST).join("&")}` : "";
}

/** Where the records are that a change set touched. */
export function touchedAddress(entity: string, set: number): string {
  return `/${entity}/list/?filter=${encoded(JSON.stringify({ field: SET, op: "changed_by", value: set }))}`;
}

/** As `encodeURIComponent`, but for what may stand in a query and is easier to read so. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%40/g, "@");
}
