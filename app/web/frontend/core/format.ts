/** Wire value → what the cell shows, what its editor starts with, and what a copy carries. */

import type { Field, Kind, Wire } from "../types.ts";
import { t } from "../i18n.ts";
import { showInstant } from "./dates.ts";
import * as decimal from "./decimal.ts";

const NUMERIC: ReadonlySet<Kind> = new Set(["integer", "decimal", "money", "percent"]);

/** True for kinds that are counted: right aligned, summed in the status bar. */
export function isNumeric(kind: Kind): boolean {
  return NUMERIC.has(kind);
}

/** True when two wire values are the same value. */
export function same(a: Wire | undefined, b: Wire | undefined): boolean {
  return a === b || JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** True for null, the empty text and the empty list. */
export function isEmpty(value: Wire | undefined): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
}

/** The text of a value as read by people; `title` is the name behind a link's id. */
export function show(field: Field, value: Wire | undefined, title?: string | null): string {
  if (value === undefined || isEmpty(value)) return "";
  switch (field.kind) {
    case "integer":
      return field.total || field.unit ? decimal.group(String(value)) : String(value);
    case "decimal":
    case "money":
      return decimal.group(String(value));
    case "percent":
      return percent(String(value));
    case "datetime":
      return showInstant(String(value));
    case "time":
      return String(value).replace(/^(\d\d:\d\d):00$/, "$1");
    case "yes_no":
      return value === true ? t("yes") : value === false ? t("no") : String(value);
    case "choice":
      return label(field, value);
    case "multi_choice":
      return Array.isArray(value) ? value.map((code) => label(field, code)).join(t("listComma")) : String(value);
    case "link":
    case "person":
      return title || `#${String(value)}`;
    case "attachment":
      return title || (Array.isArray(value) ? t("files", { n: value.length }) : String(value));
    case "json":
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

/** The text an editor starts with: the same, without thousand separators. */
export function edit(field: Field, value: Wire | undefined, title?: string | null): string {
  if (isEmpty(value)) return "";
  return isNumeric(field.kind) && field.kind !== "percent" ? String(value) : show(field, value, title);
}

/** Zero money is shown as a quiet dash in a sheet. */
export function isZeroMoney(field: Field, value: Wire | undefined): boolean {
  return field.kind === "money" && typeof value === "string" && /^-?0*\.?0*$/.test(value) && value !== "";
}

function label(field: Field, code: Wire): string {
  return field.choices?.find((choice) => choice.code === code)?.label ?? String(code);
}

function percent(value: string): string {
  const number = decimal.parts(value);
  if (!number) return value;
  const shown = decimal.shift(number, 2);
  return `${decimal.text(shown.units, shown.scale)}%`;
}
