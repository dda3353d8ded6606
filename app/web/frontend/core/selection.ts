/** Where the user is: one active cell and one rectangle round it. Positions only, no pixels. */

export interface Cell {
  row: number;
  col: number;
}

export interface Range {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export class Selection {
  active: Cell = { row: 0, col: 0 };
  #anchor: Cell = { row: 0, col: 0 };
  #head: Cell = { row: 0, col: 0 };
  #size: () => { rows: number; cols: number };
  #onChange: (before: Cell) => void;

  /** `size` tells how many rows and columns there are now; `onChange` hears the cell that was active before. */
  constructor(size: () => { rows: number; cols: number }, onChange: (before: Cell) => void = () => {}) {
    this.#size = size;
    this.#onChange = onChange;
  }

  /** The selected rectangle, both ends included. */
  get range(): Range {
    const [a, b] = [this.#anchor, this.#head];
    return {
      top: Math.min(a.row, b.row), bottom: Math.max(a.row, b.row),
      left: Math.min(a.col, b.col), right: Math.max(a.col, b.col),
    };
  }

  /** The corner that moves when the range is extended. */
  get head(): Cell {
    return this.#head;
  }

  get single(): boolean {
    return this.#anchor.row === this.#head.row && this.#anchor.col === this.#head.col;
  }

  /** True when whole rows are selected. */
  get wholeRows(): boolean {
    const { left, right } = this.range;
    return left === 0 && right === this.#size().cols - 1;
  }

  contains(row: number, col: number): boolean {
    const { top, bottom, left, right } = this.range;
    return row >= top && row <= bottom && col >= left && col <= right;
  }

  /** Go to one cell. */
  set(row: number, col: number): void {
    const cell = this.#inside({ row, col });
    this.#change(cell, cell, cell);
  }

  /** Stretch the range from the anchor to a cell. */
  extend(row: number, col: number): void {
    this.#change(this.active, this.#anchor, this.#inside({ row, col }));
  }

  /** Select a rectangle; the active cell is its first. */
  select({ top, left, bottom, right }: Range): void {
    const first = this.#inside({ row: top, col: left });
    this.#change(first, first, this.#inside({ row: bottom, col: right }));
  }

  /** Move by rows and columns, stretching the range when `extend`. */
  move(rows: number, cols: number, extend = false): void {
    const from = extend ? this.#head : this.active;
    if (extend) this.extend(from.row + rows, from.col + cols);
    else this.set(from.row + rows, from.col + cols);
  }

  /** The next cell of the range (down or to the right, as Enter and Tab go); outside a range, the next cell. */
  step(rows: number, cols: number): void {
    if (this.single) return this.move(rows, cols);
    const { top, left, bottom, right } = this.range;
    const [height, width] = [bottom - top + 1, right - left + 1];
    const { row, col } = this.active;
    const along = rows ? (col - left) * height + (row - top) + rows : (row - top) * width + (col - left) + cols;
    const at = (along + height * width) % (height * width);
    const next = rows
      ? { row: top + (at % height), col: left + Math.floor(at / height) }
      : { row: top + Math.floor(at / width), col: left + (at % width) };
    this.#change(next, this.#anchor, this.#head);
  }

  selectRows(from: number, to: number): void {
    const last = this.#size().cols - 1;
    this.#change(this.#inside({ row: from, col: 0 }), this.#inside({ row: from, col: 0 }), this.#inside({ row: to, col: last }));
  }

  selectColumns(from: number, to: number): void {
    const last = this.#size().rows - 1;
    const active = this.#inside({ row: this.active.row, col: from });
    this.#change(active, { row: 0, col: from }, this.#inside({ row: last, col: to }));
  }

  selectAll(): void {
    const { rows, cols } = this.#size();
    this.#change(this.active, { row: 0, col: 0 }, this.#inside({ row: rows - 1, col: cols - 1 }));
  }

  /** Keep only the active cell. */
  collapse(): void {
    this.#change(this.active, this.active, this.active);
  }

  #inside({ row, col }: Cell): Cell {
    const { rows, cols } = this.#size();
    return { row: Math.max(0, Math.min(row, rows - 1)), col: Math.max(0, Math.min(col, cols - 1)) };
  }

  #change(active: Cell, anchor: Cell, head: Cell): void {
    const before = this.active;
    this.active = active;
    this.#anchor = anchor;
    this.#head = head;
    this.#onChange(before);
  }
}
