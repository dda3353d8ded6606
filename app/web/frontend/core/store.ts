/**
 * The rows of a sheet, fetched in blocks as they come into view and kept by record id.
 * Positions 0 … total-1 are the server's; after them come the extra rows of this session (drafts and new records).
 */

import type { Page, Row } from "../types.ts";

export type FetchPage = (want: { at: number; after: string | null; limit: number }, signal: AbortSignal) => Promise<Page>;

export interface StoreOptions {
  blockSize?: number;
  /** How many blocks stay in memory. */
  keepBlocks?: number;
  /** Rows that must not be forgotten: those with unsaved cells. */
  pinned?: (id: number) => boolean;
  /** Hears which positions have (new) rows; null = everything moved. */
  onRows?: (range: { from: number; to: number } | null) => void;
  onError?: (error: unknown) => void;
}

interface Loading {
  promise: Promise<void>;
  controller: AbortController;
  wanted: boolean; // by somebody who waits for it: never aborted because the view moved on
}

export class RowStore {
  readonly blockSize: number;
  total: number | null = null;
  #keep: number;
  #fetch: FetchPage;
  #options: StoreOptions;
  #blocks = new Map<number, { ids: number[]; next: string | null }>(); // in order of last use
  #rows = new Map<number, Row>();
  #place = new Map<number, number>(); // id → position
  #loading = new Map<number, Loading>();
  #extras: number[] = [];
  #stale = new Set<number>(); // blocks shown only until their new rows arrive
  #age = 0;

  constructor(fetch: FetchPage, options: StoreOptions = {}) {
    this.#fetch = fetch;
    this.#options = options;
    this.blockSize = options.blockSize ?? 200;
    this.#keep = options.keepBlocks ?? 60;
  }

  /** Number of positions: the server's rows and the extra ones. */
  get length(): number {
    return (this.total ?? 0) + this.#extras.length;
  }

  get extras(): readonly number[] {
    return this.#extras;
  }

  get busy(): boolean {
    return this.#loading.size > 0;
  }

  /** The row at a position; undefined while it is not loaded. */
  at(position: number): Row | undefined {
    const id = this.idAt(position);
    return id === undefined ? undefined : this.#rows.get(id);
  }

  /** The id at a position; undefined while it is not loaded. */
  idAt(position: number): number | undefined {
    const total = this.total ?? 0;
    if (position >= total) return this.#extras[position - total];
    const block = Math.floor(position / this.blockSize);
    return this.#blocks.get(block)?.ids[position - block * this.blockSize];
  }

