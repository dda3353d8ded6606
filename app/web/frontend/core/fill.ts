/** What dragging the fill handle writes: a series goes on, anything else is repeated. */

import type { Kind, Wire } from "../types.ts";
import { addDays, daysBetween } from "./dates.ts";
import * as decimal from "./decimal.ts";

/**
 * The `count` values that follow `seeds` (given in the direction of the drag).
 * Two or more numbers or dates with one common step go on with that step; a single date goes on by days, as in
 * Excel; a text that ends in digits goes on when two seeds show the step. `copy` turns all this off; `backward`
 * says that the drag went up or left.
 */
export function fill(kind: Kind, seeds: Wire[], count: number, how: { copy?: boolean; backward?: boolean } = {}): Wire[] {
  const next = how.copy ? null : series(kind, seeds, how.backward ? -1 : 1);
  return Array.from({ length: count }, (_, index) => {
    const repeated = seeds[index % seeds.length] ?? null;
    return next ? next(index + 1) : repeated;
  });
}

function series(kind: Kind, seeds: Wire[], direction: number): ((n: number) => Wire) | null {
  const texts = seeds.map((seed) => (typeof seed === "string" || typeof seed === "number" ? String(seed) : null));
  if (!texts.length || texts.includes(null)) return null;
  const known = texts as string[];
  if (kind === "date") return dateSeries(known, direction);
  if (known.length < 2) return null;
  if (kind === "integer" || kind === "decimal" || kind === "money" || kind === "percent") return numberSeries(kind, known);
  return kind === "text" ? textSeries(known) : null;
}

function dateSeries(seeds: string[], direction: number): ((n: number) => Wire) | null {
  const last = seeds.at(-1) ?? "";
  const steps = seeds.slice(1).map((seed, index) => daysBetween(seeds[index] ?? seed, seed));
  const step = steps[0] ?? direction;
  return steps.every((one) => one === step) ? (n) => addDays(last, step * n) : null;
}

function numberSeries(kind: Kind, seeds: string[]): ((n: number) => Wire) | null {
  const numbers = seeds.map(decimal.parts);
  const first = numbers[0];
  const second = numbers[1];
  const last = numbers.at(-1);
  if (!first || !second || !last || numbers.includes(null)) return null;
  const step = decimal.subtract(second, first);
  const even = numbers.every((number, index) => {
    const before = numbers[index - 1];
    return !number || !before || decimal.compare(decimal.subtract(number, before), step) === 0;
  });
  if (!even) return null;
  return (n) => {
    const value = decimal.add(last, { units: step.units * BigInt(n), scale: step.scale });
    const text = decimal.text(value.units, value.scale);
    return kind === "integer" ? Number(text) : text;
  };
}

function textSeries(seeds: string[]): ((n: number) => Wire) | null {
  const found = seeds.map((seed) => /^(.*?)(\d{1,15})$/s.exec(seed));
  const stem = found[0]?.[1];
  if (found.some((one) => !one || one[1] !== stem)) return null;
  const numbers = found.map((one) => Number(one?.[2]));
  const step = (numbers[1] ?? 0) - (numbers[0] ?? 0);
  if (!step || numbers.some((number, index) => index > 0 && number - (numbers[index - 1] ?? 0) !== step)) return null;
  const last = numbers.at(-1) ?? 0;
  const width = found.at(-1)?.[2]?.length ?? 1;
  return last + step < 0 ? null : (n) => `${stem}${String(Math.max(last + step * n, 0)).padStart(width, "0")}`;
}
