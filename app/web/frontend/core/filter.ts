/** The conditions a user has set, one a column, and the filter they make. */

import type { Field, Filter, Wire } from "../types.ts";
import { t } from "../i18n.ts";
import { show } from "./format.ts";

export interface Condition {
  op: "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "between" | "in" | "contains" | "starts" | "empty" | "not_empty";
  value?: Wire;
  /** Names behind link ids, for the chip. */
  titles?: string[];
}

/** Relative dates a condition may name. */
export const RELATIVE = ["@today", "@yesterday", "@this_week", "@last_week", "@this_month", "@last_month", "@this_quarter", "@this_year", "@last_year"] as const;

/** All conditions as one filter; null when there is none. */
export function toFilter(conditions: Map<string, Condition>): Filter | null {
  const parts = [...conditions].map(([field, { op, value }]): Filter =>
    value === undefined ? { field, op } : { field, op, value },
  );
  return parts.length === 0 ? null : parts.length === 1 ? (parts[0] ?? null) : { and: parts };
}

/** The middle and last part of a chip: 是 · 华东. */
export function inWords(field: Field, condition: Condition): [op: string, value: string] {
  const { op, value } = condition;
  const one = (wire: Wire, index = 0): string =>
    typeof wire === "string" && wire.startsWith("@")
      ? t(wire.slice(1) as "today")
      : show(field, wire, condition.titles?.[index]);
  if (op === "empty" || op === "not_empty") return [t(op), ""];
  if (op === "between" && Array.isArray(value)) {
    const [from = null, to = null] = value;
    return [t("between"), `${one(from)} – ${one(to)}`];
  }
  if (op === "in" && Array.isArray(value)) return [t("isOneOf"), value.map(one).join(t("listComma"))];
  return [t(`op_${op}` as "op_eq"), one(value ?? null)];
}
