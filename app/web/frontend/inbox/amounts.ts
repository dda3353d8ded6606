/** How far an amount moves. */

import { group, parts, subtract, text, toScale } from "../core/decimal.ts";

const AMOUNT = /^-?[\d,]+\.\d+$/;

/** Difference and share of two amounts; null when either is not an amount. */
export function difference(old: string | null, now: string | null): { delta: string; share: string; up: boolean } | null {
  if (!old || !now || !AMOUNT.test(old) || !AMOUNT.test(now)) return null;
  const before = parts(old.replaceAll(",", ""));
  const after = parts(now.replaceAll(",", ""));
  if (!before || !after) return null;
  const moved = subtract(after, before);
  const up = moved.units >= 0n;
  const shown = group(toScale(moved, 0) ?? text(moved.units, moved.scale));
  const sign = up ? "+" : "";
  const share = before.units === 0n ? "" : `${sign}${((Number(text(moved.units, moved.scale)) / Number(text(before.units, before.scale))) * 100).toFixed(1)}%`;
  return { delta: `${sign}${shown}`, share, up };
}
