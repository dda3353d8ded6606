/** FAB's filters: a line for each, made from the templates of the page, named `_flt_<condition>_<column>`. */
import { all, data, one } from "./dom";
import { datesIn } from "./dates";
import { pickersIn } from "./picker";

type Active = [column: string, condition: string, value: string | string[]];

/** Wire every filter form; the filters of the address come back as lines. */
export function filters(): void {
  for (const form of all<HTMLFormElement>("form[data-filters]")) {
    for (const button of all("[data-filter-add]", form)) {
      button.addEventListener("click", () => {
        const line = add(form, button.dataset.filterAdd ?? "");
        button.closest("details")?.removeAttribute("open");
        if (line) one<HTMLElement>("input:not([type=hidden]), textarea", line)?.focus();
      });
    }
    for (const [column, condition, value] of data<Active[]>("script[type='application/json']", form) ?? []) {
      for (const each of Array.isArray(value) && !isMany(form, column) ? value : [value]) add(form, column, condition, each);
    }
  }
}

function template(form: HTMLFormElement, column: string): HTMLTemplateElement | null {
  return all<HTMLTemplateElement>("template[data-filter]", form).find((each) => each.dataset.filter === column) ?? null;
}

function isMany(form: HTMLFormElement, column: string): boolean {
  return Boolean(template(form, column)?.content.querySelector("select[multiple]"));
}

function add(form: HTMLFormElement, column: string, condition?: string, value?: string | string[]): HTMLElement | null {
  const source = template(form, column);
  const line = (source?.content.cloneNode(true) as DocumentFragment | undefined)?.querySelector<HTMLElement>(".tz-filter");
  if (!line) return null;
  const [choice, ...rest] = all<HTMLSelectElement>("select", line);
  const field = one<HTMLInputElement | HTMLSelectElement>("input, textarea", line) ?? rest[0];
  if (!choice || !field) return null;
  const options = [...choice.options];
  if (condition !== undefined) choice.selectedIndex = Math.max(0, options.findIndex((each) => each.text === condition));
  if (value !== undefined) fill(field, value);
  const name = (): void => { field.name = `_flt_${choice.value}_${column}`; };
  choice.addEventListener("change", name);
  name();
  field.removeAttribute("id");
  field.removeAttribute("required");
  field.setAttribute("aria-label", one(".tz-filter-name", line)?.textContent ?? column);
  one("button", line)?.addEventListener("click", () => {
    line.remove();
    if (condition !== undefined) form.requestSubmit();
  });
  one(".tz-filter-lines", form)?.append(line);
  pickersIn(line);
  datesIn(line);
  return line;
}

function fill(field: HTMLInputElement | HTMLSelectElement, value: string | string[]): void {
  const values = [value].flat().map(String);
  if (field instanceof HTMLSelectElement) for (const option of field.options) option.selected = values.includes(option.value);
  else if (field.type === "checkbox") field.checked = true;
  else field.value = values[0] ?? "";
}
