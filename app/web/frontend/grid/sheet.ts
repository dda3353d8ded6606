/** One open sheet: what it shows, what has been changed in it, and who listens. Everything else hangs on this. */

import { type Api, ApiError } from "../api.ts";
import { Edits } from "../core/edits.ts";
import { type Condition, fromAddress, toFilter } from "../core/filter.ts";
import { isEmpty } from "../core/format.ts";
import { History } from "../core/history.ts";
import { Saver } from "../core/save.ts";
import { Selection } from "../core/selection.ts";
import { settle, type Summary } from "../core/settle.ts";
import { RowStore } from "../core/store.ts";
import type { Describe, Field, Query, Row, Sort, Wire } from "../types.ts";
import { Prefs } from "../prefs.ts";
import { t } from "../i18n.ts";
import { pastReason } from "../ui/asof.ts";

/** Milliseconds until rows that could not be fetched are asked for again. */
const RETRY = 3_000;

interface Events {
  /** Rows by id whose cells look different now. */
  cells: number[];
  /** Positions that have rows now; null = everything. */
  rows: { from: number; to: number } | null;
  selection: { row: number; col: number };
  /** Filter, order or search changed. */
  query: undefined;
  /** The data behind the sheet changed in a way we cannot follow row by row. */
  reload: undefined;
  /** Columns were shown, hidden, moved, or the row height changed. */
  columns: undefined;
  link: "up" | "down" | "signedOut";
  /** A short sentence for the status bar. */
  say: { text: string; tone?: "warn" };
  saved: Summary;
  history: undefined;
  /** The grid wants the keyboard back. */
  focus: undefined;
}


export class Sheet {
  readonly describe: Describe;
  readonly api: Api;
  readonly prefs: Prefs;
  readonly edits: Edits;
  readonly history: History;
  readonly store: RowStore;
  readonly saver: Saver;
  readonly selection: Selection;
  readonly conditions = new Map<string, Condition>();
  sort: Sort = [];
  q: string | null = null;
  columns: Field[] = [];
  link: Events["link"] = "up";
  #listeners = new Map<keyof Events, ((payload: never) => void)[]>();
  #drafts = 0;
  #blank: Row = { id: 0, version: 0, values: {}, titles: {} };

  constructor(describe: Describe, api: Api) {
    this.describe = describe;
    this.api = api;
    this.prefs = new Prefs(describe.entity);
    this.columns = this.prefs.columns(describe);
    const asked = describe.query;
    this.sort = asked?.sort.length ? asked.sort : describe.sort;
    this.q = asked?.q || null;
    for (const [name, condition] of fromAddress(asked?.conditions ?? [])) this.conditions.set(name, condition);
    if (describe.of) this.conditions.set("parent_id", { op: "eq", value: describe.of.id, titles: [describe.of.title ?? `#${describe.of.id}`] });
    this.edits = new Edits((ids) => {
      for (const id of ids) this.saver.touched(id);
      this.emit("cells", ids);
    });
    this.history = new History(() => this.#remember());
    this.store = new RowStore((want, signal) => api.rows(this.query, want, signal), {
      pinned: (id) => this.edits.has(id),
      onRows: (range) => {
        if (!this.saver.busy) this.#setLink("up");
        this.emit("rows", range);
        const { row, col } = this.selection.active;
        if (row >= Math.max(this.length, 1)) this.selection.set(row, col); // fewer rows now: back inside
      },
      onError: (error) => this.#rowsFailed(error),
    });
    this.saver = new Saver({
      describe,
      edits: this.edits,
      row: (id) => this.store.get(id),
      post: (set) => api.send(set),
      settle: (set, ids, outcome, ok) => {
        const ledger = { store: this.store, edits: this.edits, history: this.history, titleField: describe.title };
        const summary = settle(ledger, set, ids, outcome, ok);
        this.emit("saved", summary);
        if (summary.deleted) this.reload();
        else if (summary.inserted) this.emit("rows", null);
      },
      onLink: (state) => this.#setLink(state),
      discardDraft: (id) => this.store.discard([id]),
    });
    this.selection = new Selection(
      () => ({ rows: Math.max(this.length, 1), cols: Math.max(this.columns.length, 1) }),
      (before) => this.#moved(before),
    );
    this.history.restore(this.#remembered());
  }

  on<K extends keyof Events>(event: K, listener: (payload: Events[K]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener as (payload: never) => void]);
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as (payload: Events[K]) => void)(payload);
  }

  get query(): Query {
    return { filter: toFilter(this.conditions), sort: this.sort, q: this.q };
  }

