/** Exact arithmetic on decimal strings such as "-1234.50"; never through a float. */

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?$/;

interface Parts {
  units: bigint;
  scale: number;
}

/** Split a plain decimal string into an integer and its number of decimals; null when it is none. */
export function parts(text: string): Parts | null {
  const found = SHAPE.exec(text);
  if (!found || !(found[2] || found[3])) return null;
  const decimals = found[3] ?? "";
  const units = BigInt((found[2] || "0") + decimals);
  return { units: found[1] === "-" ? -units : units, scale: decimals.length };
}

/** The decimal string with exactly `scale` decimals; `units` counts 10^-scale. */
export function text(units: bigint, scale: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : sign + digits;
}

function widen(value: Parts, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

/** Canonical form with `scale` decimals; null when digits other than zero would be lost. */
export function toScale(value: Parts, scale: number): string | null {
  if (value.scale <= scale) return text(widen(value, scale), scale);
  const divisor = 10n ** BigInt(value.scale - scale);
  return value.units % divisor === 0n ? text(value.units / divisor, scale) : null;
}

/** Move the decimal point: `shift(x, -2)` is x / 100. */
export function shift(value: Parts, places: number): Parts {
  if (places < 0) return { units: value.units, scale: value.scale - places };
  if (places <= value.scale) return { units: value.units, scale: value.scale - places };
  return { units: value.units * 10n ** BigInt(places - value.scale), scale: 0 };
}

/** a + b with the longer number of decimals. */
export function add(a: Parts, b: Parts): Parts {
  const scale = Math.max(a.scale, b.scale);
  return { units: widen(a, scale) + widen(b, scale), scale };
}

/** a - b with the longer number of decimals. */
export function subtract(a: Parts, b: Parts): Parts {
  return add(a, { units: -b.units, scale: b.scale });
}

/** Negative, zero or positive as a is less than, equal to or more than b. */
export function compare(a: Parts, b: Parts): number {
  const { units } = subtract(a, b);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** total / count with `scale` decimals, half rounded away from zero. */
export function divide(total: Parts, count: number, scale: number): string {
  const doubled = (widen(total, Math.max(total.scale, scale + 1)) * 2n) / BigInt(count);
  const step = 10n ** BigInt(Math.max(total.scale, scale + 1) - scale);
  const half = doubled < 0n ? -step : step;
  return text((doubled + half) / (2n * step), scale);
}

/** "1234567.50" → "1,234,567.50". */
export function group(plain: string): string {
  const [whole = "", decimals] = plain.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}
