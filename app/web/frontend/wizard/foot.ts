/** The bar under a preview: what to import, the error workbook, back, import. */

import { h, icon } from "../dom.ts";
import { bookButton } from "./book.ts";
import { bar, button, PRESS } from "./parts.ts";
import type { Place, Preview } from "./types.ts";
import { t } from "./words.ts";

export interface FootActs {
  write: (partial: boolean, confirmed: boolean) => void;
  back: () => void;
  again: () => void;
}

/** What the person chose; kept while errors are corrected. */
export interface How {
  partial: boolean;
  agreed: boolean;
}

export function footOf(place: Place, preview: Preview, how: How, acts: FootActs): HTMLElement {
  const good = preview.inserted + preview.updated + (preview.deleted ?? 0);
  const errors = preview.error_rows;
  const blocked = errors + (preview.conflict_rows ?? 0);
  if (good === 0 && blocked + preview.ask_rows === 0) {
    const open = place.mayList ? h("a", { class: "btn btn-primary btn-lg", title: PRESS, href: `/${place.entity}/list/` }, t("openSheet", { label: place.label })) : null;
    return bar([h("span", {}, t("nothingHere"))], [button(t("back"), acts.back), button(t("another"), acts.again), open]);
  }
  const why = h("span", { class: "wz-hint", role: "status" });
  const go = button("", () => {
    go.disabled = true;
    acts.write(how.partial, how.agreed);
  }, true);

  function update(): void {
    const asks = how.agreed ? 0 : preview.ask_rows;
    const open = how.partial ? 0 : blocked + asks;
    const count = good + (how.agreed ? preview.ask_rows : 0);
    go.textContent = t(preview.held ? "submitN" : "importN", { n: count });
    go.disabled = count === 0 || open > 0;
    why.textContent = open === 0 ? t(preview.held ? "heldNote" : "canUndo") : blocked ? t("mendFirst", { n: blocked }) : t("askFirst", { n: asks });
    why.classList.toggle("wz-hint-red", open > 0 && blocked > 0);
  }
  const radio = (value: string, words: string, partial: boolean): HTMLElement => {
    const input = h("input", { type: "radio", name: "how", class: "form-check-input", value, checked: how.partial === partial, "data-key": `how:${value}` });
    input.addEventListener("change", () => {
      how.partial = partial;
      update();
    });
    return h("label", { class: "wz-radio" }, input, words);
  };
  const form = h("div", { class: "wz-how", role: "radiogroup", "aria-label": t("howMuch") },
    radio("partial", t("partial", { n: good + (how.agreed ? preview.ask_rows : 0) }), true), radio("all", t("allOrNothing"), false));
  const yes = h("input", { type: "checkbox", class: "form-check-input", checked: how.agreed, "data-key": "agree" });
  yes.addEventListener("change", () => {
    how.agreed = yes.checked;
    update();
  });
  update();
  return bar([
    blocked + preview.ask_rows ? form : null,
    preview.ask_rows ? h("label", { class: "wz-radio" }, yes, t("agree", { n: preview.ask_rows })) : null,
    blocked ? bookButton(() => preview.set) : null,
    blocked ? h("button", { type: "button", class: "btn", onclick: acts.again, title: t("mendedHow") }, icon("refresh", 14), t("mended")) : null,
  ], [why, button(t("back"), acts.back), go]);
}
