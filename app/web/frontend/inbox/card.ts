/** What only a phone shows of a line: the first changes, and the decision in the card. */

import { fillWith, h, icon } from "../dom.ts";
import type { ListActs } from "./list.ts";
import { button } from "./parts.ts";
import type { Item } from "./types.ts";
import { t } from "./words.ts";

/** The lower half of a card. `seen`: it has been opened, so that even many rows may be decided here. */
export function card(item: Item, seen: boolean, acts: ListActs): HTMLElement[] {
  return [...peek(item, acts), ...decision(item, seen, acts)];
}

function peek(item: Item, acts: ListActs): HTMLElement[] {
  if (item.changes.length === 0 || item.look_first) return [];
  const lines = item.changes.map((change) => h("div", {},
    h("span", { class: "ib-peek-name" }, change.label), h("del", { class: "tz-old" }, change.old || t("emptyValue")),
    h("ins", {}, change.new || t("emptyValue"))));
  const more = item.more > 0
    ? [h("button", { type: "button", class: "ib-peek-more", onclick: () => acts.open(item) }, t("moreChanges", { n: item.more }), icon("chevron-right"))]
    : [];
  return [h("div", { class: "ib-card ib-peek" }, ...lines, ...more)];
}

function decision(item: Item, seen: boolean, acts: ListActs): HTMLElement[] {
  const box = h("div", { class: "ib-card ib-decide" });
  if (!item.verbs.includes("approve")) return [];
  const first = (): void => {
    const approve = item.look_first && !seen
      ? h("button", { type: "button", class: "ib-go", onclick: () => acts.open(item) }, t("lookFirst"))
      : h("button", { type: "button", class: "ib-go", onclick: () => void acts.decide("approve", item, "") }, icon("check"), t("approve"));
    fillWith(box,
      item.verbs.includes("reject") ? h("button", { type: "button", class: "ib-no", onclick: ask }, t("reject")) : null,
      h("button", { type: "button", onclick: () => acts.open(item) }, t("more")), approve);
  };
  const ask = (): void => {
    const why = h("textarea", { class: "form-control", rows: 2, maxlength: 500, "aria-label": t("comment"), placeholder: t("sayWhy", { verb: t("reject") }) });
    const go = (): void => {
      if (why.value.trim()) void acts.decide("reject", item, why.value.trim());
      else why.setAttribute("aria-invalid", "true");
      why.focus();
    };
    fillWith(box, h("div", { class: "ib-why" }, why, h("div", {}, button(t("cancel"), first), button(t("reject"), go, "btn-outline-danger"))));
    why.focus();
  };
  first();
  return [box];
}
