/** The filter of one column, by its kind. */

import type { Condition } from "../core/filter.ts";
import { RELATIVE, SET, TOUCHED } from "../core/filter.ts";
import { isNumeric } from "../core/format.ts";
import { parse, type Parsed } from "../core/values.ts";
import { h } from "../dom.ts";
import { setSort } from "../grid/header.ts";
import { targetOf } from "../grid/lookup.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t, type WordKey } from "../i18n.ts";
import type { Field, Wire } from "../types.ts";
import { Popover } from "./popover.ts";

/** What one kind of filter shows, and how it is read: a condition, none, or the sentence that says what is wrong. */
interface Form {
  body: Node[];
  read: () => Condition | null | string;
}

/** Open the filter of `field` beside `at`; `done` hears when it is closed. */
export function openFilter(sheet: Sheet, field: Field, at: Element, done: () => void): void {
  const pop = new Popover("sh-filter", { label: t("filterOf", { label: field.label }) });
  const now = sheet.conditions.get(field.name);
  const form = makeForm(sheet, field, now);
  const problem = h("div", { class: "sh-problem", role: "alert" });
  const set = (condition: Condition | null): void => {
    if (condition) sheet.conditions.set(field.name, condition);
    else sheet.conditions.delete(field.name);
    pop.close();
    sheet.requery();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const read = form.read();
    if (typeof read === "string") problem.textContent = read;
    else set(read);
  };
  const quick = (label: string, condition: Condition): HTMLElement =>
    h("button", { type: "button", class: "sh-btn sh-ghost sh-small", onclick: () => set(condition) }, label);
  const sorts = field.sortable === false ? null : h("div", { class: "sh-sorts" },
    ...(["asc", "desc"] as const).map((direction) =>
      h("button", {
        type: "button", class: "sh-btn sh-ghost sh-small",
        onclick: () => {
          pop.close();
          setSort(sheet, field, direction);
        },
      }, t(direction === "asc" ? "sortAsc" : "sortDesc"))),
  );
  pop.element.append(
    h("form", { onsubmit: submit },
      h("div", { class: "sh-filter-title" }, field.label), ...(sorts ? [sorts] : []),
      ...form.body, problem,
      h("div", { class: "sh-sorts" }, quick(t("empty"), { op: "empty" }), quick(t("not_empty"), { op: "not_empty" })),
      h("div", { class: "sh-buttons" },
        h("button", { type: "button", class: "sh-btn", onclick: () => set(null) }, t("clear")),
        h("button", { type: "submit", class: "sh-btn sh-primary" }, t("apply"))),
    ),
  );
  pop.onClose = () => {
    pop.element.remove();
    done();
  };
  pop.open(at);
  pop.element.querySelector<HTMLElement>("input, select")?.focus();
}

/** Choose which records of a change set are shown: all it touched, the new ones, those that were there. */
export function openSet(sheet: Sheet, at: Element, done: () => void): void {
  const now = sheet.conditions.get(SET);
  if (!now) return;
  const pop = new Popover("sh-menu", { label: t("records") });
  pop.element.append(...TOUCHED.map((op) => h("button", {
    type: "button", class: "sh-menu-item", "aria-pressed": String(op === now.op),
    onclick: () => {
      sheet.conditions.set(SET, { ...now, op });
      pop.close();
      sheet.requery();
    },
  }, t(`show_${op}`))));
  pop.onClose = () => {
    pop.element.remove();
    done();
  };
  pop.open(at);
  pop.element.querySelector<HTMLElement>("[aria-pressed=true]")?.focus();
}

function makeForm(sheet: Sheet, field: Field, now?: Condition): Form {
  if (["choice", "multi_choice", "yes_no"].includes(field.kind)) return choiceForm(field, now);
  if (field.kind === "link" || field.kind === "person") return linkForm(sheet, field, now);
  if (field.kind === "date" || field.kind === "datetime") return rangeForm(field, now, true);
  if (isNumeric(field.kind) || field.kind === "time") return rangeForm(field, now, false);
  return textForm(field, now);
}

function textForm(field: Field, now?: Condition): Form {
  const ops: Condition["op"][] = ["contains", "starts", "eq", "ne"];
  const op = h("select", { class: "sh-field", "aria-label": t("condition") }, ...ops.map((one) => h("option", { value: one, selected: now?.op === one }, t(`op_${one}` as WordKey))));
  const input = h("input", { class: "sh-field", value: typeof now?.value === "string" ? now.value : "", "aria-label": field.label });
  return {
    body: [op, input],
    read: () => (input.value.trim() ? { op: op.value as Condition["op"], value: input.value.trim() } : null),
  };
}

