/** The list of a preview: only the rows in sight are in the page; those with errors open to be corrected. */

import { fillWith, h } from "../dom.ts";
import { sentence } from "../request.ts";
import type { Create } from "./create.ts";
import type { Kind } from "./editor.ts";
import { Feed, type Wanted } from "./feed.ts";
import { Fields } from "./fields.ts";
import { Mender } from "./mend.ts";
import { NUMERIC } from "./parts.ts";
import { rowLine, toneOf } from "./row.ts";
import { Shelf } from "./shelf.ts";
import { type Column, FOLLOWS, type Preview, type Row } from "./types.ts";
import { t } from "./words.ts";

const LINE = 29;
const MEND = 40;
/** The column of row numbers stays at the left and covers what is scrolled under it. */
const NUMBERS = 72;
const NEAR_END = 1_200;
const WIDTHS: Record<string, number> = { long_text: 220, text: 150, link: 120, person: 100, number: 120, money: 120, decimal: 110, integer: 90, percent: 90, date: 110, datetime: 150, yes_no: 80 };

/** The scrolling table. `show` starts it over; `step` walks the rows with a problem. `told` hears each new summary, `create` what links are to make. */
export class PreviewList {
  readonly element = h("div", { class: "wz-scroll wz-list", tabindex: 0, role: "region", "aria-label": t("previewOf") });
  readonly #entity: string;
  readonly #columns: Column[];
  readonly #told: (summary: Preview) => void;
  readonly #fields: Fields;
  readonly #mender: Mender;
  readonly #shelf: Shelf<Row>;
  #preview: Preview;
  #feed: Feed;
  #foot = h("p", { class: "wz-list-foot", role: "status" });
  #at = -1;

