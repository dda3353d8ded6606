/** How a page's own words are said: every word stands once, in Chinese and English, in a table of the page. */

import { language } from "./i18n.ts";

type Words = Readonly<Record<string, { readonly zh: string; readonly en: string }>>;

/** Says a word of the table. */
export type Speaker<W extends Words> = (key: keyof W & string, parts?: Record<string, string | number>) => string;

/** The speaker of a table: {name} parts are filled in, numbers get thousands separators, {n?row|rows} follows n. */
export function speaker<W extends Words>(words: W): Speaker<W> {
  return (key, parts = {}) =>
    (words[key]?.[language] ?? key).replace(/\{(\w+)(?:\?([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
      const part = parts[name];
      if (one !== undefined && many !== undefined) return part === 1 ? one : many;
      return typeof part === "number" ? part.toLocaleString("en") : (part ?? whole);
    });
}
