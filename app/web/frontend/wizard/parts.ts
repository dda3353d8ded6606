/** Small pieces several steps share. */

import { h, icon } from "../dom.ts";
import type { Conflict } from "./types.ts";
import { t } from "./words.ts";

/** A sentence in a coloured box: what is wrong (red), to be watched (amber) or good to know (blue). */
export function note(tone: "red" | "amber" | "blue", text: string): HTMLElement {
  return h("div", { class: `wz-note tz-${tone}`, role: tone === "red" ? "alert" : null },
    tone === "blue" ? icon("info-circle") : icon("alert-triangle"), h("span", {}, text));
}

/** What goes before a sentence about a field: its label, unless the sentence names it already. */
export function labelBefore(label: string, message: string): string {
  return label && !message.includes(label) ? `${label}${t("colon")}` : "";
}

/** A button; `primary` for the one thing to do next. */
export function button(label: string, act: () => void, primary = false, glyph?: SVGSVGElement): HTMLButtonElement {
  return h("button", { type: "button", class: `btn btn-lg${primary ? " btn-primary" : ""}`, onclick: act }, glyph ?? null, label);
}

/** The bar at the foot: `left` stays left, `right` goes to the right. */
export function bar(left: (HTMLElement | null)[], right: (HTMLElement | null)[]): HTMLElement {
  return h("div", { class: "wz-bar" }, ...left, h("div", { class: "wz-bar-right" }, ...right));
}

/** Old to new: struck grey, arrow, bold new. */
export function oldToNew(old: string, now: string): HTMLElement[] {
  return [
    h("span", { class: "sh-hidden" }, t("change", { old: old || t("emptyOld"), new: now || t("emptyNew") })),
    h("span", { class: "wz-pair", "aria-hidden": "true" },
      h("span", { class: old ? "wz-old" : "tz-muted" }, old || t("emptyOld")),
      h("span", { class: "tz-arrow" }, "→"),
      h("span", { class: "wz-fresh" }, now || t("emptyNew"))),
  ];
}

/** Cells somebody else changed: which, both values, who and when. */
export function conflictTable(conflicts: Conflict[], entity: string): HTMLElement {
  const head = (["excelRow", "record", "field", "yours", "theirs", "by", "at"] as const).map((key, index) =>
    h("th", { class: index === 0 ? "tz-num" : "" }, t(key)));
  const body = conflicts.map((found) => h("tr", {},
    h("td", { class: "tz-num" }, String(found.row ?? "")),
    h("td", {}, h("a", { href: `/${entity}/show/${found.id}`, target: "_blank", rel: "noopener" }, found.title)),
    h("td", {}, found.label),
    h("td", { class: "wz-yours" }, found.yours || t("emptyOld")),
    h("td", { class: "wz-theirs" }, found.theirs || t("emptyOld")),
    h("td", {}, found.by ?? ""), h("td", {}, found.at ?? "")));
  return h("div", { class: "wz-scroll" }, h("table", { class: "tz-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body)));
}
