/** The list of a preview: every row with its Excel row number, cells old → new, sentences under the wrong ones. */

import { fillWith, h, icon } from "../dom.ts";
import { Feed, type Order } from "./feed.ts";
import { labelBefore, oldToNew } from "./parts.ts";
import { sentence } from "../request.ts";
import type { Kind, Only, Preview, Row, RowProblem } from "./types.ts";
import { t } from "./words.ts";

const NUMERIC = new Set(["integer", "decimal", "money", "percent"]);
const NEAR_END = 600;

/** The scrolling table. `show` starts it over; `step` walks the rows with an error or a question. */
export class PreviewList {
  readonly element = h("div", { class: "wz-scroll wz-list", tabindex: 0, role: "region", "aria-label": t("previewOf") });
  readonly #preview: Preview;
  readonly #columns: Preview["columns"];
  #feed: Feed;
  #body = h("tbody", {});
  #foot = h("p", { class: "wz-list-foot", role: "status" });
  #places: { row: HTMLElement; problems: RowProblem[] }[] = [];
  #at = -1;

  constructor(preview: Preview) {
    this.#preview = preview;
    this.#columns = ordered(preview);
    this.#feed = new Feed(preview.set, "errors", "");
    this.element.addEventListener("scroll", () => void this.#fill());
  }

  /** Start over, in this order, with only these rows. */
  show(order: Order, only: Only): Promise<void> {
    this.#feed = new Feed(this.#preview.set, order, only);
    this.#body = h("tbody", {});
    this.#foot = h("p", { class: "wz-list-foot", role: "status" });
    this.#places = [];
    this.#at = -1;
    const head = h("tr", {}, h("th", { class: "tz-num", scope: "col" }, t("excelRow")),
      ...this.#columns.map((column) => h("th", { scope: "col", class: NUMERIC.has(column.kind) ? "tz-num" : "" }, column.label)));
    fillWith(this.element, h("table", { class: "wz-grid" }, h("thead", {}, head), this.#body), this.#foot);
    this.element.scrollTop = 0;
    return this.#fill();
  }

  /** Go to the next (1) or previous (-1) row with something wrong; with `kind`, of that kind. */
  async step(direction: 1 | -1, kind: Kind | null = null): Promise<void> {
    const fits = (place: { problems: RowProblem[] }): boolean =>
      kind === null || place.problems.some((each) => each.message === kind.message && each.field === kind.name);
    for (let at = this.#at + direction; ; at += direction) {
      if (at < 0) at = this.#places.length - 1;
      while (at >= this.#places.length && !this.#feed.finished) if (!(await this.#load())) return;
      if (at >= this.#places.length) at = 0;
      const place = this.#places[at];
      if (!place) return;
      if (fits(place)) return this.#goTo(at);
      if (at === this.#at || (this.#at < 0 && at === (direction > 0 ? this.#places.length - 1 : 0))) return;
    }
  }

  #goTo(at: number): void {
    this.#places[this.#at]?.row.classList.remove("wz-here");
    this.#at = at;
    const row = this.#places[at]?.row;
    row?.classList.add("wz-here");
    row?.scrollIntoView({ block: "center", inline: "nearest" });
  }

  /** Fetch until the view is full. */
  async #fill(): Promise<void> {
    const { element } = this;
    const feed = this.#feed;
    element.setAttribute("aria-busy", "true");
    while (!this.#feed.finished && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END) {
      if (!(await this.#load())) break;
    }
    if (feed === this.#feed) element.setAttribute("aria-busy", "false");
  }

  /** Fetch a page; false when it did not come, or came too late to be shown. */
  #load(): Promise<boolean> {
    const feed = this.#feed;
    feed.loading ??= this.#fetch(feed).finally(() => (feed.loading = null));
    return feed.loading;
  }

  async #fetch(feed: Feed): Promise<boolean> {
    this.#foot.textContent = t("loadMore");
    try {
      const found = await feed.next();
      if (feed !== this.#feed) return false;
      found.forEach((row) => this.#append(row));
    } catch (problem) {
      if (feed !== this.#feed) return false;
      fillWith(this.#foot, `${t("loadFailed")} ${sentence(problem)} `,
        h("button", { type: "button", class: "btn", onclick: () => void this.#fill() }, t("retry")));
      return false;
    }
    this.#foot.textContent = feed.finished && !this.#body.hasChildNodes() ? t("nothingHere") : "";
    return true;
  }

  #append(row: Row): void {
    const shown = this.#row(row);
    this.#body.append(shown);
    if (row.errors.length === 0) return;
    this.#places.push({ row: shown, problems: row.errors });
    this.#body.append(this.#why(row));
  }

  #row(row: Row): HTMLElement {
    const tone = row.state === "ready" ? row.op : row.state;
    const line = row.line ? String(row.line) : t("wholeFile");
    return h("tr", { class: `wz-row wz-is-${tone}` }, h("th", { class: "tz-num", scope: "row" }, line),
      ...this.#columns.map((column) => cell(row, column)));
  }

  #why(row: Row): HTMLElement {
    const sentences = row.errors.map((each) => {
      const label = this.#columns.find((column) => column.name === each.field)?.label ?? each.column ?? "";
      return h("div", { class: "wz-sentence" }, icon("alert-triangle", 14), h("span", {}, h("b", {}, labelBefore(label, each.message)), each.message));
    });
    return h("tr", { class: `wz-why wz-is-${row.state}` }, h("td", { colspan: this.#columns.length + 1 }, h("div", { class: "wz-sentences" }, ...sentences)));
  }
}

function cell(row: Row, column: Preview["columns"][number]): HTMLElement {
  const wrong = row.errors.find((each) => each.field === column.name);
  const pair = row.cells[column.name];
  const number = NUMERIC.has(column.kind) ? "tz-num" : "";
  if (wrong) {
    const text = wrong.text || pair?.[1] || row.values[column.name] || "";
    return h("td", { class: `wz-bad ${number}`, title: text }, text || t(wrong.code === "REQUIRED" ? "required" : "emptyOld"));
  }
  if (pair && row.op === "update") {
    return h("td", { class: `wz-changed ${number}`, title: `${pair[0] || t("emptyOld")} → ${pair[1] || t("emptyNew")}` }, ...oldToNew(pair[0], pair[1]));
  }
  if (row.op === "insert" && column.kind === "number" && !pair?.[1]) return h("td", { class: "tz-muted" }, t("autoNumber"));
  const text = pair?.[1] ?? row.values[column.name] ?? "";
  return h("td", { class: number, title: text }, text);
}

/** Columns that say something first: what names the record, then where errors and changes are, then the others. */
function ordered(preview: Preview): Preview["columns"] {
  const busy = [...preview.kinds.map((kind) => kind.name), ...preview.asks.map((kind) => kind.name), ...preview.fields.map((field) => field.field)];
  const names = preview.columns.slice(0, 2);
  const rest = preview.columns.slice(2);
  const place = (name: string): number => (busy.includes(name) ? busy.indexOf(name) : busy.length);
  return [...names, ...rest.sort((a, b) => place(a.name) - place(b.name))];
}
