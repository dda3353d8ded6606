/** Copy, cut and paste through the browser's own events, in the form Excel uses. */

import { edit, isEmpty, show } from "../core/format.ts";
import type { Range } from "../core/selection.ts";
import { parseTsv, toHtml, toTsv } from "../core/tsv.ts";
import { t } from "../i18n.ts";
import type { Field, Row, Wire } from "../types.ts";
import { clear, fieldsOf, rowsOf, tooMany } from "./gestures.ts";
import type { CellInput } from "./input.ts";
import type { Sheet } from "./sheet.ts";
import { MAX_ROWS, type Put, write } from "./write.ts";

/** The last copy of this page: pasting it back needs no look-up and loses nothing. */
interface Copied {
  text: string;
  fields: Field[];
  cells: { value: Wire; title: string | null }[][];
}

/** Wire the clipboard events of the cell input. */
export function listenToClipboard(sheet: Sheet, input: CellInput): void {
  let copied: Copied | null = null;

  const copy = (event: ClipboardEvent): boolean => {
    const { range } = sheet.selection;
    if (tooMany(sheet, range)) return false;
    const rows = loaded(sheet, range);
    if (!rows) {
      // The event cannot wait for the server: fetch now, copy at the next key press.
      void rowsOf(sheet, range).then(() => sheet.emit("say", { text: t("copyAgain") }));
      event.preventDefault();
      return false;
    }
    copied = take(sheet, rows, fieldsOf(sheet, range));
    const texts = parseTsv(copied.text);
    event.clipboardData?.setData("text/plain", copied.text);
    event.clipboardData?.setData("text/html", toHtml(texts, copied.fields.map(({ kind }) => ["text", "long_text", "number", "link", "choice"].includes(kind))));
    event.preventDefault();
    if (rows.length > 1) sheet.emit("say", { text: t("copiedN", { n: rows.length }) });
    return true;
  };

  input.element.addEventListener("copy", (event) => {
    if (!input.editing) copy(event);
  });
  input.element.addEventListener("cut", (event) => {
    if (!input.editing && copy(event)) void clear(sheet);
  });
  input.element.addEventListener("paste", (event) => {
    if (input.editing) return;
    event.preventDefault();
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text) void paste(sheet, text, copied?.text.replaceAll("\r\n", "\n") === text.replaceAll("\r\n", "\n") ? copied : null);
  });
}

function loaded(sheet: Sheet, { top, bottom }: Range): Row[] | null {
  const rows: Row[] = [];
  for (let at = top; at <= Math.min(bottom, sheet.store.length - 1); at += 1) {
    const row = sheet.store.at(at);
    if (!row) return null;
    rows.push(row);
  }
  return rows;
}

function take(sheet: Sheet, rows: Row[], fields: Field[]): Copied {
  const cells = rows.map((row) => fields.map((field) => sheet.value(row, field)));
  // Numbers travel without thousand separators: every spreadsheet reads them whatever its locale.
  const texts = rows.map((row) => fields.map((field) => copyText(sheet, row, field)));
  return { text: toTsv(texts), fields, cells };
}

function copyText(sheet: Sheet, row: Row, field: Field): string {
  const typed = sheet.edits.get(row.id, field.name)?.typed;
  const { value, title } = sheet.value(row, field);
  if (typed !== undefined) return typed;
  return field.kind === "percent" ? show(field, value) : edit(field, value, title);
}

async function paste(sheet: Sheet, text: string, own: Copied | null): Promise<void> {
  const source = parseTsv(text);
  const height = source.length;
  const width = Math.max(...source.map((line) => line.length), 0);
  if (!height || !width) return;
  const { range } = sheet.selection;
  // A selection that holds the copied block a whole number of times is filled with it.
  const rows = repeat(range.bottom - range.top + 1, height);
  const cols = repeat(range.right - range.left + 1, width);
  const target = { top: range.top, left: range.left, bottom: range.top + rows - 1, right: range.left + cols - 1 };
  if (tooMany(sheet, target)) return;
  const puts: Put[] = [];
  let lost = 0;
  for (let row = 0; row < Math.min(rows, MAX_ROWS); row += 1) {
    if (target.top + row >= sheet.store.length && !sheet.describe.rights.add) {
      lost += 1;
      continue;
    }
    for (let col = 0; col < cols; col += 1) {
      const field = sheet.columns[target.left + col];
      const cell = source[row % height]?.[col % width];
      if (field && cell !== undefined) puts.push(putOf(target.top + row, field, cell, own, row % height, col % width));
    }
  }
  if (lost) sheet.emit("say", { text: t("skippedRows", { n: lost }), tone: "warn" });
  await write(sheet, puts, rows * cols > 1 ? "paste" : null);
  sheet.selection.select({ ...target, right: Math.min(target.right, sheet.columns.length - 1) });
}

function putOf(row: number, field: Field, text: string, own: Copied | null, line: number, column: number): Put {
  const from = own?.fields[column];
  const cell = own?.cells[line]?.[column];
  const same = from && from.kind === field.kind && from.target?.entity === field.target?.entity && from.scale === field.scale && !from.masked;
  if (same && cell && field.kind !== "choice" && !isEmpty(cell.value)) return { row, field, value: cell.value, title: cell.title };
  return { row, field, text };
}

function repeat(selected: number, copied: number): number {
  return selected > copied && selected % copied === 0 ? selected : copied;
}
