/** The row of actions over the sheet. */

import { t as approval } from "../approval/words.ts";
import { h, icon } from "../dom.ts";
import { openExport } from "../export/dialog.ts";
import { redo, rowsOf, tooMany, undo } from "../grid/gestures.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";
import type { Row, Step } from "../types.ts";
import { asofButton } from "./asof.ts";
import { openReplace } from "./replace.ts";
import { actionsMenu, columnsMenu, fieldsMenu, heightMenu } from "./menus.ts";
import { rowsFor, take } from "./steps.ts";

/** At most so many selected rows are looked at to say how many can be submitted. */
const SHOWN = 1_000;

export interface ToolbarActions {
  newRow(): void;
  deleteRows(): void;
  history(): void;
  openFilter(field: string, at: HTMLElement): void;
}

type Button = HTMLButtonElement;

function button(glyph: SVGSVGElement, label: string, onclick: () => void, extra = ""): Button {
  return h("button", { type: "button", class: `sh-btn ${extra}`, onclick, title: label }, glyph, h("span", { class: "sh-label" }, label));
}

/** Build the toolbar; answers its element and how to put the cursor into the search box. */
export function makeToolbar(sheet: Sheet, actions: ToolbarActions): { element: HTMLElement; find: () => void; replace: () => void } {
  const { rights, urls } = sheet.describe;
  const writes = rights.add || rights.edit || rights.delete;
  const add = rights.add ? button(icon("plus"), t("add"), actions.newRow, "sh-primary sh-keep") : null;
  const save = button(icon("device-floppy"), t("save"), () => void sheet.save(), "sh-keep sh-save");
  save.append(h("kbd", {}, "Ctrl S"));
  const back = button(icon("arrow-back-up"), `${t("undo")} (Ctrl Z)`, () => void undo(sheet), "sh-ghost sh-square");
  const forth = button(icon("arrow-forward-up"), `${t("redo")} (Ctrl Y)`, () => void redo(sheet), "sh-ghost sh-square");
  const filter: Button = button(icon("filter"), t("filter"), () => fieldsMenu(sheet, filter, (field) => actions.openFilter(field, filter)), "sh-ghost");
  const columns: Button = button(icon("columns-3"), t("columns"), () => columnsMenu(sheet, columns), "sh-ghost");
  const height: Button = button(icon("line-height"), t("rowHeight"), () => heightMenu(sheet, height), "sh-ghost");
  const remove = rights.delete || rights.add ? button(icon("trash"), t("deleteRows"), actions.deleteRows, "sh-ghost") : null;
  const history = rights.history ? button(icon("history"), t("history"), actions.history, "sh-ghost") : null;
  const refresh = button(icon("refresh"), t("refresh"), () => sheet.reload(), "sh-ghost sh-square");
  const imported = rights.import && urls.import
    ? h("a", { class: "sh-btn sh-ghost", href: urls.import, title: t("import") }, icon("upload"), h("span", { class: "sh-label" }, t("import")))
    : null;
  const exported = rights.export ? button(icon("download"), t("export"), () => void openExport(sheet), "sh-ghost") : null;
  const steps = writes || sheet.describe.actions?.length ? button(icon("progress-check"), t("actions"), () => void actionsMenu(sheet, steps as Button)) : null;
  const submit = submitButton(sheet);
  const replace: Button | null = rights.edit ? button(icon("replace"), `${t("replace")} (Ctrl H)`, () => openReplace(sheet, replace as Button), "sh-ghost sh-square") : null;
  const search = h("input", { type: "search", class: "sh-search", placeholder: t("search"), "aria-label": t("search") });
  search.addEventListener("change", () => setSearch(sheet, search.value));
  search.addEventListener("search", () => setSearch(sheet, search.value));
  search.addEventListener("keydown", (event) => event.key === "Enter" && setSearch(sheet, search.value));

  const element = h(
    "div", { class: "sh-toolbar", role: "toolbar", "aria-label": t("toolbar"), "data-region": "" },
    add, add && h("span", { class: "sh-sep" }), ...(writes ? [save, back, forth, h("span", { class: "sh-sep" })] : []),
    filter, columns, height, h("span", { class: "sh-sep" }),
    h("span", { class: "sh-search-box" }, icon("search", 14), search), replace, refresh, remove, history, rights.history ? asofButton(sheet) : null,
    h("span", { class: "sh-grow" }), imported, exported, submit, steps,
  );

  const draw = (): void => {
    const { dirty, error, required, saving } = sheet.edits.counts();
    const open = dirty + error + required + saving;
    const label = save.querySelector(".sh-label");
    if (label) label.textContent = open ? t("saveN", { n: open }) : t("save");
    save.classList.toggle("sh-lit", open > 0);
    save.disabled = open === 0;
    back.disabled = !sheet.history.canUndo;
    forth.disabled = !sheet.history.canRedo;
    const filters = sheet.conditions.size;
    const words = filter.querySelector(".sh-label");
    if (words) words.textContent = filters ? `${t("filter")} ${filters}` : t("filter");
    filter.classList.toggle("sh-go", filters > 0);
    if (document.activeElement !== search) search.value = sheet.q ?? "";
  };
  for (const event of ["cells", "history", "query"] as const) sheet.on(event, draw);
  draw();
  return { element, find: () => (search.focus(), search.select()), replace: () => replace?.click() };
}

/** Submit the selected rows: the one step that is a button of its own, lit while it can be taken. */
function submitButton(sheet: Sheet): Button | null {
  const steps = sheet.describe.actions?.filter((one) => one.case === "submit") ?? [];
  const [usual] = steps;
  if (!usual) return null;
  /** The first way of submitting that some of these rows can take, and those rows. */
  const possible = (rows: Row[]): { step: Step; able: Row[] } =>
    steps.map((step) => ({ step, able: rowsFor(sheet, step, rows) })).find(({ able }) => able.length) ?? { step: usual, able: [] };
  const loaded = (): Row[] => {
    const { top, bottom } = sheet.selection.range;
    return Array.from({ length: Math.min(bottom - top, SHOWN) + 1 }, (_, n) => sheet.store.at(top + n)).filter((row) => row !== undefined);
  };
  const go = async (): Promise<void> => {
    if (tooMany(sheet, sheet.selection.range)) return;
    await sheet.saver.flush();
    const { step, able } = possible((await rowsOf(sheet, sheet.selection.range)).map(({ row }) => row));
    await take(sheet, step, able);
    sheet.emit("focus", undefined);
  };
  const made = button(icon("send"), usual.label, () => void go(), "sh-keep sh-submit");
  const draw = (): void => {
    const { step, able } = possible(loaded());
    made.disabled = able.length === 0;
    made.classList.toggle("sh-primary", able.length > 0);
    const label = made.querySelector(".sh-label");
    if (label) label.textContent = able.length > 1 ? approval("submitN", { verb: step.label, n: able.length }) : step.label;
  };
  for (const event of ["selection", "rows", "saved"] as const) sheet.on(event, draw);
  draw();
  return made;
}

function setSearch(sheet: Sheet, text: string): void {
  const q = text.trim() || null;
  if (q === sheet.q) return;
  sheet.q = q;
  sheet.requery();
}
