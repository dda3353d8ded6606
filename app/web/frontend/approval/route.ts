/** An approval's route, drawn whole: who has decided, whose turn it is, who comes next, which steps are left out. */

import { showInstant, today } from "../core/dates.ts";
import { h, icon } from "../dom.ts";
import type { Person, RoutePerson, RouteStep } from "./types.ts";
import { t } from "./words.ts";

/** Who asked and when; a preview has neither yet. */
export interface Asked {
  submitter: Person;
  submitted_at: string;
}

/** The route as a list of steps; templates/taizhang/route.html draws the same elements for pages and print. */
export function drawRoute(steps: RouteStep[], asked: Asked | null = null): HTMLOListElement {
  const first = asked
    ? [stop("done", h("div", { class: "ap-head" }, h("b", {}, asked.submitter.name), " ", h("span", { class: "ap-role" }, t("submitted"))),
        h("div", { class: "ap-said" }, shortTime(asked.submitted_at)))]
    : [];
  return h("ol", { class: "ap-route" }, ...first, ...steps.map(drawStep));
}

/** "11-18 14:05" in this year, with the year in others. */
export function shortTime(wire: string): string {
  const shown = showInstant(wire);
  return shown.startsWith(today().slice(0, 4)) ? shown.slice(5) : shown;
}

function drawStep(step: RouteStep): HTMLLIElement {
  const [only] = step.people;
  const reason = step.reason ? h("div", { class: "ap-said" }, step.reason) : null;
  if (step.people.length === 1 && only) {
    const about = [only.role, step.label].filter(Boolean).join(" · ");
    return stop(step.state, h("div", { class: "ap-head" }, h("b", {}, only.name), " ", h("span", { class: "ap-role" }, about)), said(only), reason);
  }
  const people = step.people.map((person) =>
    h("div", { class: `ap-person ap-${person.state}` }, h("b", {}, person.name), " ", h("span", { class: "ap-role" }, person.role), said(person)));
  const box = people.length ? h("div", { class: `ap-people ap-mode-${step.mode}` }, ...people) : null;
  const head = h("div", { class: "ap-head" }, h("b", {}, step.label), " ", h("span", { class: "ap-role" }, people.length ? step.mode_label : ""));
  return stop(step.state, head, reason, box);
}

function stop(state: RouteStep["state"], ...body: (Node | null)[]): HTMLLIElement {
  return h("li", { class: `ap-step ap-${state}` }, h("span", { class: "ap-node" }, node(state)), h("div", { class: "ap-body" }, ...body));
}

function node(state: RouteStep["state"]): Node | null {
  if (state === "done") return icon("check", 12);
  if (state === "now") return icon("clock", 12);
  return state === "stopped" ? icon("x", 12) : null;
}

/** What a person has said, or how long they have been asked; nothing while their turn is to come. */
function said(person: RoutePerson): HTMLElement | null {
  if (person.state === "waiting") return null;
  if (person.state === "open") {
    const waited = person.waited ? t("waitedFor", { time: person.waited }) : person.state_label;
    return h("div", { class: "ap-said" }, waited, person.overdue ? h("span", { class: "ap-overdue" }, ` · ${t("overdue")}`) : null);
  }
  const parts = [
    person.state_label, person.by && t("decidedBy", { name: person.by }), person.at && shortTime(person.at), person.comment && t("quoted", { text: person.comment }),
  ];
  const words = parts.filter(Boolean).join(" · ");
  return words ? h("div", { class: `ap-said ap-said-${person.state}` }, words) : null;
}
