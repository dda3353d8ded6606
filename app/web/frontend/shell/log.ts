/** The change log: up and down walk the entries, a click anywhere on a row chooses it. */
import { all, one, typing } from "./dom";

/** Wire the change log's table, where there is one. */
export function log(): void {
  const table = one<HTMLTableElement>("[data-log]");
  if (!table) return;
  const rows = all<HTMLTableRowElement>("tbody tr[data-href]", table);
  const go = (row: HTMLElement | undefined): void => {
    if (!row?.dataset.href) return;
    sessionStorage.setItem("tz-log-scroll", String(window.scrollY));
    location.assign(row.dataset.href);
  };
  table.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (!target.closest("a") && !window.getSelection()?.toString()) go(target.closest<HTMLTableRowElement>("tr[data-href]") ?? undefined);
  });
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || event.ctrlKey || event.altKey || one("dialog[open]")) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") one<HTMLAnchorElement>("[data-log-close]")?.click();
    if (!step) return;
    event.preventDefault();
    go(rows[rows.findIndex((row) => row.ariaSelected === "true") + step]);
  });
  const scroll = sessionStorage.getItem("tz-log-scroll");
  if (scroll !== null) {
    sessionStorage.removeItem("tz-log-scroll");
    window.scrollTo(0, Number(scroll));
  }
  one("tr[aria-selected=true]", table)?.scrollIntoView({ block: "nearest" });
}
