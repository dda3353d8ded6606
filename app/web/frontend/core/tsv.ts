/** The text form in which Excel and other spreadsheets exchange cells. */

/** Clipboard text → rows of cells. Quotes, line breaks inside quotes, CRLF and a last line break are Excel's. */
export function parseTsv(source: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let at = 0;
  const endRow = (): void => {
    row.push(cell);
    rows.push(row);
    row = [];
    cell = "";
  };
  while (at < source.length) {
    const char = source[at];
    if (char === '"' && cell === "") {
      const close = closingQuote(source, at);
      if (close > 0) {
        cell = source.slice(at + 1, close).replaceAll('""', '"').replaceAll("\r\n", "\n");
        at = close + 1;
        continue;
      }
      cell += char;
    } else if (char === "\t") {
      row.push(cell);
      cell = "";
    } else if (char === "\n" || char === "\r") {
      endRow();
      if (char === "\r" && source[at + 1] === "\n") at += 1;
    } else {
      cell += char;
    }
    at += 1;
  }
  if (cell !== "" || row.length) endRow();
  return rows;
}

/** Where the quoted cell that begins at `open` ends; -1 when the quote is just a character of the text. */
function closingQuote(source: string, open: number): number {
  for (let at = open + 1; at < source.length; at += 1) {
    if (source[at] !== '"') continue;
    if (source[at + 1] === '"') {
      at += 1;
      continue;
    }
    const next = source[at + 1];
    return next === undefined || next === "\t" || next === "\n" || next === "\r" ? at : -1;
  }
  return -1;
}

/** Rows of cells → clipboard text; cells with tabs, quotes or line breaks are quoted. */
export function toTsv(rows: string[][]): string {
  const quote = (cell: string): string =>
    /[\t\n\r"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return rows.map((row) => row.map(quote).join("\t")).join("\r\n");
}

/** The same cells as an HTML table whose text cells stay text in Excel: no lost zeros, no formula. */
export function toHtml(rows: string[][], asText: boolean[]): string {
  const escape = (cell: string): string =>
    cell.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replaceAll("\n", "<br>");
  const style = (column: number): string => (asText[column] ? ` style="mso-number-format:'\\@'"` : "");
  const line = (row: string[]): string =>
    `<tr>${row.map((cell, column) => `<td${style(column)}>${escape(cell)}</td>`).join("")}</tr>`;
  return `<meta charset="utf-8"><table>${rows.map(line).join("")}</table>`;
}
