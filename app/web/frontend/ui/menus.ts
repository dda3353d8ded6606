/** The small menus of the toolbar: which columns, how high the rows, which field to filter by. */

import { t as approval } from "../approval/words.ts";
import { h } from "../dom.ts";
import { rowsOf, tooMany } from "../grid/gestures.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t, type WordKey } from "../i18n.ts";
import { type RowHeight, ROW_HEIGHTS } from "../prefs.ts";
import { Popover } from "./popover.ts";
import { decide, decisions, rowsFor, take } from "./steps.ts";

function menu(sheet: Sheet, label: string, at: HTMLElement, ...children: Node[]): Popover {
  const pop = new Popover("sh-menu", { label });
  pop.element.append(...children);
  pop.onClose = () => {
    pop.element.remove();
    sheet.emit("focus", undefined);
  };
  pop.open(at);
  pop.element.querySelector<HTMLElement>("input, button")?.focus();
  return pop;
}

/** Choose the visible columns. */
export function columnsMenu(sheet: Sheet, at: HTMLElement): void {
  const change = (): void => {
    sheet.columns = sheet.prefs.columns(sheet.describe);
    sheet.emit("columns", undefined);
  };
  const boxes = sheet.describe.fields.map((field) => {
    const box = h("input", { type: "checkbox", checked: !sheet.prefs.isHidden(field), disabled: field.name === sheet.describe.title });
    box.addEventListener("change", () => {
      sheet.prefs.setHidden(sheet.describe, field.name, !box.checked);
      change();
    });
    return h("label", { class: "sh-menu-item" }, box, h("span", {}, field.label));
  });
  const reset = h("button", { type: "button", class: "sh-btn sh-ghost" }, t("resetColumns"));
  const pop = menu(sheet, t("columns"), at, h("div", { class: "sh-menu-list" }, ...boxes), reset);
  reset.addEventListener("click", () => {
    sheet.prefs.reset();
    change();
    pop.close();
  });
}

/** Choose the row height. */
export function heightMenu(sheet: Sheet, at: HTMLElement): void {
  const items = (Object.keys(ROW_HEIGHTS) as RowHeight[]).map((rows) =>
    h("button", {
      type: "button", class: "sh-menu-item", "aria-pressed": String(sheet.prefs.rows === rows),
      onclick: () => {
        sheet.prefs.rows = rows;
        sheet.emit("columns", undefined);
        pop.close();
      },
    }, t(rows as WordKey)),
  );
  const pop = menu(sheet, t("rowHeight"), at, ...items);
}

/** The steps of the lifecycle the selected rows can take, and the decisions about their cases. */
export async function actionsMenu(sheet: Sheet, at: HTMLElement): Promise<void> {
  const { range } = sheet.selection;
  if (tooMany(sheet, range)) return;
  const rows = (await rowsOf(sheet, range)).map(({ row }) => row);
  const item = (label: string, count: string, act: () => unknown): Node => {
    const onclick = (): void => {
      pop.close();
      void act();
    };
    return h("button", { type: "button", class: "sh-menu-item", onclick }, label, h("span", { class: "sh-list-code" }, count));
  };
  const steps = (sheet.describe.actions ?? []).flatMap((step) => {
    const able = rowsFor(sheet, step, rows);
    return able.length ? [item(step.label, t("nRows", { n: able.length }), () => take(sheet, step, able))] : [];
  });
  const verbs = [...(await decisions(rows))].map(([verb, items]) =>
    item(approval(`verb_${verb}`), approval("casesN", { n: items.length }), () => decide(sheet, verb, items)));
  const items = [...steps, ...verbs];
  const pop = menu(sheet, t("actions"), at, ...(items.length ? items : [h("div", { class: "sh-list-note" }, t("noActions"))]));
}

/** Choose the field to filter by. */
export function fieldsMenu(sheet: Sheet, at: HTMLElement, choose: (field: string) => void): void {
  const items = sheet.describe.fields
    .filter((field) => field.filterable !== false)
    .map((field) =>
      h("button", {
        type: "button", class: "sh-menu-item",
        onclick: () => {
          pop.close();
          choose(field.name);
        },
      }, field.label),
    );
  const pop = menu(sheet, t("condition"), at, h("div", { class: "sh-menu-list" }, ...items));
}
