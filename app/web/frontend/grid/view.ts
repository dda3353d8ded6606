/** SlickGrid as the painter of rows: it draws, scrolls and resizes columns; everything else is ours. */

import { SlickGrid, type Column, type GridOption } from "slickgrid";
import Sortable from "sortablejs";
import { h, icon } from "../dom.ts";
import { t } from "../i18n.ts";
import { ROW_HEIGHTS } from "../prefs.ts";
import type { Field, Row } from "../types.ts";
import { paintCell } from "./cell.ts";
import { paintHead } from "./header.ts";
import type { Sheet } from "./sheet.ts";

Object.assign(globalThis, { Sortable }); // SlickGrid takes it from there

const GUTTER = "#";
const HEAD = 30;
const FOOT = 28;
const GHOSTS = 40;

export interface Place {
  row: number;
  col: number;
}

type Col = Column<Row> & { tz?: Field };

export class View {
  readonly host: HTMLElement;
  /** What lies over the grid without being part of its rows and cells: the input, the fill handle. */
  readonly frame: HTMLElement;
  readonly grid: SlickGrid<Row, Col>;
  #sheet: Sheet;
  #timer = 0;
  onFilter: (field: Field, at: HTMLElement) => void = () => {};
  onMoved: () => void = () => {};

  constructor(sheet: Sheet, host: HTMLElement) {
    this.#sheet = sheet;
    this.host = host;
    this.frame = host.parentElement ?? host;
    const data = {
      // Before the first answer there are ghost rows, so that the head stands over a sheet from the start.
      getLength: () => (sheet.store.total === null ? GHOSTS : sheet.length),
      getItem: (index: number) => sheet.rowAt(index) as Row,
      getItemMetadata: (index: number) => ({ cssClasses: this.#rowClass(index) }),
    };
    const columns = this.#columns();
    host.style.setProperty("--sh-row", `${ROW_HEIGHTS[sheet.prefs.rows]}px`);
    this.grid = new SlickGrid<Row, Col>(host, data, columns, this.#options(columns));
    this.#wire();
    this.heads(); // the first ones were drawn before anybody listened
    this.show();
  }

  /** The number of columns frozen at the left, fewer where they would leave no room. */
  #frozen(columns: Col[]): number {
    const room = this.host.clientWidth * 0.6;
    let [width, last] = [this.#gutterWidth(), 0];
    for (const [index, column] of columns.entries()) {
      if (!column.tz?.frozen) continue;
      width += column.width ?? 0;
      if (width > room || index === columns.length - 1) break;
      last = index;
    }
    return last;
  }

  #options(columns: Col[]): GridOption<Col> {
    return {
      rowHeight: ROW_HEIGHTS[this.#sheet.prefs.rows],
      headerRowHeight: HEAD,
      footerRowHeight: FOOT,
      createFooterRow: true,
      showFooterRow: true,
      frozenColumn: this.#frozen(columns),
      enableCellNavigation: false,
      enableColumnReorder: true,
      enableHtmlRendering: false,
      editable: false,
      forceSyncScrolling: true,
      invalidColumnFreezeWidthCallback: () => {},
      invalidColumnFreezePickerCallback: () => {},
    };
  }

  #columns(): Col[] {
    const width = this.#gutterWidth();
    const gutter: Col = {
      id: GUTTER, field: "id", name: "", width, minWidth: width, maxWidth: width,
      resizable: false, reorderable: false, cssClass: "sh-gutter", headerCssClass: "sh-gutter-head",
      formatter: (index, _cell, _value, _column, row) => this.#gutter(index, row),
    };
    const fields = this.#sheet.columns.map((field): Col => ({
      id: field.name, field: "id", name: field.label, width: this.#sheet.prefs.width(field), minWidth: 40,
      tz: field, reorderable: !field.frozen, resizable: true,
      formatter: (_index, _cell, _value, _column, row) => paintCell(this.#sheet, row, field),
    }));
    return [gutter, ...fields];
  }

  /** Room for a mark and the longest row number. */
  #gutterWidth(): number {
    return Math.max(48, 26 + 8 * String(this.#sheet.length).length);
  }

  #gutter(index: number, row: Row): HTMLElement {
    const number = h("span", { class: "sh-row-number" }, row.id === 0 ? "" : String(index + 1));
    const mark = row.id === 0 ? icon("plus", 12) : row.id < 0 ? icon("pencil", 12) : row.locked || row.held?.["*"] ? icon("clock", 12) : row.now?.gone ? icon("trash", 12) : null;
    const cell = h("div", { class: "sh-gutter-cell" }, mark, number);
    if (row.id === 0) cell.title = t("insertRow");
    return cell;
  }

