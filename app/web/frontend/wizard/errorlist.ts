/** The errors of a preview as a CSV file, to have beside the workbook while mending it. */

import type { Preview, Row } from "./types.ts";
import { t } from "./words.ts";

const RISKY = /^\s*[=+\-@\t\r＝＋－＠]/;

/** One line an error: Excel row, column, what stands there, what is wrong. Nothing in it runs as a formula. */
export function errorList(preview: Preview, rows: Row[]): string {
  const label = (name: string | null): string => preview.columns.find((column) => column.name === name)?.label ?? name ?? "";
  const lines = rows.flatMap((row) => row.errors.map((each) => [
    row.line ? String(row.line) : "", each.column ?? label(each.field),
    each.text || (each.field ? (row.cells[each.field]?.[1] ?? "") : ""), each.message,
  ].map(quoted).join(",")));
  return `\uFEFF${[t("csvHead"), ...lines].join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  const safe = RISKY.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Give the browser a file to save. */
export function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