function rangeForm(field: Field, now: Condition | undefined, dated: boolean): Form {
  const [low, high] = now?.op === "between" && Array.isArray(now.value) ? now.value : now?.op === "ge" ? [now.value] : now?.op === "le" ? [null, now.value] : [];
  const box = (value: Wire | undefined, label: string): HTMLInputElement =>
    h("input", {
      class: "sh-field", inputmode: dated ? null : "decimal", placeholder: dated ? "2026-01-02" : null, "aria-label": label,
      value: typeof value === "string" && !value.startsWith("@") ? value.slice(0, dated ? 10 : undefined) : typeof value === "number" ? String(value) : "",
    });
  const [from, to] = [box(low, t("from")), box(high, t("to"))];
  const relative = dated
    ? h("select", { class: "sh-field", "aria-label": t("condition") },
        h("option", { value: "" }, `${t("from")} – ${t("to")}`),
        ...RELATIVE.map((one) => h("option", { value: one, selected: now?.value === one }, t(one.slice(1) as WordKey))))
    : null;
  return {
    body: [...(relative ? [relative] : []), h("div", { class: "sh-pair" }, from, h("span", {}, "–"), to)],
    read: () => {
      if (relative?.value) return { op: "eq", value: relative.value };
      const a = readBound(field, from.value, false);
      const b = readBound(field, to.value, true);
      if (a.error !== undefined) return a.error;
      if (b.error !== undefined) return b.error;
      const [least, most] = [a.value ?? null, b.value ?? null];
      if (least === null && most === null) return null;
      if (most === null) return { op: "ge", value: least };
      return least === null ? { op: "le", value: most } : { op: "between", value: [least, most] };
    },
  };
}

/** A typed bound; the last day of a range of instants counts to its end. */
function readBound(field: Field, text: string, last: boolean): Parsed {
  return parse(field, field.kind === "datetime" && text && last ? `${text} 23:59:59` : text);
}

function choiceForm(field: Field, now?: Condition): Form {
  const choices = field.kind === "yes_no" ? [{ code: "true", label: t("yes") }, { code: "false", label: t("no") }] : (field.choices ?? []);
  const on = new Set((now?.op === "in" && Array.isArray(now.value) ? now.value : now?.op === "eq" ? [now.value ?? null] : []).map(String));
  const boxes = choices.map(({ code, label }) => {
    const box = h("input", { type: "checkbox", value: code, checked: on.has(code) });
    return { box, line: h("label", { class: "sh-menu-item" }, box, h("span", {}, label)) };
  });
  return {
    body: [h("div", { class: "sh-menu-list" }, ...boxes.map(({ line }) => line))],
    read: () => {
      const codes = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
      if (!codes.length) return null;
      if (field.kind === "yes_no") return codes.length > 1 ? { op: "not_empty" } : { op: "eq", value: codes[0] === "true" };
      return { op: "in", value: codes };
    },
  };
}

function linkForm(sheet: Sheet, field: Field, now?: Condition): Form {
  const chosen = new Map<number, string>();
  if (now?.op === "in" && Array.isArray(now.value)) {
    now.value.forEach((id, index) => typeof id === "number" && chosen.set(id, now.titles?.[index] ?? `#${id}`));
  }
  const input = h("input", { class: "sh-field", placeholder: t("typeToSearch"), "aria-label": field.label });
  const list = h("div", { class: "sh-menu-list" });
  const draw = (items: { id: number; title: string }[]): void => {
    const all = new Map([...chosen, ...items.map(({ id, title }) => [id, title] as const)]);
    list.replaceChildren(...[...all].map(([id, title]) => {
      const box = h("input", { type: "checkbox", checked: chosen.has(id) });
      box.addEventListener("change", () => (box.checked ? chosen.set(id, title) : chosen.delete(id)));
      return h("label", { class: "sh-menu-item" }, box, h("span", {}, title));
    }));
  };
  let timer = 0;
  const ask = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      sheet.api.lookup(targetOf(field), input.value.trim()).then(draw, (error: Error) => list.replaceChildren(error.message));
    }, 120);
  };
  input.addEventListener("input", ask);
  draw([]);
  ask();
  return {
    body: [input, list],
    read: () => (chosen.size ? { op: "in", value: [...chosen.keys()], titles: [...chosen.values()] } : null),
  };
}
