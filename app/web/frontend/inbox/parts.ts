/** Small pieces the inbox uses everywhere. */

import { h, icon } from "../dom.ts";
import { t } from "./words.ts";

const HUES = 6;

/** True on a phone: cards instead of panes. */
export const narrow = window.matchMedia("(max-width: 767.98px)");

export function chip(text: string, color: string): HTMLElement {
  return h("span", { class: `tz-chip tz-${color || "grey"}` }, text);
}

/** The round badge of a person; its colour is the same as in the templates (`hue` in app/web/ui.py). */
export function avatar(name: string): HTMLElement {
  const hue = [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % HUES;
  return h("span", { class: `tz-avatar tz-hue-${hue}`, "aria-hidden": "true" }, [...name.trim()][0]?.toUpperCase() ?? "");
}

/** A part of the case under its heading; `beside` stands in the line of the heading. */
export function section(title: string, beside: (Node | null)[], ...body: (Node | null)[]): HTMLElement {
  return h("section", { class: "ib-section" }, h("div", { class: "ib-section-head" }, h("h3", {}, title), ...beside), ...body);
}

export function count(n: number): HTMLElement | null {
  return n ? h("span", { class: "tz-count" }, String(n)) : null;
}

/** What the case is about: changes are violet, records blue. */
export function kind(of: { kind: string; entity_label: string }): HTMLElement {
  return of.kind === "change" ? chip(`${t("change")} · ${of.entity_label}`, "violet") : chip(of.entity_label, "blue");
}

/** A sentence in a coloured box, with what can be done about it. */
export function note(tone: "red" | "amber" | "violet" | "green", ...body: (Node | string | null)[]): HTMLElement {
  const glyph = tone === "green" ? icon("check") : tone === "violet" ? icon("arrows-exchange") : icon("alert-triangle");
  return h("div", { class: `ib-note tz-${tone}`, role: tone === "green" ? "status" : "alert" }, glyph, h("div", {}, ...body));
}

export function button(label: string, act: () => void, look = "", glyph?: SVGSVGElement): HTMLButtonElement {
  return h("button", { type: "button", class: `btn ${look}`, onclick: act }, glyph ?? null, label);
}

/** Nothing here: says so, and what to do. */
export function empty(title: string, text: string, ...actions: (Node | null)[]): HTMLElement {
  return h("div", { class: "tz-empty" }, h("span", { class: "tz-empty-glyph" }, icon("inbox", 24)), h("h2", {}, title), h("p", {}, text),
    actions.some(Boolean) ? h("div", { class: "tz-empty-actions" }, ...actions) : null);
}

/** Old to new: struck grey, arrow, bold new; what is empty says so. */
export function oldToNew(old: string | null, now: string | null): Node[] {
  return [
    h("del", { class: "tz-old" }, old || t("emptyValue")), h("span", { class: "tz-arrow", "aria-label": t("becomes") }, " → "),
    h("ins", { class: "tz-new" }, now || t("emptyValue")),
  ];
}
