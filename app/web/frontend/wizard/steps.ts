/** The head of the wizard: six steps, those behind may be opened again, and what is being imported. */

import { h, icon } from "../dom.ts";
import { t } from "./words.ts";

const STEPS = ["step1", "step2", "step3", "step4", "step5", "step6"] as const;

/** The head at step `now` (1 to 6). `open` goes back to a step; steps it is not given for are only text. */
export function steps(now: number, facts: string[], open: Partial<Record<number, () => void>> = {}): HTMLElement {
  const items = STEPS.map((key, index) => {
    const number = index + 1;
    const behind = number < now || now === STEPS.length;
    const dot = h("span", { class: "wz-dot", "aria-hidden": "true" }, behind ? icon("check", 12) : String(number));
    const back = number < now ? open[number] : undefined;
    const inner = back ? h("button", { type: "button", class: "wz-step-back", onclick: back }, dot, t(key)) : h("span", {}, dot, t(key));
    const state = number === now ? "wz-now" : behind ? "wz-behind" : "";
    return h("li", { class: `wz-step ${state}`, "aria-current": number === now ? "step" : null }, inner);
  });
  const [name, ...more] = facts;
  return h("div", { class: "wz-head" },
    h("ol", { class: "wz-steps", "aria-label": t("steps") }, ...items),
    name ? h("div", { class: "wz-facts", title: facts.join(" · ") },
      icon("file-spreadsheet"), h("b", {}, name), h("span", { class: "tz-muted" }, more.join(" · "))) : null);
}