  /** Rows on screen: stored ones, this session's, and the blank one at the end for those who may add. */
  get length(): number {
    return this.store.length + (this.describe.rights.add && this.store.total !== null ? 1 : 0);
  }

  /** The row at a position; undefined while it is not loaded. */
  rowAt(position: number): Row | undefined {
    return position === this.store.length && position < this.length ? this.#blank : this.store.at(position);
  }

  field(name: string): Field | undefined {
    return this.describe.fields.find((field) => field.name === name);
  }

  /** What a cell holds now, edits included. */
  value(row: Row, field: Field): { value: Wire; title: string | null } {
    const edit = this.edits.get(row.id, field.name);
    if (edit) return { value: edit.value, title: edit.title };
    return { value: row.values[field.name] ?? null, title: row.titles[field.name] ?? null };
  }

  /** Why a cell cannot be changed, in one sentence; null when it can. */
  whyReadOnly(row: Row, field: Field): string | null {
    const { rights } = this.describe;
    const isNew = row.id <= 0;
    if (this.api.moment) return pastReason(this.api.moment);
    if (row.locked && !isNew) return t("lockedRow");
    if (row.held?.["*"]) return t("heldDelete");
    if (row.held?.[field.name]) return t("heldCell");
    if (field.computed) return field.readonly_reason || t("computed");
    if (field.editable === false) return field.readonly_reason || t("readOnly");
    if (!(isNew ? rights.add : rights.edit)) return t("noRight");
    return field.kind === "attachment" ? t("notHere") : null;
  }

  /** A new row at the end that only this page knows; it is sent once its required cells are filled. */
  newDraft(): Row {
    this.#drafts += 1;
    const defaults = this.describe.fields.filter((field) => !isEmpty(field.default));
    const values = Object.fromEntries(defaults.map((field) => [field.name, field.default ?? null]));
    const row: Row = { id: -this.#drafts, version: 0, values, titles: {} };
    const { of } = this.describe;
    if (of && this.conditions.get("parent_id")?.value === of.id) {
      row.values.parent_id = of.id;
      row.titles.parent_id = of.title;
    }
    this.store.append(row);
    return row;
  }

  /** Fetch again: the filter, the order or the data behind the sheet changed. */
  reload(): void {
    this.store.refresh();
    this.emit("reload", undefined);
    this.emit("rows", null);
  }

  /** Show other rows, or in another order. */
  requery(): void {
    this.selection.set(0, this.selection.active.col);
    this.store.reset();
    this.emit("query", undefined);
    this.emit("rows", null);
  }

  /** The active cell's row and field; null while the row is not loaded. */
  here(): { row: Row; field: Field } | null {
    const { row, col } = this.selection.active;
    const found = this.rowAt(row);
    const field = this.columns[col];
    return found && field ? { row: found, field } : null;
  }

  /** Send what can be sent, and say what keeps the rest back. */
  async save(): Promise<void> {
    await this.saver.flush();
    const left = this.edits.inState("required");
    const label = this.field(left[0]?.field ?? "")?.label;
    if (label) this.emit("say", { text: t("fillFirst", { n: new Set(left.map(({ id }) => id)).size, label }), tone: "warn" });
  }

  /** Try again what the connection or the session has kept from happening. */
  retry(): void {
    this.saver.retry();
    this.reload();
  }

  #setLink(state: Events["link"]): void {
    if (this.link === state) return;
    this.link = state;
    this.emit("link", state);
  }

  #rowsFailed(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) return this.#setLink("signedOut");
    const message = error instanceof ApiError ? error.message : t("rowsFailed");
    this.emit("say", { text: message, tone: "warn" });
    if (error instanceof ApiError && error.status < 500) return; // asking again would be answered the same
    this.#setLink("down");
    setTimeout(() => this.emit("rows", null), RETRY);
  }

  #moved(before: { row: number; col: number }): void {
    const left = this.rowAt(before.row)?.id;
    const now = this.rowAt(this.selection.active.row)?.id;
    if (left !== undefined && left !== now && left !== 0) this.saver.leave(left);
    this.emit("selection", before);
  }

  get #memory(): string {
    return `taizhang.undo.${this.describe.entity}`;
  }

  #remember(): void {
    try {
      sessionStorage.setItem(this.#memory, JSON.stringify(this.history.sets().slice(-20)));
    } catch {
      // without session storage undo ends with the page
    }
    this.emit("history", undefined);
  }

  #remembered(): number[] {
    try {
      const sets: unknown = JSON.parse(sessionStorage.getItem(this.#memory) ?? "[]");
      return Array.isArray(sets) ? sets.filter((set) => typeof set === "number") : [];
    } catch {
      return [];
    }
  }
}
