/** Typed or pasted text → wire value, by the kind of the field. */

import type { Choice, Field, Wire } from "../types.ts";
import { t } from "../i18n.ts";
import { parseDate, parseInstant, parseTime } from "./dates.ts";
import * as decimal from "./decimal.ts";

/** A wire value; or the sentence that says what is wrong; or a text to look up on the server. */
export type Parsed =
  | { value: Wire; error?: undefined; lookup?: undefined }
  | { error: string; value?: undefined; lookup?: undefined }
  | { lookup: string; value?: undefined; error?: undefined };

const YES = new Set(["是", "对", "真", "有", "√", "✓", "✔", "y", "yes", "true", "t", "1"]);
const NO = new Set(["否", "不", "错", "假", "无", "×", "✗", "✘", "n", "no", "false", "f", "0"]);

/** Full-width digits, letters and signs as their usual forms (also inside Chinese text typed by an IME). */
export function halfWidth(source: string): string {
  return source.replace(/[\uFF01-\uFF5E]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replaceAll("\u3000", " ");
}

/** Read `source` as a value of `field`; empty text is always null. */
export function parse(field: Field, source: string, now?: string): Parsed {
  if (source.trim() === "") return { value: null };
  if (field.masked && source.includes("*")) return { error: t("badMasked") };
  const typed = halfWidth(source).trim();
  switch (field.kind) {
    case "text":
    case "number":
      return checkText(field, source.replace(/\s*[\r\n]+\s*/g, " ").trim());
    case "long_text":
      return checkText(field, source.replaceAll("\r\n", "\n"));
    case "integer":
      return parseInteger(typed);
    case "decimal":
    case "money":
    case "percent":
      return parseDecimal(field, typed);
    case "date":
      return orError(parseDate(typed, now), t("badDate"));
    case "datetime":
      return orError(parseInstant(typed, now), t("badDatetime"));
    case "time":
      return orError(parseTime(typed), t("badTime"));
    case "yes_no":
      return parseYesNo(typed.toLowerCase());
    case "choice":
      return parseChoice(field, source.trim());
    case "multi_choice":
      return parseMulti(field, source);
    case "link":
    case "person":
      return { lookup: source.trim() };
    case "json":
      return parseJson(source);
    default:
      return { error: t("notHere") };
  }
}

function orError(value: string | null, error: string): Parsed {
  return value === null ? { error } : { value };
}

function checkText(field: Field, value: string): Parsed {
  if (field.length && [...value].length > field.length) return { error: t("tooLong", { n: field.length }) };
  if (field.pattern && !matches(field.pattern, value)) return { error: field.help || t("badPattern") };
  return { value };
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true; // a pattern of the server's dialect only: the server will judge
  }
}

/** Digits as typed (thousand separators, currency signs, 万 and 亿, a percent sign) → an exact number. */
function readNumber(typed: string): { number: NonNullable<ReturnType<typeof decimal.parts>>; percent: boolean } | null {
  const bare = typed.replace(/[\s,_¥$元]|^RMB|^CNY/gi, "").replace(/^[−–—](?=[\d.])/, "-");
  const found = /^(\(?)([+-]?\d*\.?\d*)([万亿]?)(%?)(\)?)$/.exec(bare);
  if (!found || Boolean(found[1]) !== Boolean(found[5])) return null;
  let number = decimal.parts(found[2] ?? "");
  if (!number) return null;
  if (found[1]) number = { ...number, units: -number.units };
  if (found[3]) number = decimal.shift(number, found[3] === "万" ? 4 : 8);
  return { number, percent: found[4] === "%" };
}

function parseInteger(typed: string): Parsed {
  const read = readNumber(typed);
  if (!read || read.percent) return { error: t("badNumber") };
  const whole = decimal.toScale(read.number, 0);
  if (whole === null) return { error: t("wholeNumber") };
  const value = Number(whole);
  return Number.isSafeInteger(value) ? { value } : { error: t("tooBig") };
}

function parseDecimal(field: Field, typed: string): Parsed {
  const read = readNumber(typed);
  if (!read) return { error: t("badNumber") };
  let { number } = read;
  const scale = field.scale ?? 2;
  // As in Excel's percent cells: 12.5 and 12.5% are both 12.5 %, while 0.125 without a sign is a fraction.
  if (read.percent || (field.kind === "percent" && Math.abs(Number(decimal.text(number.units, number.scale))) >= 1)) {
    number = decimal.shift(number, -2);
  }
  const value = decimal.toScale(number, scale);
  if (value === null) return { error: t("tooFine", { n: field.kind === "percent" ? Math.max(scale - 2, 0) : scale }) };
  return value.replace(/[-.]/g, "").length > 18 ? { error: t("tooBig") } : { value };
}

function parseYesNo(typed: string): Parsed {
  if (YES.has(typed)) return { value: true };
  if (NO.has(typed)) return { value: false };
  return { error: t("badYesNo") };
}

/** The choice meant by a code or a label, whatever its case; undefined when there is none. */
export function findChoice(field: Field, typed: string): Choice | undefined {
  const wanted = typed.trim().toLowerCase();
  const all = field.choices ?? [];
  return all.find((c) => c.label.toLowerCase() === wanted) ?? all.find((c) => c.code.toLowerCase() === wanted);
}

function parseChoice(field: Field, typed: string): Parsed {
  const found = findChoice(field, typed);
  if (!found) return { error: t("badChoice", { text: typed }) };
  return found.retired ? { error: t("retired", { text: found.label }) } : { value: found.code };
}

function parseMulti(field: Field, source: string): Parsed {
  const wanted = new Set<string>();
  for (const part of source.split(/[、,，;；\n]/).map((piece) => piece.trim())) {
    if (!part) continue;
    const one = parseChoice(field, part);
    if (one.error !== undefined) return one;
    wanted.add(String(one.value));
  }
  return { value: (field.choices ?? []).map((c) => c.code).filter((code) => wanted.has(code)) };
}

function parseJson(source: string): Parsed {
  try {
    return { value: JSON.parse(source) as Wire };
  } catch {
    return { error: t("badJson") };
  }
}