  #rowClass(index: number): string {
    const row = this.#sheet.rowAt(index);
    if (!row) return "";
    if (row.id === 0) return "sh-blank";
    if (row.id < 0) return "sh-draft";
    if (row.now?.gone) return "sh-gone";
    return row.locked ? "sh-locked" : "";
  }

  #wire(): void {
    const { grid } = this;
    const sheet = this.#sheet;
    grid.onHeaderCellRendered.subscribe((_event, { node, column }) => {
      const field = (column as Col).tz;
      if (field) paintHead(sheet, node, field, (one, at) => this.onFilter(one, at));
    });
    grid.onViewportChanged.subscribe(() => this.show());
    grid.onScroll.subscribe(() => this.onMoved());
    grid.onColumnsResized.subscribe(() => {
      const widths = grid.getColumns().flatMap(({ tz, width }) => (tz && width ? [[tz.name, width] as const] : []));
      sheet.prefs.setWidths(Object.fromEntries(widths));
      this.onMoved();
    });
    grid.onColumnsReordered.subscribe(() => {
      sheet.prefs.setOrder(grid.getColumns().flatMap(({ tz }) => (tz ? [tz.name] : [])));
      sheet.columns = sheet.prefs.columns(sheet.describe);
      sheet.emit("columns", undefined);
    });
    sheet.on("columns", () => this.#rebuild());
    sheet.on("query", () => {
      this.heads();
      grid.scrollRowToTop(0);
    });
    sheet.on("rows", (range) => this.#refresh(range));
    sheet.on("cells", (ids) => this.repaint(ids.map((id) => sheet.store.positionOf(id))));
    new ResizeObserver(() => {
      grid.resizeCanvas();
      this.onMoved();
    }).observe(this.host);
  }

  /** Columns or row height changed. */
  #rebuild(): void {
    const columns = this.#columns();
    this.host.style.setProperty("--sh-row", `${ROW_HEIGHTS[this.#sheet.prefs.rows]}px`);
    this.grid.setOptions({ rowHeight: ROW_HEIGHTS[this.#sheet.prefs.rows], frozenColumn: -1 }, true);
    this.grid.setColumns(columns);
    this.grid.setOptions({ frozenColumn: this.#frozen(columns) });
    this.grid.invalidate();
    this.onMoved();
  }

  #refresh(range: { from: number; to: number } | null): void {
    if (range) this.repaint(Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index));
    else {
      if (this.grid.getColumns()[0]?.width !== this.#gutterWidth()) this.#sheet.emit("columns", undefined);
      this.grid.updateRowCount();
      this.grid.invalidate();
      this.show();
    }
    this.onMoved();
  }

  /** Draw the heads again (order and filter marks). */
  heads(): void {
    for (const field of this.#sheet.columns) {
      const node = this.headOf(field);
      if (node) paintHead(this.#sheet, node, field, (one, at) => this.onFilter(one, at));
    }
  }

  headOf(field: Field): HTMLElement | null {
    return this.host.querySelector<HTMLElement>(`.slick-header-column[data-id="${CSS.escape(field.name)}"]`);
  }

  /** Draw the rows at these positions again. */
  repaint(positions: number[]): void {
    this.grid.invalidateRows(positions.filter((position) => position >= 0));
    this.grid.render();
  }

  /** Fetch what is in view, a moment after scrolling has calmed down. */
  show(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      const { top, bottom } = this.grid.getViewport();
      this.#sheet.store.show(Math.max(0, top - 20), bottom + 40);
    }, 30);
  }

  /** The rows and columns drawn now. */
  drawn(): { top: number; bottom: number } {
    const { top, bottom } = this.grid.getRenderedRange();
    return { top, bottom };
  }

  /** Full rows that fit in the view. */
  pageSize(): number {
    const { top, bottom } = this.grid.getViewport();
    return Math.max(1, bottom - top - 2);
  }

  scrollTo({ row, col }: Place): void {
    this.grid.scrollCellIntoView(row, col + 1, false);
  }

  node({ row, col }: Place): HTMLElement | null {
    return this.grid.getCellNode(row, col + 1);
  }

  /** The cell's place in css pixels inside the host; null while it is not drawn. `hidden`: under a frozen column. */
  rectOf(place: Place): { left: number; top: number; width: number; height: number; hidden: boolean } | null {
    const node = this.node(place);
    if (!node) return null;
    const box = node.getBoundingClientRect();
    const host = this.host.getBoundingClientRect();
    const pane = node.closest(".slick-viewport")?.getBoundingClientRect() ?? host;
    const hidden = box.right < pane.left + 4 || box.left > pane.right - 4 || box.bottom < pane.top + 4 || box.top > pane.bottom - 4;
    return { left: box.left - host.left, top: box.top - host.top, width: box.width, height: box.height, hidden };
  }

  /** The cell under a mouse event; col -1 is the row number. */
  placeOf(target: EventTarget | null): Place | null {
    const node = (target as Element | null)?.closest?.(".slick-cell");
    if (!node || !this.host.contains(node)) return null;
    const found = this.grid.getCellFromEvent({ target: node } as unknown as Event);
    return found ? { row: found.row, col: found.cell - 1 } : null;
  }
}
