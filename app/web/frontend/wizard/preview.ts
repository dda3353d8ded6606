/** Step 5: everything that would happen, before anything does. */

import { fillWith, h, icon } from "../dom.ts";
import { rows as fetchRows } from "./api.ts";
import { errorList, save } from "./errorlist.ts";
import type { Order } from "./feed.ts";
import { PreviewList } from "./list.ts";
import { bar, button, note } from "./parts.ts";
import { sentence } from "../request.ts";
import { sidePanel } from "./side.ts";
import type { Only, Place, Preview, Row, Screen } from "./types.ts";
import { t, type WordKey } from "./words.ts";

interface Acts {
  write: (partial: boolean, confirmed: boolean) => void;
  back: () => void;
  again: () => void;
}

/** The fifth step. */
export function previewScreen(place: Place, preview: Preview, acts: Acts, problem = ""): Screen {
  const list = new PreviewList(preview);
  const state: { order: Order; only: Only } = { order: "errors", only: "" };
  const head = h("div", { class: "wz-panel-head wz-list-head" });
  const tiles = tilesOf(preview, (only) => show(state.order, state.only === only ? "" : only));

  function show(order: Order, only: Only): Promise<void> {
    Object.assign(state, { order, only });
    tiles.mark(only);
    fillWith(head, ...headOf(preview, state, show, list));
    return list.show(order, only);
  }
  void show("errors", "");

  const side = sidePanel(preview, (kind) => {
    const wanted = preview.asks.includes(kind) ? "ask" : "error";
    void (state.only === wanted ? Promise.resolve() : show("errors", wanted)).then(() => list.step(1, kind));
  });
  const said = h("div", { class: "wz-notes" }, problem ? note("red", problem) : null, preview.held ? note("amber", t("heldNote")) : null);
  return {
    body: h("div", { class: "wz-preview" }, said, tiles.element,
      h("div", { class: "wz-wrap" }, h("div", { class: "wz-panel wz-main" }, head, list.element, legend(preview)), side)),
    bar: footOf(place, preview, acts, said),
  };
}

function tilesOf(preview: Preview, choose: (only: Only) => void): { element: HTMLElement; mark: (only: Only) => void } {
  const facts: [Only, WordKey, number, string][] = [
    ["insert", "inserted", preview.inserted, t("rowsUnit", { n: preview.inserted })],
    ["update", "updated", preview.updated, t("cellsUnit", { n: preview.updated, cells: preview.cells })],
    ...(preview.ask_rows ? ([["ask", "asks", preview.ask_rows, t("confirmUnit", { n: preview.ask_rows })]] as [Only, WordKey, number, string][]) : []),
    ["error", "errors", preview.error_rows, t("errorsUnit", { n: preview.error_rows, errors: preview.errors })],
  ];
  const tiles = facts.map(([only, key, count, unit]) => h("button", {
    type: "button", class: `wz-tile wz-tile-${only}${count ? "" : " wz-zero"}`, "aria-pressed": "false", disabled: count === 0, "data-only": only, onclick: () => choose(only),
  }, h("span", { class: "wz-tile-name" }, t(key)), h("span", {}, h("b", {}, count.toLocaleString("en")), h("small", {}, unit))));
  const same = h("div", { class: "wz-tile wz-tile-same" }, h("span", { class: "wz-tile-name" }, t("unchanged")),
    h("span", {}, h("b", {}, preview.unchanged.toLocaleString("en")), h("small", {}, t("notWritten", { n: preview.unchanged }))));
  return {
    element: h("div", { class: "wz-tiles" }, ...tiles, same),
    mark: (only) => tiles.forEach((tile) => tile.setAttribute("aria-pressed", String(tile.dataset.only === only))),
  };
}

