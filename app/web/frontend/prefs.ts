/** How this person likes this sheet: order, widths and visibility of columns, and the row height. */

import type { Describe, Field, Kind } from "./types.ts";

export type RowHeight = "compact" | "standard" | "roomy";

/** Row heights in css pixels. */
export const ROW_HEIGHTS: Record<RowHeight, number> = { compact: 28, standard: 32, roomy: 40 };

const WIDTHS: Partial<Record<Kind, number>> = {
  text: 160, long_text: 240, integer: 96, decimal: 112, money: 120, percent: 96,
  date: 112, datetime: 152, time: 88, yes_no: 80, choice: 120, link: 140, person: 104,
};

interface Saved {
  order?: string[];
  widths?: Record<string, number>;
  hidden?: string[];
  rows?: RowHeight;
}

export class Prefs {
  #key: string;
  #saved: Saved;
  #grown = new Map<string, number>();

  constructor(entity: string) {
    this.#key = `taizhang.sheet.${entity}`;
    this.#saved = read(this.#key);
  }

  get rows(): RowHeight {
    return this.#saved.rows && this.#saved.rows in ROW_HEIGHTS ? this.#saved.rows : "compact";
  }

  set rows(rows: RowHeight) {
    this.#save({ rows });
  }

  /** System fields are hidden until somebody asks for them. */
  isHidden(field: Field): boolean {
    return this.#saved.hidden ? this.#saved.hidden.includes(field.name) : Boolean(field.system);
  }

  setHidden(describe: Describe, name: string, hidden: boolean): void {
    const now = describe.fields.filter((field) => this.isHidden(field)).map((field) => field.name);
    this.#save({ hidden: hidden ? [...now, name] : now.filter((one) => one !== name) });
  }

  width(field: Field): number {
    const declared = field.width ?? WIDTHS[field.kind] ?? 140;
    return this.#saved.widths?.[field.name] ?? Math.max(declared, this.#grown.get(field.name) ?? 0);
  }

  /** Make a column at least this wide, unless the person has set its width; true when it grew. */
  grow(field: Field, width: number): boolean {
    if (this.#saved.widths?.[field.name] !== undefined || this.width(field) >= width) return false;
    this.#grown.set(field.name, width);
    return true;
  }

  setWidths(widths: Record<string, number>): void {
    this.#save({ widths: { ...this.#saved.widths, ...widths } });
  }

  setOrder(order: string[]): void {
    this.#save({ order });
  }

  /** Back to how the entity is declared. */
  reset(): void {
    this.#saved = { rows: this.#saved.rows };
    this.#save({});
  }

  /** The visible columns: frozen ones first, then in the person's order, new fields where they are declared. */
  columns(describe: Describe): Field[] {
    const order = this.#saved.order ?? [];
    const rank = (field: Field, declared: number): number => {
      const own = order.indexOf(field.name);
      return (field.frozen ? 0 : 1e6) + (own >= 0 ? own : declared + (order.length ? 1e3 : 0));
    };
    return describe.fields
      .map((field, index) => ({ field, at: rank(field, index) }))
      .filter(({ field }) => !this.isHidden(field))
      .sort((a, b) => a.at - b.at)
      .map(({ field }) => field);
  }

  #save(change: Saved): void {
    this.#saved = { ...this.#saved, ...change };
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#saved));
    } catch {
      // storage is full or forbidden: the sheet works, it only forgets
    }
  }
}

function read(key: string): Saved {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return saved && typeof saved === "object" ? (saved as Saved) : {};
  } catch {
    return {};
  }
}
