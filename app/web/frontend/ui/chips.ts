/** The conditions in force, each with a way to alter it and to take it off. */

import { inWords, SET, setInWords } from "../core/filter.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";

/** Build the chips row; `edit` opens the filter of a field. */
export function makeChips(sheet: Sheet, edit: (field: string, at: HTMLElement) => void): HTMLElement {
  const element = h("div", { class: "sh-chips", hidden: true });
  const draw = (): void => {
    const chips = [...sheet.conditions].flatMap(([name, condition]) => {
      const remove = (): void => {
        sheet.conditions.delete(name);
        sheet.requery();
      };
      if (condition.tree) return [chip(t("furtherConditions"), "", "", null, remove)];
      if (name === SET) return [chip(t("records"), ...setInWords(condition), (at) => edit(name, at), remove)];
      const field = sheet.field(name);
      return field ? [chip(field.label, ...inWords(field, condition), (at) => edit(name, at), remove)] : [];
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
    h("span", {}, label), op ? h("span", { class: "sh-fchip-op" }, op) : null, value ? h("span", { class: "sh-fchip-value" }, value) : null);
  const cross = h("button", { type: "button", class: "sh-fchip-x", "aria-label": t("removeCondition", { label }), onclick: remove }, icon("x", 12));
  return h("span", { class: "sh-fchip" }, words, cross);
}

function orderWords(sheet: Sheet): HTMLElement | null {
  const words = sheet.sort.map(([name, direction]) => `${sheet.field(name)?.label ?? name} ${t(direction === "asc" ? "sortAsc" : "sortDesc")}`);
  return words.length ? h("span", { class: "sh-quiet" }, words.join(t("listComma"))) : null;
}
