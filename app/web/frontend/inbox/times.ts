/** How long somebody has, as people say it. */

import { shortTime } from "../approval/route.ts";
import { addDays, showInstant, today } from "../core/dates.ts";
import type { Item } from "./types.ts";
import { t } from "./words.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 天", "5 小时", "20 分钟": in the unit that says it best. */
export function span(milliseconds: number): string {
  if (milliseconds >= 2 * DAY) return t("days", { n: Math.floor(milliseconds / DAY) });
  if (milliseconds >= HOUR) return t("hours", { n: Math.floor(milliseconds / HOUR) });
  return t("minutes", { n: Math.max(1, Math.floor(milliseconds / MINUTE)) });
}

/** When a case is due; when it came, for one without a term. */
export function due(item: Pick<Item, "due_at" | "overdue" | "submitted_at">, now = Date.now()): { text: string; tone: string } {
  if (!item.due_at) return { text: shortTime(item.submitted_at), tone: "" };
  const left = Date.parse(item.due_at) - now;
  if (item.overdue || left <= 0) return { text: t("overdueBy", { time: span(-left) }), tone: "red" };
  if (left < 8 * HOUR) return { text: t("leftTime", { time: span(left) }), tone: "" };
  const [day, time = ""] = showInstant(item.due_at).split(" ");
  const here = today(new Date(now));
  if (day === here) return { text: t("todayBy", { time }), tone: "amber" };
  if (day === addDays(here, 1)) return { text: t("tomorrowBy", { time }), tone: "" };
  return { text: shortTime(item.due_at), tone: "" };
}
