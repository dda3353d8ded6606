/** Finished work elsewhere, said at the bottom left for five seconds; one at a time. Errors never live here. */

import { h, icon } from "./dom.ts";

const SHOWN = 5_000;
let timer = 0;

/** Say it; what was said before goes. */
export function toast(text: string): void {
  const place = document.querySelector(".tz-toast") ?? document.body.appendChild(h("div", { class: "tz-toast", role: "status" }));
  window.clearTimeout(timer);
  place.replaceChildren(icon("check"), h("span", {}, text));
  timer = window.setTimeout(() => place.replaceChildren(), SHOWN);
}
