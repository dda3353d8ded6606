/** The conditions in force, one a column, the filter they make, and how they are read from an address. */

import type { Asked, Field, Filter, Wire } from "../types.ts";
import { t } from "../i18n.ts";
import { show } from "./format.ts";

/** Records by the change set that touched them: all, only new ones, only those that were there. */
export const TOUCHED = ["changed_by", "inserted_by", "updated_by"] as const;

/** What a condition on the change set stands under in the place of a field. */
export const SET = "id";

export interface Condition {
  op: "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "between" | "in" | "contains" | "starts" | "empty" | "not_empty" | (typeof TOUCHED)[number];
  value?: Wire;
  /** Names behind link ids, for the chip. */
  titles?: string[];
  /** A filter that no column's form can show, as it came; it stands for all the others. */
  tree?: Filter;
}

/** Relative dates a condition may name. */
export const RELATIVE = ["@today", "@yesterday", "@this_week", "@last_week", "@this_month", "@last_month", "@this_quarter", "@this_year", "@last_year"] as const;

/** All conditions as one filter; null when there is none. */
export function toFilter(conditions: Map<string, Condition>): Filter | null {
  const parts = [...conditions].map(([field, { op, value, tree }]): Filter =>
    tree ?? (value === undefined ? { field, op } : { field, op, value }),
  );
  return parts.length === 0 ? null : parts.length === 1 ? (parts[0] ?? null) : { and: parts };
}

/** The conditions an address asks for, by what they stand under. */
export function fromAddress(asked: Asked[]): [string, Condition][] {
  return asked.map(({ field, op, tree, ...rest }, at): [string, Condition] =>
    tree ? [`#${at}`, { op: "eq", tree }] : [field ?? "", { op: op as Condition["op"], ...rest }]);
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

/** The parts of the chip of a change set: its records · 新增或修改 · 一月.xlsx. */
export function setInWords({ op, value, titles }: Condition): [op: string, value: string] {
  return [t(`op_${op}` as "op_changed_by"), titles?.[0] ?? `#${String(value)}`];
}
