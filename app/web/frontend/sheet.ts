/** Opens the sheet of one entity on its page: `<div id="sheet" data-entity="customer">`. */

import { Api, ApiError } from "./api.ts";
import { searchFor } from "./core/address.ts";
import { setZone } from "./core/dates.ts";
import { SET } from "./core/filter.ts";
import { fillWith, h } from "./dom.ts";
import { wireAria } from "./grid/aria.ts";
import { listenToClipboard } from "./grid/clipboard.ts";
import { deleteRows, newRow, redo, undo } from "./grid/gestures.ts";
import { CellInput } from "./grid/input.ts";
import { listenToKeys } from "./grid/keyboard.ts";
import { listenToMouse } from "./grid/mouse.ts";
import { Paint } from "./grid/paint.ts";
import { Sheet } from "./grid/sheet.ts";
import { View } from "./grid/view.ts";
import { t } from "./i18n.ts";
import type { Describe } from "./types.ts";
import { lookBack, makePast } from "./ui/asof.ts";
import { linkOf, makeCellBar } from "./ui/cellbar.ts";
import { makeChips } from "./ui/chips.ts";
import { ask } from "./ui/dialog.ts";
import { Drawer } from "./ui/drawer.ts";
import { openFilter, openSet } from "./ui/filters.ts";
import { makeEmpty, makeProblem, makeStrip, makeTabs, wireTotals } from "./ui/frame.ts";
import { showKeys } from "./ui/keys.ts";
import { CellMessage } from "./ui/message.ts";
import { type Counted, heldCells, makeStatus } from "./ui/status.ts";
import { confirmStep } from "./ui/steps.ts";
import { makeToolbar } from "./ui/toolbar.ts";
import { whyButton } from "./ui/why.ts";

async function main(root: HTMLElement): Promise<void> {
  const api = new Api(root.dataset.api ?? "/api/v1/", root.dataset.entity ?? "");
  try {
    open(root, embedded() ?? (await api.describe()), api);
  } catch (error) {
    const refused = error instanceof ApiError && error.status === 403;
    fillWith(root, h("div", { class: "sh-empty", role: "alert" },
      h("p", { class: "sh-empty-title" }, refused ? t("noView") : t("pageFailed")),
      h("p", { class: "sh-quiet" }, error instanceof ApiError ? error.message : t("lookupFailed")),
      refused ? whyButton({ verb: "list", entity: root.dataset.entity ?? "" }) : null,
      h("button", { type: "button", class: "sh-btn", onclick: () => void main(root) }, t("retry"))));
    if (!(error instanceof ApiError)) console.error(error);
  }
}

/** The description the page came with, when it did: the first rows are asked for one round trip earlier. */
function embedded(): Describe | null {
  const text = document.getElementById("sheet-describe")?.textContent?.trim();
  return text ? (JSON.parse(text) as Describe | null) : null;
}

