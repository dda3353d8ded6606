/** The bar over the grid: where the active cell is, its whole value, and why it cannot be changed. */

import type { HeldCell } from "../approval/types.ts";
import { t as approval } from "../approval/words.ts";
import { showInstant } from "../core/dates.ts";
import { show } from "../core/format.ts";
import { fillWith, h, icon } from "../dom.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t, type WordKey } from "../i18n.ts";
import { goneWords, nowWords, restoreButton } from "./asof.ts";
import { open } from "../inbox/api.ts";
import { span } from "../inbox/times.ts";
import type { Field, Row } from "../types.ts";
import { decide } from "./steps.ts";
import { whyButton } from "./why.ts";

export function makeCellBar(sheet: Sheet, goTo: (row: number) => void): HTMLElement {
  const name = h("input", { class: "sh-name", "aria-label": t("nameBox"), title: t("nameBox") });
  const value = h("div", { class: "sh-bar-value" });
  const side = h("div", { class: "sh-bar-side" });
  const bar = h("div", { class: "sh-cellbar", "data-region": "" }, name, h("span", { class: "sh-fx", "aria-hidden": "true" }, "fx"), value, side);

  const draw = (): void => {
    const { range, single, active } = sheet.selection;
    const here = sheet.here();
    const field = sheet.columns[active.col];
    const position = here?.row.id === 0 ? t("newRow") : t("rowN", { n: active.row + 1 });
    if (document.activeElement !== name) {
      name.value = single
        ? `${field?.label ?? ""} • ${position}`
        : t("rangeOf", { rows: range.bottom - range.top + 1, cols: range.right - range.left + 1 });
    }
    if (!here) {
      fillWith(value);
      return fillWith(side);
    }
    fillWith(value, ...describeCell(sheet, here.row, here.field));
    const title = sheet.field(sheet.describe.title);
    const names = [...sheet.describe.key, sheet.describe.title].map((key) => sheet.field(key)).filter((field) => field !== undefined);
    const words = [...new Set(names)].map((field) => show(field, sheet.value(here.row, field).value, sheet.value(here.row, field).title));
    fillWith(side, title && here.row.id > 0 ? words.filter(Boolean).join(" • ") : null);
  };
  name.addEventListener("focus", () => name.select());
  name.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const row = Number.parseInt(name.value.replace(/\D/g, ""), 10);
    if (event.key === "Enter" && row > 0) goTo(row - 1);
    if (event.key === "Enter" || event.key === "Escape") name.blur();
  });
  name.addEventListener("blur", draw);
  for (const event of ["selection", "cells", "rows", "columns"] as const) sheet.on(event, draw);
  draw();
  return bar;
}

/** The value in full, what happened to it, and what can be done. */
function describeCell(sheet: Sheet, row: Row, field: Field): (Node | null)[] {
  const edit = sheet.edits.get(row.id, field.name);
  const { value, title } = sheet.value(row, field);
  const held = row.held?.[field.name];
  if (held && !edit) return heldCell(sheet, field, show(field, value, title), held);
  const text = edit?.typed ?? show(field, value, title);
  const parts: (Node | null)[] = [h("b", { class: "sh-bar-text" }, text)];
  if (edit && edit.state !== "required" && row.id > 0) {
    const before = show(field, edit.base, edit.baseTitle) || t("emptyValue");
    parts.push(h("span", { class: "sh-quiet" }, `${t("before")}: ${before}`));
  }
  if (edit) {
    const words = edit.message ?? (edit.theirs ? conflictWords(edit.theirs) : t(edit.state as WordKey));
    parts.push(h("span", { class: `sh-tag sh-tag-${edit.state}` }, words));
  }
  if (sheet.api.moment) return [...parts, ...past(sheet, row, field)];
  const why = sheet.whyReadOnly(row, field);
  if (why) parts.push(h("span", { class: "sh-tag" }, icon(row.locked ? "clock" : "lock", 12), why));
  if (field.masked) parts.push(h("span", { class: "sh-tag" }, icon("eye-off", 12), t("masked")));
  if (row.locked) parts.push(h("a", { class: "sh-bar-link", href: `/inbox/?case=${row.locked}` }, approval("openCase")));
  if ((why || field.masked) && row.id > 0) {
    parts.push(whyButton({ verb: "edit", entity: sheet.describe.entity, id: row.id, field: field.name }, () => sheet.emit("focus", undefined)));
  }
  if (field.help && !edit && !why) parts.push(h("span", { class: "sh-quiet" }, field.help));
  const link = linkOf(sheet, row, field);
  if (link) parts.push(h("a", { class: "sh-bar-link", href: link.url, target: "_blank", rel: "noopener" }, link.words));
  return parts;
}

/** What has become of a cell of the past since, and the way to have it back. */
function past(sheet: Sheet, row: Row, field: Field): (Node | null)[] {
  const since = row.now?.cells[field.name];
  if (row.now?.gone) return [h("span", { class: "sh-tag sh-tag-error" }, icon("trash", 12), goneWords(row)), restoreButton(sheet, row)];
  if (!since) return [h("span", { class: "sh-tag" }, icon("lock", 12), sheet.whyReadOnly(row, field) ?? "")];
  return [h("span", { class: `sh-tag${since.mine ? "" : " sh-tag-conflict"}` }, nowWords(field, since)), restoreButton(sheet, row, field)];
}

/** Old → new in full, who has it and since when, and what can be done. */
function heldCell(sheet: Sheet, field: Field, old: string, held: HeldCell): (Node | null)[] {
  const people = held.waits_for.join(approval("comma"));
  const since = Date.now() - Date.parse(held.since.replace(/(\.\d{3})\d+Z$/, "$1Z"));
  const withdraw = (): void => void open(held.case).then(({ rev }) => decide(sheet, "withdraw", [{ case: held.case, rev }]));
  return [
    h("span", { class: "sh-bar-change" }, h("span", { class: "sh-bar-old" }, old || t("emptyValue")), "→", h("b", {}, show(field, held.new, held.title) || t("emptyValue"))),
    h("span", { class: "sh-tag sh-tag-held" }, icon("clock", 12), people ? approval("waitsFor", { people, time: span(since) }) : approval("sentBack")),
    held.case ? h("a", { class: "sh-bar-link", href: `/inbox/?case=${held.case}` }, approval("openCase")) : null,
    held.case && held.mine ? h("button", { type: "button", class: "sh-plain", onclick: withdraw }, approval("withdraw")) : null,
  ];
}

function conflictWords(theirs: { by: string; at: string }): string {
  return `${t("conflict")}: ${t("theirs", { by: theirs.by || t("someone"), at: theirs.at ? showInstant(theirs.at).slice(-5) : "" })}`;
}

/** Where a link cell or a key cell leads; null for other cells. */
export function linkOf(sheet: Sheet, row: Row, field: Field): { url: string; words: string } | null {
  const { value } = sheet.value(row, field);
  if (typeof value === "number" && field.kind === "link" && field.target?.url) {
    return { url: field.target.url.replace("{id}", String(value)), words: `${t("open")}${field.target.label ?? ""}` };
  }
  const named = sheet.describe.key.includes(field.name) || field.name === sheet.describe.title;
  const show = sheet.describe.urls.show;
  return named && row.id > 0 && show ? { url: show.replace("{id}", String(row.id)), words: t("openRecord") } : null;
}
