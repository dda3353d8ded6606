/** What a verb asks for before it goes: people, where they come in, or how far back. */

import { h } from "../dom.ts";
import type { CaseVerb } from "../approval/types.ts";
import { pickersIn } from "../shell/picker.ts";
import type { Case, Extra } from "./types.ts";
import { t } from "./words.ts";

/** A question above the bar. */
export interface Asking {
  element: HTMLElement;
  focus(): void;
  answer(): Extra | "unfinished";
}

const WHERE = ["before", "parallel", "after"] as const;

/** The question of a verb; null when there is only one answer. */
export function asking(asks: "people" | "person" | "step", verb: CaseVerb, found: Case): Asking | null {
  if (asks === "step") return place(found);
  return verb.verb === "remove" ? taking(found) : people(asks === "people", verb.verb === "add");
}

/** A field that finds people; several when `many`. */
export function personField(id: string, label: string, many = false): { element: HTMLElement; ids: () => number[]; focus: () => void } {
  const select = h("select", { id, class: "form-select", "data-lookup": "/api/v1/person/lookup", multiple: many }, many ? null : h("option", { value: "" }));
  const element = h("div", { class: "ib-field" }, h("label", { class: "form-label", for: id }, label), select);
  queueMicrotask(() => pickersIn(element));
  return {
    element,
    ids: () => [...select.selectedOptions].map((option) => Number(option.value)).filter((value) => value > 0),
    focus: () => queueMicrotask(() => element.querySelector("input")?.focus()),
  };
}

function people(many: boolean, added: boolean): Asking {
  const field = personField("ib-to", t("toWhom"), many);
  const where = added ? choice("ib-where", t("whereLabel"), WHERE.map((each) => [each, t(`where_${each}`)])) : null;
  return {
    element: h("div", { class: "ib-ask-fields" }, field.element, where?.element),
    focus: field.focus,
    answer: () => {
      const to = field.ids();
      if (to.length === 0) return "unfinished";
      return where ? { to, where: where.value() as Extra["where"] } : { to };
    },
  };
}

/** Who may be taken out again: those the present step still waits for. */
function taking(found: Case): Asking {
  const open = found.route.filter((step) => step.state === "now").flatMap((step) => step.people).filter((one) => one.state === "open" || one.state === "waiting");
  const who = choice("ib-to", t("whom"), open.map((one) => [String(one.id), one.name]));
  return {
    element: h("div", { class: "ib-ask-fields" }, who.element),
    focus: who.focus,
    answer: () => (who.value() ? { to: [Number(who.value())] } : "unfinished"),
  };
}

/** How far back: to the submitter, or to a step that has been passed. */
function place(found: Case): Asking | null {
  const passed = found.route.filter((step) => step.state === "done");
  if (passed.length === 0) return null;
  const to = choice("ib-step", t("returnTo"), [["", t("toSubmitter", { name: found.submitter.name })], ...passed.map((step): [string, string] => [step.id, step.label])]);
  return { element: h("div", { class: "ib-ask-fields" }, to.element), focus: to.focus, answer: () => ({ step: to.value() || null }) };
}

function choice(name: string, label: string, options: [string, string][]): { element: HTMLElement; value: () => string; focus: () => void } {
  const radios = options.map(([value, words], index) => {
    const radio = h("input", { type: "radio", class: "form-check-input", name, value, checked: index === 0 });
    return { radio, element: h("label", { class: "form-check" }, radio, words) };
  });
  return {
    element: h("fieldset", { class: "ib-field ib-choice" }, h("legend", { class: "form-label" }, label), ...radios.map((each) => each.element)),
    value: () => radios.find((each) => each.radio.checked)?.radio.value ?? "",
    focus: () => radios[0]?.radio.focus(),
  };
}
