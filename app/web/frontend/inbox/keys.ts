/** The keys of the inbox: J and K walk the list, A approves, R rejects, Enter opens the record. */

import { typing } from "../shell/dom.ts";

/** What the keys do. */
export interface KeyActs {
  step(by: 1 | -1): void;
  press(verb: string): void;
  enter(): void;
}

/** Wire the keys; none counts while somebody types, composes, holds a key down or has a dialog open. */
export function keys(acts: KeyActs): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "j") acts.step(1);
    else if (key === "k") acts.step(-1);
    else if (event.repeat) return;
    else if (key === "a") acts.press("approve");
    else if (key === "r") acts.press("reject");
    else if (event.key === "Enter" && (event.target === document.body || (event.target as Element).closest(".ib-item"))) acts.enter();
    else return;
    event.preventDefault();
  });
}
