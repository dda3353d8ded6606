/** How fast files are made, and how long they still take. */

import { t } from "./words.ts";

/** Time as people say it, from seconds. */
export function duration(seconds: number): string {
  return seconds < 90 ? t("seconds", { n: Math.max(1, Math.round(seconds)) }) : t("minutes", { n: Math.round(seconds / 60) });
}

/** Rows a second of several files, each measured from its first report. */
export class Pace {
  readonly #first = new Map<number, { at: number; done: number }>();

  /** 0 while it is too early to say; `now` in milliseconds. */
  rate(id: number, done: number, now: number): number {
    const first = this.#first.get(id);
    if (!first || done < first.done) {
      this.#first.set(id, { at: now, done });
      return 0;
    }
    const seconds = (now - first.at) / 1_000;
    return seconds >= 1 && done > first.done ? (done - first.done) / seconds : 0;
  }
}

/** Bytes as people read them. */
export function bytes(size: number): string {
  if (size < 1024 * 1024) return `${Math.max(1, Math.round(size / 1024)).toLocaleString("en")} KB`;
  return `${(size / 1024 / 1024).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

/** How long until a moment, in words. */
export function until(moment: string, now: number): string {
  const hours = (Date.parse(moment) - now) / 3_600_000;
  return hours >= 36 ? t("inDays", { n: Math.round(hours / 24) }) : t("inHours", { n: Math.max(1, Math.round(hours)) });
}
