/** Column heads: label, unit, ƒ for calculated, the order and the filter button. */

import { h, icon } from "../dom.ts";
import { isNumeric } from "../core/format.ts";
import { t } from "../i18n.ts";
import type { Field } from "../types.ts";
import type { Sheet } from "./sheet.ts";

/** Fill the head of a column; `onFilter` opens the filter of the field beside its button. */
export function paintHead(sheet: Sheet, node: HTMLElement, field: Field, onFilter: (field: Field, at: HTMLElement) => void): void {
  const order = sheet.sort.findIndex(([name]) => name === field.name);
  const direction = sheet.sort[order]?.[1];
  const filtered = sheet.conditions.has(field.name);
  const label = h("span", { class: "sh-head-label" }, field.label, field.unit ? `(${field.unit})` : "");
  const parts: Node[] = [label];
  if (field.required && field.editable !== false) parts.push(h("span", { class: "sh-head-must", title: t("required") }, "*"));
  if (field.computed) parts.push(h("i", { class: "sh-head-fx", title: t("computed") }, "ƒ"));
  if (direction) {
    parts.push(direction === "asc" ? icon("arrow-up", 12) : icon("arrow-down", 12));
    if (sheet.sort.length > 1) parts.push(h("span", { class: "sh-head-order" }, String(order + 1)));
  }
  const name = node.querySelector(".slick-column-name");
  name?.replaceChildren(...parts);
  node.classList.toggle("sh-num", isNumeric(field.kind));
  node.classList.toggle("sh-filtered", filtered);
  node.classList.toggle("sh-sortable", field.sortable !== false);
  node.setAttribute("aria-sort", direction === "asc" ? "ascending" : direction === "desc" ? "descending" : "none");
  node.title = [field.label, field.help].filter(Boolean).join("\n");
  node.querySelector(".sh-head-filter")?.remove();
  if (field.filterable === false) return;
  const button = h("button", {
    type: "button", class: "sh-head-filter", tabindex: -1, "aria-label": t("filterOf", { label: field.label }),
    onclick: (event: MouseEvent) => {
      event.stopPropagation();
      onFilter(field, button);
    },
  }, icon("filter", 12));
  node.append(button);
}

/** Click on a head: ascending, descending, unsorted; with Shift the other columns keep their order. */
export function turnSort(sheet: Sheet, field: Field, add: boolean): void {
  const now = sheet.sort.find(([name]) => name === field.name)?.[1];
  const next = now === undefined ? "asc" : now === "asc" ? "desc" : null;
  setSort(sheet, field, next, add);
}

/** Order by a column; null = not by this one. */
export function setSort(sheet: Sheet, field: Field, direction: "asc" | "desc" | null, add = false): void {
  const at = sheet.sort.findIndex(([name]) => name === field.name);
  const kept = add ? [...sheet.sort] : at >= 0 ? sheet.sort.filter(([name]) => name === field.name) : [];
  const place = kept.findIndex(([name]) => name === field.name);
  if (direction === null) {
    if (place >= 0) kept.splice(place, 1);
  } else if (place >= 0) kept[place] = [field.name, direction];
  else kept.push([field.name, direction]);
  sheet.sort = kept;
  sheet.requery();
}