  constructor(entity: string, preview: Preview, told: (summary: Preview) => void, create: Create) {
    this.#entity = entity;
    this.#preview = preview;
    this.#columns = ordered(preview);
    this.#told = told;
    this.#fields = new Fields(entity, preview);
    this.#feed = new Feed(preview.set, { order: "errors", only: "", kind: null });
    this.#mender = new Mender(preview, this.#fields, {
      mended: (rows, summary, row) => this.#mended(rows, summary, row),
      next: () => void this.step(1),
      leave: () => this.element.focus({ preventScroll: true }),
      create,
    });
    this.#shelf = new Shelf<Row>(this.element, (row) => this.#group(row), (row) => LINE + MEND * (row.errors?.length ?? 0));
    this.element.addEventListener("scroll", () => {
      this.#shelf.draw();
      void this.#fill();
    });
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Start over with these rows. */
  async show(wanted: Wanted): Promise<void> {
    this.#feed = new Feed(this.#preview.set, wanted);
    this.#foot = h("p", { class: "wz-list-foot", role: "status" });
    this.#at = -1;
    const head = h("tr", {}, h("th", { class: "tz-num", scope: "col" }, t("excelRow")),
      ...this.#columns.map((column) => h("th", { scope: "col", class: NUMERIC.has(column.kind) ? "tz-num" : "", title: column.label }, this.#short(column))));
    // An old value and a new one stand side by side.
    const changing = new Set(this.#preview.fields.map((field) => field.field));
    const widths = [NUMBERS, ...this.#columns.map((column) => Math.round((WIDTHS[column.kind] ?? 130) * (changing.has(column.name) ? (column.kind === "text" ? 1.2 : 1.7) : 1)))];
    const table = h("table", { class: "wz-grid wz-rows" }, h("colgroup", {}, ...widths.map((width) => {
      const col = h("col", {});
      col.style.width = `${width}px`;
      return col;
    })), h("thead", {}, head));
    table.style.width = `${widths.reduce((sum, width) => sum + width, 0)}px`;
    this.#shelf.clear(table, this.#columns.length + 1);
    fillWith(this.element, table, this.#foot);
    this.element.scrollTop = 0;
    await this.#fields.load();
    await this.#fill();
  }

  /** What a column is called at its head: that of a line without the line's name where no other is called so. */
  #short(column: Column): string {
    const own = (each: Column): string => each.label.split(" · ").at(-1) ?? "";
    return this.#columns.filter((each) => own(each) === own(column)).length > 1 ? column.label : own(column);
  }

  /** The field of a kind of error. */
  field(name: string): Kind {
    return this.#fields.named(name);
  }

  /** Rows were corrected elsewhere: this is the summary now. */
  told(summary: Preview): void {
    this.#preview = summary;
    this.#mender.preview = summary;
    this.#told(summary);
  }

  /** Go to the next (1) or previous (-1) row with a problem, and to the box it is corrected in. */
  async step(direction: 1 | -1): Promise<void> {
    const { items } = this.#shelf;
    for (let at = this.#at + direction; ; at += direction) {
      if (at < 0) return;
      while (at >= items.length) if (this.#feed.finished || !(await this.#load())) return;
      const row = items[at];
      // A row that only waits for another one of its document has nothing to correct.
      if (row && row.state !== "ready" && row.errors?.some((problem) => problem.code !== FOLLOWS)) return this.#goTo(at);
    }
  }

  #goTo(at: number): void {
    this.#at = at;
    const group = this.#shelf.reveal(at);
    for (const each of this.element.querySelectorAll(".wz-here")) each.classList.remove("wz-here");
    group?.classList.add("wz-here");
    const cell = group?.querySelector<HTMLElement>(".wz-bad");
    if (cell) {
      const { scrollLeft, clientWidth } = this.element;
      const [left, right] = [cell.offsetLeft - NUMBERS, cell.offsetLeft + cell.offsetWidth];
      if (left < scrollLeft) this.element.scrollLeft = left;
      else if (right > scrollLeft + clientWidth) this.element.scrollLeft = right - clientWidth;
    }
    const box = group?.querySelector<HTMLElement>(".wz-mend input:not([type=checkbox]), .wz-mend button");
    (box ?? this.element).focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent): void {
    const typing = (event.target as HTMLElement).matches("input, select, textarea");
    const back = event.key === "F8" ? event.shiftKey : event.key === "p";
    if (event.key !== "F8" && (typing || event.ctrlKey || event.altKey || event.metaKey || (event.key !== "n" && event.key !== "p"))) return;
    event.preventDefault();
    const group = (event.target as Element).closest<HTMLElement>("[data-at]");
    if (group) this.#at = Number(group.dataset.at);
    void this.step(back ? -1 : 1);
  }

  #mended(rows: Row[], summary: Preview, row: Row): void {
    this.#preview = summary;
    const { items } = this.#shelf;
    const places = new Map(items.map((each, at) => [each.seq, at]));
    for (const each of rows) {
      const at = places.get(each.seq);
      if (at !== undefined) this.#shelf.replace(at, each);
    }
    const at = places.get(row.seq) ?? -1;
    this.#at = at;
    this.#told(summary);
    const now = items[at];
    if (now?.errors?.length && now.state !== "ready") this.#goTo(at);
    else if (summary.error_rows + (summary.conflict_rows ?? 0) > 0) void this.step(1);
    else this.element.focus({ preventScroll: true });
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
      this.#shelf.add(found);
    } catch (problem) {
      if (feed !== this.#feed) return false;
      fillWith(this.#foot, `${t("loadFailed")} ${sentence(problem)} `,
        h("button", { type: "button", class: "btn", onclick: () => void this.#fill() }, t("retry")));
      return false;
    }
    this.#foot.textContent = feed.finished && !this.#shelf.items.length ? t("nothingHere") : "";
    return true;
  }

  #group(row: Row): HTMLElement {
    const group = h("tbody", { class: "wz-group" }, rowLine(row, this.#columns, this.#entity));
    if (row.errors?.length && row.state !== "ready" && row.state !== "unchanged") {
      group.append(h("tr", { class: `wz-why wz-is-${toneOf(row)}` }, h("td", { colspan: this.#columns.length + 1 },
        h("div", { class: "wz-sentences" }, ...row.errors.map((problem) => this.#mender.line(row, problem))))));
    }
    return group;
  }
}

/** Columns that say something first: what names the record, then where errors are, then changes, then the others; else as they come. */
function ordered(preview: Preview): Column[] {
  const wrong = new Set([...preview.kinds, ...preview.asks].filter((kind) => kind.count > 0).map((kind) => kind.name));
  const changed = new Set(preview.fields.map((field) => field.field));
  const names = preview.columns.slice(0, 2);
  const rest = preview.columns.slice(2);
  const place = ({ name }: Column): number => (wrong.has(name) ? 0 : changed.has(name) ? 1 : 2);
  return [...names, ...rest.sort((a, b) => place(a) - place(b))];
}
