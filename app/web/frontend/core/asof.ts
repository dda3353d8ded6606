/** Moments to look back to, as local texts of the company's zone ("2026-11-01 08:00"), and the addresses that name them. */

import { addDays, parseInstant, showInstant, today } from "./dates.ts";

export type Pick = "thisMorning" | "dayAgo" | "weekAgo" | "monthEnd";

/** The moments offered at once. */
export function picks(now: Date = new Date()): Record<Pick, string> {
  const day = today(now);
  const time = showInstant(now.toISOString()).slice(11, 16);
  return {
    thisMorning: `${day} 00:00`,
    dayAgo: `${addDays(day, -1)} ${time}`,
    weekAgo: `${addDays(day, -7)} ${time}`,
    monthEnd: `${day.slice(0, 8)}01 00:00`,
  };
}

/** The moment an address names (`?at=2026-11-01T08:00`); null for the present. */
export function momentIn(search: string): string | null {
  const named = new URLSearchParams(search).get("at")?.replace("T", " ").trim() ?? "";
  return parseInstant(named) ? named.slice(0, 19) : null;
}

/** The address of a page at a moment, all else in it as it is; null for the present. */
export function addressAt({ pathname, search }: Location, moment: string | null): string {
  const others = search.replace(/^\?/, "").split("&").filter((part) => part && !part.startsWith("at="));
  const at = moment ? [`at=${encodeURIComponent(moment.replace(" ", "T"))}`] : [];
  const parts = [...at, ...others];
  return parts.length ? `${pathname}?${parts.join("&")}` : pathname;
}