function open(root: HTMLElement, describe: Describe, api: Api): void {
  if (describe.zone) setZone(describe.zone);
  lookBack(describe, api);
  const sheet = new Sheet(describe, api);
  const host = h("div", { class: "sh-grid" });
  const filterAt = (name: string, at: HTMLElement): void => {
    const field = sheet.field(name);
    if (name === SET) openSet(sheet, at, () => input.focus());
    else if (field) openFilter(sheet, field, at, () => input.focus());
  };
  const removeRows = (): void => {
    void deleteRows(sheet, (n) => ask(t("deleteTitle", { n }), t("deleteText"), t("delete"))).then(() => input.focus());
  };
  const addRow = (): void => {
    newRow(sheet);
    view.scrollTo(sheet.selection.active);
    input.focus();
  };
  const toolbar = makeToolbar(sheet, { newRow: addRow, deleteRows: removeRows, history: () => drawer.toggle(), openFilter: filterAt });
  const goTo = (row: number): void => {
    sheet.selection.set(row, sheet.selection.active.col);
    view.scrollTo(sheet.selection.active);
    input.focus();
  };
  const middle = h("div", { class: "sh-middle" }, host, makeEmpty(sheet, addRow));
  fillWith(root, makeStrip(sheet), makePast(sheet), makeProblem(sheet), toolbar.element, makeChips(sheet, filterAt), makeCellBar(sheet, goTo), middle, makeTabs(sheet), makeStatus(sheet, jump));

  const view = new View(sheet, host);
  const input = new CellInput(sheet, view);
  const paint = new Paint(sheet, view);
  const drawer = new Drawer(sheet, input);
  const message = new CellMessage(sheet, view, input);
  middle.append(wireAria(sheet, view));
  root.append(drawer.element);
  view.onFilter = (field, at) => openFilter(sheet, field, at, () => input.focus());
  listenToMouse(sheet, view, paint, input, (place) => {
    const row = sheet.rowAt(place.row);
    const field = sheet.columns[place.col];
    const link = row && field ? linkOf(sheet, row, field) : null;
    if (link) window.open(link.url, "_blank", "noopener");
    else sheet.selection.set(place.row, place.col);
  });
  listenToKeys(sheet, view, input, {
    newRow: addRow, deleteRows: removeRows, find: toolbar.find, replace: toolbar.replace, openRecord: () => drawer.open(), keys: showKeys,
    enterMessage: () => message.enter(), back: () => message.back() || drawer.close(), region: walkRegions,
  });
  listenToClipboard(sheet, input);
  wireTotals(sheet, view);
  input.focus();
  paint.draw();

  function jump(states: Counted): void {
    const cells = states === "held" ? heldCells(sheet) : sheet.edits.inState(...states);
    const here = sheet.here();
    const now = cells.findIndex(({ id, field }) => id === here?.row.id && field === here?.field.name);
    const next = cells[(now + 1) % cells.length];
    const row = next ? sheet.store.positionOf(next.id) : -1;
    const col = sheet.columns.findIndex((field) => field.name === next?.field);
    if (row < 0 || col < 0) return;
    sheet.selection.set(row, col);
    view.scrollTo(sheet.selection.active);
    input.focus();
  }

  function walkRegions(forward: boolean): void {
    const regions = [...root.querySelectorAll<HTMLElement>("[data-region]"), host];
    const at = regions.findIndex((region) => region.contains(document.activeElement));
    const next = regions[(at + (forward ? 1 : regions.length - 1)) % regions.length];
    if (next === host) input.focus();
    else next?.querySelector<HTMLElement>("button:not(:disabled), a, input")?.focus();
  }
  sheet.on("saved", ({ asks }) => asks && void confirmStep(sheet, asks));
  sheet.on("focus", () => input.focus());
  sheet.on("query", () => {
    const search = searchFor(location.search, sheet, describe.sort, describe.of?.id ?? null);
    history.replaceState(history.state, "", location.pathname + search + location.hash);
  });
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const action = elsewhere(event);
    if (!action) return;
    event.preventDefault();
    action();
  });

  /** Keys that count wherever the focus is, outside fields. */
  function elsewhere(event: KeyboardEvent): (() => unknown) | null {
    if (event.key === "F6") return () => walkRegions(!event.shiftKey);
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
    const key = event.key.toLowerCase();
    if (key === "s") return () => sheet.save();
    if ((event.target as Element).matches("input, textarea, select")) return null;
    if (key === "z") return () => (event.shiftKey ? redo(sheet) : undo(sheet));
    return key === "y" ? () => redo(sheet) : null;
  }

  addEventListener("beforeunload", (event) => {
    if (unsaved(sheet)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !input.editing) for (const id of sheet.edits.ids()) sheet.saver.leave(id);
  });
}

function unsaved(sheet: Sheet): boolean {
  return sheet.saver.busy || Object.values(sheet.edits.counts()).some((count) => count > 0);
}

const root = document.getElementById("sheet");
if (root) void main(root);