  get(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  /** The position of a record; -1 when it is not loaded. */
  positionOf(id: number): number {
    const extra = this.#extras.indexOf(id);
    if (extra >= 0) return (this.total ?? 0) + extra;
    return this.#place.get(id) ?? -1;
  }

  /** Fetch what the view from `from` to `to` needs, giving up fetches for views left behind. */
  show(from: number, to: number): void {
    const blocks = this.#blocksOf(from, to);
    for (const [block, loading] of this.#loading) {
      if (!loading.wanted && !blocks.includes(block)) loading.controller.abort();
    }
    for (const block of blocks) this.#load(block, false).catch(() => undefined); // reported by onError
  }

  /** Fetch positions `from` to `to` and wait for them. */
  async load(from: number, to: number): Promise<void> {
    await Promise.all(this.#blocksOf(from, to).map((block) => this.#load(block, true)));
  }

  /** Fetch every row again, showing the old ones until then; this session's new records take their places. */
  refresh(): void {
    this.#stop();
    this.#extras = this.#extras.filter((id) => id < 0);
    this.#stale = new Set(this.#blocks.keys());
  }

  /** Forget every fetched row (other filter, other order); drafts stay, saved extras go. */
  reset(): void {
    this.#stop();
    this.#stale.clear();
    this.#blocks.clear();
    this.#place.clear();
    this.#extras = this.#extras.filter((id) => id < 0);
    for (const id of this.#rows.keys()) if (id > 0 && !this.#options.pinned?.(id)) this.#rows.delete(id);
  }

  #stop(): void {
    this.#age += 1;
    for (const { controller } of this.#loading.values()) controller.abort();
    this.#loading.clear();
  }

  /** Add a row after the last one. */
  append(row: Row): void {
    this.#rows.set(row.id, row);
    this.#extras.push(row.id);
    this.#options.onRows?.(null);
  }

  /** A draft was stored as `row`. */
  saved(draft: number, row: Row): void {
    this.#rows.delete(draft);
    this.#rows.set(row.id, row);
    this.#extras = this.#extras.map((id) => (id === draft ? row.id : id));
  }

  /** Take in what the server wrote into a row. */
  merge(id: number, change: { version?: number | null; locked?: number | null; values?: Row["values"]; titles?: Row["titles"] }): void {
    const row = this.#rows.get(id);
    if (!row) return;
    Object.assign(row.values, change.values);
    Object.assign(row.titles, change.titles);
    if (change.version != null) row.version = change.version;
    if (change.locked !== undefined) row.locked = change.locked;
  }

  /** New values of a row's cells wait for approval. */
  hold(id: number, cells: NonNullable<Row["held"]>): void {
    const row = this.#rows.get(id);
    if (row) row.held = { ...row.held, ...cells };
  }

  /** The rows in memory, in the order they stand. */
  *loaded(): Generator<Row> {
    const blocks = [...this.#blocks].sort(([a], [b]) => a - b).flatMap(([, { ids }]) => ids);
    for (const id of [...blocks, ...this.#extras]) {
      const row = this.#rows.get(id);
      if (row) yield row;
    }
  }

  /** Take drafts out that were never sent. */
  discard(ids: number[]): void {
    const gone = new Set(ids);
    this.#extras = this.#extras.filter((id) => !gone.has(id));
    for (const id of gone) this.#rows.delete(id);
    this.#options.onRows?.(null);
  }

  #blocksOf(from: number, to: number): number[] {
    const last = this.total === null ? 0 : Math.max(0, Math.min(to, this.total - 1));
    const first = Math.max(0, Math.min(from, last));
    const blocks: number[] = [];
    const end = Math.floor(last / this.blockSize);
    for (let block = Math.floor(first / this.blockSize); block <= end; block += 1) blocks.push(block);
    return blocks;
  }

  async #load(block: number, wanted: boolean): Promise<void> {
    const held = this.#blocks.get(block);
    if (held && !this.#stale.has(block)) {
      this.#blocks.delete(block); // put back last: most recently used
      this.#blocks.set(block, held);
      return;
    }
    const running = this.#loading.get(block);
    if (running) {
      running.wanted ||= wanted;
      return running.promise;
    }
    const controller = new AbortController();
    const promise = this.#request(block, controller.signal).finally(() => {
      if (this.#loading.get(block)?.controller === controller) this.#loading.delete(block);
    });
    this.#loading.set(block, { promise, controller, wanted });
    return promise;
  }

  async #request(block: number, signal: AbortSignal): Promise<void> {
    const age = this.#age;
    const at = block * this.blockSize;
    const after = this.#stale.has(block - 1) ? null : (this.#blocks.get(block - 1)?.next ?? null);
    try {
      const page = await this.#fetch({ at, after, limit: this.blockSize }, signal);
      if (age === this.#age) this.#take(block, page);
    } catch (error) {
      if (!signal.aborted) this.#options.onError?.(error);
      throw error;
    }
  }

  #take(block: number, page: Page): void {
    const at = block * this.blockSize;
    const ids = page.rows.map((row) => row.id);
    for (const id of this.#blocks.get(block)?.ids ?? []) this.#place.delete(id);
    this.#stale.delete(block);
    ids.forEach((id, index) => this.#place.set(id, at + index));
    for (const row of page.rows) this.#rows.set(row.id, row);
    this.#blocks.set(block, { ids, next: page.next });
    this.#forgetOldest();
    const fresh = new Set(ids);
    const moved = page.total !== this.total || this.#extras.some((id) => fresh.has(id));
    this.total = page.total;
    this.#extras = this.#extras.filter((id) => !fresh.has(id));
    this.#options.onRows?.(moved ? null : { from: at, to: at + ids.length - 1 });
  }

  #forgetOldest(): void {
    for (const [block, { ids }] of this.#blocks) {
      if (this.#blocks.size <= this.#keep) return;
      this.#blocks.delete(block);
      for (const id of ids) {
        this.#place.delete(id);
        if (!this.#options.pinned?.(id) && !this.#extras.includes(id)) this.#rows.delete(id);
      }
    }
  }
}
