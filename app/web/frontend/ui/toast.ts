/** A word about finished work elsewhere: bottom left, five seconds, one at a time. Errors never stand here alone. */

import { h, icon } from "../dom.ts";

const STAYS = 5_000;

let shown: { element: HTMLElement; timer: number } | null = null;

/** Say `text`, with a link to where it went on. */
export function toast(text: string, link: { label: string; url: string } | null = null): void {
  if (shown) clearTimeout(shown.timer);
  for (const other of document.querySelectorAll(".sh-toast")) other.remove(); // also another script's
  const element = h("div", { class: "sh-toast", role: "status" }, icon("check", 14), h("span", {}, text), link ? h("a", { href: link.url }, link.label) : null);
  document.body.append(element);
  shown = { element, timer: window.setTimeout(() => element.remove(), STAYS) };
}
