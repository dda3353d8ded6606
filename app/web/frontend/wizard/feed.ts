/** The rows of a preview in the order they are shown, fetched page by page. */

import { rows as fetchRows } from "./api.ts";
import type { Only, Row } from "./types.ts";

/** Errors first, or as they stand in the file. */
export type Order = "errors" | "excel";

/** Which rows are shown: in what order, which of them, and of which kind of error (its place in the summary). */
export interface Wanted {
  order: Order;
  only: Only;
  kind: number | null;
}

/** Gives the rows page by page. */
export class Feed {
  readonly #set: number;
  readonly #kind: number | null;
  readonly #parts: Only[];
  #after = -1;
  /** The page being fetched, kept by whoever shows it, so that two do not ask at once. */
  loading: Promise<boolean> | null = null;

  constructor(set: number, { order, only, kind }: Wanted) {
    this.#set = set;
    this.#kind = kind;
    this.#parts = only ? [only] : order === "excel" ? [""] : ["error", "conflict", "ask", "ready"];
  }

  get finished(): boolean {
    return this.#parts.length === 0;
  }

  /** The next rows; none when all have come. Rejects when the server could not be asked; then ask again. */
  async next(): Promise<Row[]> {
    let found: Row[] = [];
    while (found.length === 0 && this.#parts[0] !== undefined) {
      const page = await fetchRows(this.#set, this.#parts[0], this.#after, this.#kind);
      found = page.rows;
      this.#after = page.next ?? -1;
      if (page.next === null) this.#parts.shift();
    }
    return found;
  }
}
