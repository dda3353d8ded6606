/** Calendar dates as people type them, and instants in the company's zone. */

const ZH_DAY: Record<string, number> = { 今天: 0, 今日: 0, 昨天: -1, 明天: 1, 前天: -2, 后天: 2, today: 0, yesterday: -1, tomorrow: 1 };

let zone = globalThis.document?.documentElement?.dataset?.["tzZone"] ?? "Asia/Shanghai";

/** Set the zone in which instants are shown and typed (the company's, not the browser's). */
export function setZone(name: string): void {
  zone = name;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** "YYYY-MM-DD" when such a day exists, else null. */
export function day(year: number, month: number, date: number): string | null {
  const made = new Date(Date.UTC(year, month - 1, date));
  const real = made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === date;
  return real && year >= 1900 && year <= 9999 ? `${year}-${two(month)}-${two(date)}` : null;
}

/** The day `count` days after a "YYYY-MM-DD" day. */
export function addDays(from: string, count: number): string {
  return new Date(Date.parse(`${from}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

/** Whole days from one "YYYY-MM-DD" day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** Today's date in the company's zone. */
export function today(now: Date = new Date()): string {
  return localParts(now).slice(0, 10);
}

/** A typed date → "YYYY-MM-DD"; null when it is none. Without a year, this year is meant. */
export function parseDate(source: string, now: string = today()): string | null {
  const typed = source.trim().toLowerCase();
  const named = ZH_DAY[typed];
  if (named !== undefined) return addDays(now, named);
  const compact = /^(\d{4})(\d{2})(\d{2})$/.exec(typed);
  if (compact) return day(Number(compact[1]), Number(compact[2]), Number(compact[3]));
  const numbers = /^(?:(\d{4}|\d{2})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?号?$/.exec(typed);
  if (!numbers) return null;
  let year = Number(numbers[1] ?? now.slice(0, 4));
  if (numbers[1]?.length === 2) year += 2000;
  return day(year, Number(numbers[2]), Number(numbers[3]));
}

/** A typed time of day → "HH:MM:SS"; null when it is none. */
export function parseTime(source: string): string | null {
  const found = /^(\d{1,2})(?:[::点时](\d{1,2})?分?)(?:[::]?(\d{1,2})秒?)?$/.exec(source.trim());
  if (!found) return null;
  const [hour, minute, second] = [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

/** A typed date and time in the company's zone → an instant "…Z" with six decimals; null when it is none. */
export function parseInstant(source: string, now: string = today()): string | null {
  const [first = "", rest] = source.trim().split(/[\sT]+/, 2);
  const date = parseDate(first, now);
  const time = rest === undefined ? "00:00:00" : parseTime(rest);
  if (!date || !time) return null;
  const wanted = Date.parse(`${date}T${time}Z`);
  const shown = Date.parse(`${localParts(new Date(wanted)).replace(" ", "T")}Z`);
  return new Date(wanted - (shown - wanted)).toISOString().replace("Z", "000Z");
}

/** An instant "…Z" → "YYYY-MM-DD HH:MM" in the company's zone. */
export function showInstant(wire: string): string {
  const instant = new Date(wire.replace(/(\.\d{3})\d+Z$/, "$1Z"));
  return Number.isNaN(instant.getTime()) ? wire : localParts(instant).slice(0, 16);
}

function localParts(instant: Date): string {
  const made = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(instant);
  const of = (type: string): string => made.find((part) => part.type === type)?.value ?? "00";
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}:${of("second")}`;
}