function headOf(
  preview: Preview, state: { order: Order; only: Only }, show: (order: Order, only: Only) => Promise<void>, list: PreviewList,
): HTMLElement[] {
  const counts = { "": 0, ready: 0, insert: preview.inserted, update: preview.updated, ask: preview.ask_rows, error: preview.error_rows };
  const kinds: Record<string, WordKey> = { insert: "inserted", update: "updated", ask: "asks", error: "errors" };
  const all = preview.inserted + preview.updated + preview.ask_rows + preview.error_rows;
  const orders = (["errors", "excel"] as const).map((order) => h("button", {
    type: "button", "aria-pressed": String(state.order === order && !state.only), onclick: () => void show(order, ""),
  }, t(order === "errors" ? "errorsFirst" : "excelOrder")));
  const words = state.only
    ? t("onlyOf", { kind: t(kinds[state.only] ?? "errors"), n: counts[state.only] })
    : t("onlyShown", { n: all, same: preview.unchanged });
  const steps = preview.error_rows + preview.ask_rows > 0 ? [
    h("button", { type: "button", class: "btn btn-ghost tz-right", onclick: () => void list.step(-1) }, icon("chevron-up", 14), t("previous")),
    h("button", { type: "button", class: "btn btn-ghost", onclick: () => void list.step(1) }, t("nextOne"), icon("chevron-down", 14)),
  ] : [];
  return [h("span", { class: "wz-segment", role: "group" }, ...orders), h("small", { class: "tz-muted wz-shown" }, words), ...steps];
}

function legend(preview: Preview): HTMLElement {
  const keys: [string, WordKey][] = [["error", "errors"], ["update", "updated"], ["insert", "inserted"]];
  if (preview.ask_rows) keys.splice(1, 0, ["ask", "asks"]);
  return h("div", { class: "wz-legend" }, ...keys.map(([tone, key]) => h("span", { class: `wz-key-${tone}` }, t(key))));
}

function footOf(place: Place, preview: Preview, acts: Acts, said: HTMLElement): HTMLElement {
  const good = preview.inserted + preview.updated;
  const blocked = preview.error_rows + preview.ask_rows > 0;
  const radio = (value: string, words: string, checked: boolean): HTMLElement =>
    h("label", { class: "wz-radio" }, h("input", { type: "radio", name: "how", class: "form-check-input", value, checked }), words);
  const yes = h("input", { type: "checkbox", class: "form-check-input" });
  const form = h("form", { class: "wz-how", role: "radiogroup", "aria-label": t("howMuch") },
    radio("all", t("allOrNothing"), true), radio("partial", t("partial", { n: good }), false));
  const why = h("span", { class: "wz-hint", role: "status" });
  const go = button("", () => {
    go.disabled = true;
    acts.write(partial(), yes.checked);
  }, true);
  const partial = (): boolean => new FormData(form).get("how") === "partial";

  function update(): void {
    const asks = yes.checked ? 0 : preview.ask_rows;
    const open = partial() ? 0 : preview.error_rows + asks;
    const count = good + (yes.checked ? preview.ask_rows : 0);
    go.textContent = t("importN", { n: count });
    go.disabled = count === 0 || open > 0;
    why.textContent = open === 0 ? t("canUndo") : preview.error_rows ? t("mendFirst", { n: preview.error_rows }) : t("askFirst", { n: asks });
    why.classList.toggle("wz-hint-red", open > 0 && preview.error_rows > 0);
  }
  form.addEventListener("change", update);
  yes.addEventListener("change", update);
  update();

  if (good === 0 && !blocked) {
    const open = place.mayList ? h("a", { class: "btn btn-primary btn-lg", href: `/${place.entity}/list/` }, t("openSheet", { label: place.label })) : null;
    return bar([h("span", {}, t("nothingHere"))], [button(t("back"), acts.back), open]);
  }
  const download = preview.errors
    ? h("button", { type: "button", class: "btn", onclick: () => void downloadErrors(preview, said) }, icon("download", 14), t("errorList")) : null;
  const mended = preview.errors ? h("button", { type: "button", class: "btn", onclick: acts.again }, icon("refresh", 14), t("mended")) : null;
  const agree = preview.ask_rows ? h("label", { class: "wz-radio" }, yes, t("agree", { n: preview.ask_rows })) : null;
  return bar([blocked ? form : null, agree, download, mended], [why, button(t("back"), acts.back), go]);
}

async function downloadErrors(preview: Preview, said: HTMLElement): Promise<void> {
  const found: Row[] = [];
  try {
    for (let after: number | null = -1; after !== null; ) {
      const page: { rows: Row[]; next: number | null } = await fetchRows(preview.set, "error", after);
      found.push(...page.rows);
      after = page.next;
    }
    save(errorList(preview, found), `${preview.name.replace(/\.\w+$/, "")}-${t("errors")}.csv`);
  } catch (problem) {
    fillWith(said, note("red", sentence(problem)));
  }
}
