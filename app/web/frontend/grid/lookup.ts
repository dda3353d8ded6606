/** Turns names and codes typed or pasted into link fields into ids, asking the server once for each different text. */

import { ApiError } from "../api.ts";
import type { Field, LookupItem } from "../types.ts";
import { t } from "../i18n.ts";
import type { Sheet } from "./sheet.ts";

export type Found = { id: number; title: string } | { error: string };

const AT_ONCE = 4;

/** The entity whose records a link or person field names. */
export function targetOf(field: Field): string {
  return field.target?.entity ?? "person";
}

/** The one record meant by `text`: by its code, or by a title only one record has. */
export function choose(text: string, items: LookupItem[]): Found {
  const wanted = text.trim().toLowerCase();
  const byCode = items.filter((item) => item.code?.toLowerCase() === wanted);
  const byTitle = items.filter((item) => item.title.toLowerCase() === wanted);
  const hits = byCode.length === 1 ? byCode : byTitle;
  const [only] = hits;
  if (only && hits.length === 1) return { id: only.id, title: only.title };
  return { error: hits.length ? t("manyMatch", { n: hits.length, text }) : t("noMatch", { text }) };
}

/** Look up every text; the answer is keyed by the text as given. */
export async function resolveAll(sheet: Sheet, field: Field, texts: Iterable<string>): Promise<Map<string, Found>> {
  const waiting = [...new Set(texts)];
  const found = new Map<string, Found>();
  const work = async (): Promise<void> => {
    for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) found.set(text, await resolveOne(sheet, field, text));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

async function resolveOne(sheet: Sheet, field: Field, text: string): Promise<Found> {
  try {
    return choose(text, await sheet.api.lookup(targetOf(field), text, 20));
  } catch (error) {
    return { error: error instanceof ApiError ? error.message : t("lookupFailed") };
  }
}
