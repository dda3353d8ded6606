/** Pieces the list of imports and the page of one share. */

import { touchedAddress } from "../core/address.ts";
import { h } from "../dom.ts";
import type { Batch } from "../wizard/types.ts";
import { t } from "./words.ts";

/** A sheet one may import into or review, and what one may do there. */
export interface Sheet {
  name: string;
  label: string;
  import: boolean;
  list: boolean;
}

/** The sheets the page names. */
export function sheetsOf(root: HTMLElement): Sheet[] {
  return JSON.parse(root.dataset.entities ?? "[]") as Sheet[];
}

const TONES: Record<Batch["state"], string> = { planned: "grey", held: "amber", applied: "green", reverted: "grey", refused: "red" };

export function stateChip(batch: Batch): HTMLElement {
  return h("span", { class: `tz-chip tz-${TONES[batch.state] ?? "grey"}` }, t(`state_${batch.state}`));
}

/** Where the sheet shows the records of an import; null where none of it is there. */
export function recordsAt(batch: Batch): string | null {
  return batch.state === "applied" && batch.inserted + batch.updated > 0 ? touchedAddress(batch.entity, batch.set) : null;
}

/** The counts as one bar, each part as wide as its share, and the same in words below. */
export function countBar(batch: Batch): HTMLElement {
  const parts = ([["inserted", batch.inserted], ["updated", batch.updated], ["deleted", batch.deleted], ["refused", batch.refused], ["unchanged", batch.unchanged]] as const)
    .filter(([, count]) => count > 0);
  const all = parts.reduce((sum, [, count]) => sum + count, 0) || 1;
  const bar = h("span", { class: "wz-share", "aria-hidden": "true" }, ...parts.map(([kind, count]) => {
    const part = h("i", { class: `wz-share-${kind}` });
    part.style.flexGrow = String(Math.max(count / all, 0.02));
    return part;
  }));
  return h("div", { class: "wz-counts" }, bar, h("small", { class: "tz-muted" }, parts.map(([kind, count]) => t(kind, { n: count })).join(" · ") || "—"));
}

export function took(seconds: number | null): string {
  if (seconds === null) return "—";
  return seconds < 90 ? t("seconds", { n: seconds < 10 ? seconds.toFixed(1) : Math.round(seconds) }) : t("minutes", { n: Math.round(seconds / 60) });
}

export function sizeOf(bytes: number): string {
  return bytes < 1024 * 1024 ? t("kb", { n: Math.max(1, Math.round(bytes / 1024)) }) : t("mb", { n: (bytes / 1024 / 1024).toFixed(1) });
}
