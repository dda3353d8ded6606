/** The figures of a selection, as the status bar shows them. */

import type { Field, Row, Wire } from "../types.ts";
import * as decimal from "./decimal.ts";
import { isEmpty, isNumeric } from "./format.ts";

export interface Stats {
  /** Cells that are not empty. */
  count: number;
  /** Only when every column in the selection is counted in numbers. */
  sum?: string;
  average?: string;
  max?: string;
  min?: string;
}

/** Count, sum, average, largest and smallest of the cells of `rows` × `fields`; sums are exact. */
export function stats(rows: Iterable<Row>, fields: Field[], valueOf: (row: Row, field: Field) => Wire): Stats {
  const numeric = fields.length > 0 && fields.every((field) => isNumeric(field.kind));
  let count = 0;
  let sum = { units: 0n, scale: 0 };
  let max: typeof sum | null = null;
  let min: typeof sum | null = null;
  for (const row of rows) {
    for (const field of fields) {
      const value = valueOf(row, field);
      if (isEmpty(value)) continue;
      count += 1;
      const number = numeric ? decimal.parts(String(value)) : null;
      if (!number) continue;
      sum = decimal.add(sum, number);
      if (!max || decimal.compare(number, max) > 0) max = number;
      if (!min || decimal.compare(number, min) < 0) min = number;
    }
  }
  if (!max || !min) return { count };
  const plain = (number: typeof sum): string => decimal.text(number.units, number.scale);
  return {
    count,
    sum: plain(sum),
    average: decimal.divide(sum, count, Math.max(sum.scale, 2)),
    max: plain(max),
    min: plain(min),
  };
}
