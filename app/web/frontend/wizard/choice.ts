/** What the mapping says and what is wrong with it: no screen, so that it can be tested by itself. */

import type { FieldInfo, Look } from "./types.ts";

/** Which field each header feeds (null: left out), and by which fields records are found. */
export interface Choice {
  mapping: Record<string, string | null>;
  key: string[];
  reason: string;
}

export type Problem =
  | { kind: "duplicate"; header: string; letters: string[] }
  | { kind: "doubled"; field: FieldInfo; headers: string[] }
  | { kind: "nothing" }
  | { kind: "noKey" }
  | { kind: "keyMissing"; fields: FieldInfo[] };

/** The proposal of the server, with what was chosen before kept for headers that are still there. */
export function proposed(look: Look, before: Partial<Choice> = {}): Choice {
  const mapping: Record<string, string | null> = {};
  for (const header of look.headers) {
    if (header) mapping[header] = before.mapping && header in before.mapping ? (before.mapping[header] ?? null) : (look.mapping[header] ?? null);
  }
  return { mapping, key: before.key?.length ? before.key : look.key, reason: before.reason ?? "" };
}

/** The fields that some column feeds, with those columns. */
export function fed(choice: Choice): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [header, name] of Object.entries(choice.mapping)) {
    if (name) found.set(name, [...(found.get(name) ?? []), header]);
  }
  return found;
}

/** Key fields no column feeds. */
export function keyWithoutColumn(look: Look, choice: Choice): FieldInfo[] {
  const columns = fed(choice);
  return look.fields.filter((field) => choice.key.includes(field.name) && !columns.has(field.name));
}

/** Required fields no column feeds: rows that are new will lack them. */
export function missing(look: Look, choice: Choice): FieldInfo[] {
  const columns = fed(choice);
  return look.fields.filter((field) => field.required && field.editable && !columns.has(field.name));
}

/** What must be mended before the file can be checked. */
export function problems(look: Look, choice: Choice): Problem[] {
  const found: Problem[] = [];
  for (const [header, letters] of Object.entries(look.duplicate_headers)) found.push({ kind: "duplicate", header, letters });
  const columns = fed(choice);
  for (const field of look.fields) {
    const headers = columns.get(field.name) ?? [];
    if (headers.length > 1) found.push({ kind: "doubled", field, headers });
  }
  if (columns.size === 0) found.push({ kind: "nothing" });
  if (choice.key.length === 0) found.push({ kind: "noKey" });
  const absent = keyWithoutColumn(look, choice);
  // What the system gives may be absent: then every row is new.
  if (absent.some((field) => field.kind !== "number" && !field.auto)) found.push({ kind: "keyMissing", fields: absent });
  return found;
}
