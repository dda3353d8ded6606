/** Tells screen readers what SlickGrid does not: counts, positions, states and where the focus is. */

import { show } from "../core/format.ts";
import { h } from "../dom.ts";
import { t, type WordKey } from "../i18n.ts";
import type { Sheet } from "./sheet.ts";
import type { View } from "./view.ts";

/** Keep the roles and numbers in step; answers the live region that speaks the active cell. */
export function wireAria(sheet: Sheet, view: View): HTMLElement {
  const live = h("div", { class: "sh-hidden", "aria-live": "polite", "aria-atomic": "true" });
  const { host } = view;
  host.id = "sheet-grid";
  host.setAttribute("role", "grid");
  host.setAttribute("aria-label", t("gridLabel", { label: sheet.describe.label }));
  host.setAttribute("aria-multiselectable", "true");

  const number = (): void => {
    host.setAttribute("aria-rowcount", String(sheet.store.total === null ? -1 : sheet.length + 1));
    host.setAttribute("aria-colcount", String(sheet.columns.length + 1));
    host.setAttribute("aria-busy", String(sheet.store.busy));
    // One tab stop only: the input. SlickGrid's own focus sinks and viewports leave the order.
    for (const node of host.querySelectorAll(':scope > [tabindex], .slick-viewport, .grid-canvas')) node.removeAttribute("tabindex");
    for (const node of host.querySelectorAll(".slick-header-columns")) node.setAttribute("role", "row");
  };
  const cells = (): void => {
    const { top, bottom } = view.drawn();
    for (let row = top; row <= bottom; row += 1) {
      const record = sheet.rowAt(row);
      sheet.columns.forEach((field, col) => {
        const node = view.node({ row, col });
        if (!node || !record) return;
        const edit = sheet.edits.get(record.id, field.name);
        node.setAttribute("aria-colindex", String(col + 2));
        node.parentElement?.setAttribute("aria-rowindex", String(row + 2));
        node.setAttribute("aria-readonly", String(Boolean(sheet.whyReadOnly(record, field))));
        node.setAttribute("aria-selected", String(sheet.selection.contains(row, col)));
        if (edit?.state === "error" || edit?.state === "required") node.setAttribute("aria-invalid", "true");
        else node.removeAttribute("aria-invalid");
      });
    }
  };
  let timer = 0;
  const later = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      number();
      cells();
    }, 150);
  };
  let speak = 0;
  sheet.on("selection", () => {
    clearTimeout(speak);
    speak = window.setTimeout(() => {
      const here = sheet.here();
      if (!here) return;
      const { value, title } = sheet.value(here.row, here.field);
      const edit = sheet.edits.get(here.row.id, here.field.name);
      const state = edit ? (edit.message ?? t(edit.state as WordKey)) : (sheet.whyReadOnly(here.row, here.field) ?? "");
      const text = edit?.typed ?? show(here.field, value, title);
      live.textContent = [here.field.label, t("rowN", { n: sheet.selection.active.row + 1 }), text || t("emptyValue"), state].filter(Boolean).join(t("listComma"));
    }, 200);
    later();
  });
  for (const event of ["rows", "cells", "columns"] as const) sheet.on(event, later);
  view.grid.onViewportChanged.subscribe(later);
  number();
  return live;
}
