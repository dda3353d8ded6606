/** Small pieces several steps share. */

import { showInstant } from "../core/dates.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { Conflict } from "./types.ts";
import { t } from "./words.ts";

export { NUMERIC } from "./options.ts";

/** A sentence in a coloured box: what is wrong (red), to be watched (amber) or good to know (blue). */
export function note(tone: "red" | "amber" | "blue", ...text: (string | HTMLElement | null)[]): HTMLElement {
  return h("div", { class: `wz-note tz-${tone}`, role: tone === "red" ? "alert" : null },
    tone === "blue" ? icon("info-circle") : icon("alert-triangle"), h("span", {}, ...text));
}

/** What goes before a sentence about a field: its label, unless the sentence names it already. */
export function labelBefore(label: string, message: string): string {
  return label && !message.includes(label) ? `${label}${t("colon")}` : "";
}

/** What presses the primary button of any step. */
export const PRESS = "Ctrl+Enter";

/** Press the primary button of a step on Ctrl+Enter, unless a box takes the key for what is typed in it. */
export function pressByKey(root: HTMLElement): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.defaultPrevented || event.repeat) return;
    const primary = root.querySelector<HTMLElement>(`.btn-primary[title="${PRESS}"]`);
    if (!primary || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    primary.click();
  });
}

/** A button; `primary` for the one thing to do next. */
export function button(label: string, act: () => void, primary = false, glyph?: SVGSVGElement): HTMLButtonElement {
  return h("button", { type: "button", class: `btn btn-lg${primary ? " btn-primary" : ""}`, title: primary ? PRESS : null, onclick: act }, glyph ?? null, label);
}

/** The bar at the foot: `left` stays left, `right` goes to the right. */
export function bar(left: (HTMLElement | null)[], right: (HTMLElement | null)[]): HTMLElement {
  return h("div", { class: "wz-bar" }, ...left, h("div", { class: "wz-bar-right" }, ...right));
}

/** A part that is folded to its title and one line of what is set in it. */
export interface Fold {
  element: HTMLDetailsElement;
  /** Say anew what is set, and whether something there wants to be looked at. */
  say: (summary: string, wants?: boolean) => void;
}

export function fold(title: string, summary: string, body: HTMLElement, open = false): Fold {
  const said = h("span", { class: "wz-fold-said" }, summary);
  const element = h("details", { class: "wz-fold", open }, h("summary", {}, icon("chevron-right", 14), h("b", {}, title), said), h("div", { class: "wz-fold-body" }, body));
  return {
    element,
    say: (text, wants = false) => {
      said.textContent = text;
      said.title = text;
      element.classList.toggle("wz-wants", wants);
    },
  };
}

/** A tick or one of several with its words. */
export function tick(
  words: string | HTMLElement, checked: boolean, change: (on: boolean) => void, more: { type?: "radio"; name?: string; key?: string; disabled?: boolean; hint?: string } = {},
): HTMLElement {
  const input = h("input", { type: more.type ?? "checkbox", class: "form-check-input", name: more.name ?? null, checked, disabled: more.disabled ?? false, "data-key": more.key ?? null });
  input.addEventListener("change", () => change(input.checked));
  return h("label", { class: "wz-tick" }, input, h("span", {}, words, more.hint ? h("small", { class: "tz-muted" }, more.hint) : null));
}

/** A list to choose one of, with its label before it. */
export function choose(label: string, options: [string, string][], chosen: string, change: (value: string) => void, key = ""): HTMLElement {
  const select = h("select", { class: "form-select", "data-key": key || null },
    ...options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  select.addEventListener("change", () => change(select.value));
  return h("label", { class: "wz-choose" }, h("span", {}, label), select);
}

/** Replace what stands in `place`; what had the focus has it again, found by its data-key. */
export function redraw(place: Element, ...children: (Node | null)[]): void {
  const key = place.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
  fillWith(place, ...children);
  if (key) place.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
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

/** A column's place, from 0, as Excel names it: 0 → A, 27 → AB. */
export function letters(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : letters(Math.floor(index / 26) - 1) + letters(index % 26);
}

/** A moment the server names, as people write it, in the company's zone; other texts stay as they are. */
export function when(at: string | null | undefined): string {
  return at && /^\d{4}-\d\d-\d\dT/.test(at) ? showInstant(at) : (at ?? "");
}
