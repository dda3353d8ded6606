/** The rows of a preview in the order they are shown, fetched page by page. */

import { rows as fetchRows } from "./api.ts";
import type { Only, Row } from "./types.ts";

/** Errors first, or as they stand in the file; or only some of them. */
export type Order = "errors" | "excel";

/** Gives the rows page by page. */
export class Feed {
  readonly #set: number;
  readonly #parts: Only[];
  #after = -1;
  /** The page being fetched, kept by whoever shows it, so that two do not ask at once. */
  loading: Promise<boolean> | null = null;

  constructor(set: number, order: Order, only: Only) {
    this.#set = set;
    this.#parts = only ? [only] : order === "excel" ? [""] : ["error", "ask", "ready"];
  }

  get finished(): boolean {
    return this.#parts.length === 0;
  }

  /** The next rows; none when all have come. Rejects when the server could not be asked; then ask again. */
  async next(): Promise<Row[]> {
    let found: Row[] = [];
    while (found.length === 0 && this.#parts[0] !== undefined) {
      const page = await fetchRows(this.#set, this.#parts[0], this.#after);
      found = page.rows;
      this.#after = page.next ?? -1;
      if (page.next === null) this.#parts.shift();
    }
    return found;
  }
}
