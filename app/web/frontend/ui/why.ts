/** Why? One sentence, the chain behind it with the deciding link marked, and what would change the answer. */

import { t } from "../approval/words.ts";
import { fillWith, h } from "../dom.ts";
import { send, sentence } from "../request.ts";
import { Popover } from "./popover.ts";

/** What is asked about: a verb on an entity, one of its records, one of its fields. */
export interface Question {
  verb: string;
  entity: string;
  id?: number;
  field?: string;
}

interface Answer {
  allowed: boolean;
  sentence: string;
  chain: string[];
  fix: string;
}

/** A button that opens the explanation beside itself; `onClose` gets the focus back to where it belongs. */
export function whyButton(question: Question, onClose: () => void = () => {}, look = "sh-plain sh-why"): HTMLButtonElement {
  const made: HTMLButtonElement = h("button", { type: "button", class: look, "aria-haspopup": "dialog", onclick: () => void open(made, question, onClose) }, t("why"));
  return made;
}

async function open(anchor: HTMLElement, question: Question, onClose: () => void): Promise<void> {
  const pop = new Popover("sh-why-pop", { label: t("why") });
  pop.element.append(h("p", { class: "sh-quiet" }, t("asking")));
  pop.element.tabIndex = -1;
  pop.onClose = () => {
    pop.element.remove();
    onClose();
  };
  pop.open(anchor);
  pop.element.focus();
  const asked = new URLSearchParams(Object.entries(question).filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]));
  try {
    fillWith(pop.element, ...explain(await send<Answer>(`why?${asked}`)));
  } catch (problem) {
    fillWith(pop.element, h("p", { class: "sh-warn" }, sentence(problem)));
  }
  pop.place();
}

function explain({ allowed, sentence: answer, chain, fix }: Answer): (Node | null)[] {
  const links = chain.map((link, at) => h("li", { class: !allowed && at === chain.length - 1 ? "sh-why-decides" : null }, link));
  return [
    h("b", { class: "sh-why-answer" }, allowed ? t("allowed") : answer),
    h("ol", {}, ...links),
    fix ? h("div", { class: "sh-why-fix" }, h("b", {}, t("howTo")), h("p", {}, fix)) : null,
  ];
}
