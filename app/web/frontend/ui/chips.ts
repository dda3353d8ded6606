/** The conditions in force, each with a way to alter it and to take it off. */

import { inWords } from "../core/filter.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";

/** Build the chips row; `edit` opens the filter of a field. */
export function makeChips(sheet: Sheet, edit: (field: string, at: HTMLElement) => void): HTMLElement {
  const element = h("div", { class: "sh-chips", hidden: true });
  const draw = (): void => {
    const chips = [...sheet.conditions].flatMap(([name, condition]) => {
      const field = sheet.field(name);
      if (!field) return [];
      const [op, value] = inWords(field, condition);
      return [chip(field.label, op, value, (at) => edit(name, at), () => sheet.conditions.delete(name) && sheet.requery())];
    });
    if (sheet.q) {
      chips.push(chip(t("searchQ"), t("contains"), sheet.q, null, () => {
        sheet.q = null;
        sheet.requery();
      }));
    }
    element.hidden = chips.length === 0;
    const clear = h("button", { type: "button", class: "sh-btn sh-ghost sh-small", onclick: () => clearFilters(sheet) }, t("clear"));
    fillWith(element, ...chips, clear, h("span", { class: "sh-grow" }), orderWords(sheet));
  };
  sheet.on("query", draw);
  draw();
  return element;
}

/** Take all conditions and the search off. */
export function clearFilters(sheet: Sheet): void {
  sheet.conditions.clear();
  sheet.q = null;
  sheet.requery();
}

function chip(label: string, op: string, value: string, edit: ((at: HTMLElement) => void) | null, remove: () => void): HTMLElement {
  const words = h("button", { type: "button", class: "sh-fchip-words", disabled: !edit, onclick: () => edit?.(words) },
    h("span", {}, label), h("span", { class: "sh-fchip-op" }, op), value ? h("span", { class: "sh-fchip-value" }, value) : null);
  const cross = h("button", { type: "button", class: "sh-fchip-x", "aria-label": t("removeCondition", { label }), onclick: remove }, icon("x", 12));
  return h("span", { class: "sh-fchip" }, words, cross);
}

function orderWords(sheet: Sheet): HTMLElement | null {
  const words = sheet.sort.map(([name, direction]) => `${sheet.field(name)?.label ?? name} ${t(direction === "asc" ? "sortAsc" : "sortDesc")}`);
  return words.length ? h("span", { class: "sh-quiet" }, words.join(t("listComma"))) : null;
}
