/** Fields the file has no column for: fixed values for them, and which of the required ones still lack one. */

import { h, icon } from "../dom.ts";
import { chip, fieldItems, labelOf, type Table } from "./column.ts";
import { Combo, matching } from "./combo.ts";
import { valueBox } from "./editor.ts";
import { fed, fieldsOf, missing } from "./options.ts";
import { redraw } from "./parts.ts";
import type { FieldInfo } from "./types.ts";
import { t } from "./words.ts";

/** More required fields than these are named in one line first: the file may only change what is there. */
const EACH = 3;

/** The rows, redrawn by `refresh` when what is chosen changed in number. */
export function absentRows(table: Table): { body: HTMLElement; refresh: () => void } {
  const { look, chosen } = table;
  const body = h("tbody", { class: "wz-absent" });
  let adding = false;
  let each = false;
  let drawn = "";

  function constant(name: string): HTMLElement {
    const field = fieldsOf(look).get(name);
    const label = labelOf(look, name);
    const box = field ? valueBox(field, t("fixedFor", { label }), chosen.constants[name] ?? "", {
      change: (text) => {
        chosen.constants[name] = text.trim();
        table.changed();
      }, key: `constant:${name}`,
    }) : null;
    return h("tr", {}, h("th", { scope: "row", class: "wz-absent-head" }, t("fixed")), h("td", {}, box?.element ?? null), h("td", { class: "wz-absent-field" }, label),
      h("td", {}, h("button", { type: "button", class: "btn btn-ghost", "aria-label": t("removeFixed", { label }), onclick: () => {
        delete chosen.constants[name];
        table.changed();
      } }, icon("x", 14), t("takeAway"))), h("td", { class: "wz-state" }, chip("blue", t("stateFixed"))));
  }

  function add(name: string): void {
    adding = false;
    chosen.constants[name] ??= "";
    table.changed();
    body.querySelector<HTMLElement>(`[data-key="${CSS.escape(`constant:${name}`)}"]`)?.focus();
  }

  function picker(): HTMLElement {
    const free = (): ReturnType<typeof fieldItems> => {
      const columns = fed(chosen);
      const fields = fieldsOf(look, chosen.lines);
      return fieldItems(look, chosen).filter(({ value }) => fields.get(value)?.editable && !columns.has(value) && !(value in chosen.constants));
    };
    const combo = new Combo({
      label: t("addFixed"), placeholder: t("whichField"), find: (typed) => matching(free(), typed), pick: (item) => add(item.value), key: "constant-field",
      escape: () => {
        adding = false;
        refresh(true);
      },
    });
    return h("tr", {}, h("th", { scope: "row", class: "wz-absent-head" }, t("fixed")), h("td", { class: "tz-muted" }, t("fieldFirst")), h("td", {}, combo.input), h("td", { colspan: 2 }));
  }

  function lack(field: FieldInfo): HTMLElement {
    return h("tr", {}, h("th", { scope: "row", class: "wz-absent-head" }, t("notInFile")),
      h("td", {}, h("button", { type: "button", class: "btn", "data-key": `fix:${field.name}`, onclick: () => add(field.name) }, t("giveFixed"))),
      h("td", { class: "wz-absent-field" }, field.label), h("td", {}), h("td", { class: "wz-state", title: t("missingText") }, chip("amber", t("stateMissing"))));
  }

  function lackAll(lacks: FieldInfo[]): HTMLElement {
    const open = h("button", { type: "button", class: "btn", "data-key": "fix-each", onclick: () => {
      each = true;
      refresh();
      body.querySelector<HTMLElement>("[data-key^='fix:']")?.focus();
    } }, t("giveEach"));
    return h("tr", {}, h("td", { colspan: 3, class: "wz-absent-all" }, t("missingAll", { n: lacks.length, labels: lacks.map((field) => field.label).join(t("listComma")) })),
      h("td", {}, open), h("td", { class: "wz-state" }, chip("amber", t("stateMissing"))));
  }

  function refresh(force = false): void {
    // A file that only changes records needs none of them.
    const lacks = chosen.mode === "update" ? [] : missing(look, chosen).filter((field) => !(field.name in chosen.constants));
    const now = JSON.stringify([Object.keys(chosen.constants), lacks.map((field) => field.name), adding, each]);
    if (now === drawn && !force) return;
    drawn = now;
    const more = h("button", { type: "button", class: "btn btn-ghost", "data-key": "constant-add", onclick: () => {
      adding = true;
      refresh();
      body.querySelector<HTMLElement>("[data-key=constant-field]")?.focus();
    } }, icon("plus", 14), t("addFixed"));
    redraw(body,
      h("tr", { class: "wz-absent-title" }, h("th", { colspan: 5, scope: "rowgroup" }, t("absent"))),
      ...Object.keys(chosen.constants).map(constant),
      ...(lacks.length > EACH && !each ? [lackAll(lacks)] : lacks.map(lack)),
      adding ? picker() : h("tr", {}, h("td", { colspan: 5 }, more)));
  }
  return { body, refresh: () => refresh() };
}
