/** The search box: Ctrl K, a few letters of the name, its pinyin or its initials, Enter. */
import { all, data, make, one } from "./dom";

interface Page { label: string; trail: string; url: string; key: string }

const SHOWN = 40;

/** How well a page answers the letters typed: 0 not at all, then better the earlier they stand. */
export function score(page: Page, text: string): number {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return 1;
  const label = page.label.toLowerCase();
  if (label.startsWith(wanted)) return 5;
  if (label.includes(wanted)) return 4;
  if (page.key.split(" ").some((part) => part.startsWith(wanted))) return 3;
  if (page.key.includes(wanted)) return 2;
  return `${page.trail} ${label}`.toLowerCase().includes(wanted) ? 1 : 0;
}

/** Wire the palette dialog to its button, its keys and the pages the menu leads to. */
export function find(): void {
  const dialog = one<HTMLDialogElement>("#tz-find");
  const pages = data<Page[]>("#tz-palette");
  const input = dialog && one<HTMLInputElement>("input", dialog);
  const list = dialog && one("ul", dialog);
  const none = dialog && one(".tz-find-none", dialog);
  if (!dialog || !pages || !input || !list || !none) return;

  const choose = (at: number): void => {
    const rows = all("li", list);
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    rows[at]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", rows[at]?.id ?? "");
  };
  const chosen = (): number => all("li", list).findIndex((row) => row.ariaSelected === "true");
  const go = (row: HTMLElement | null | undefined, aside = false): void => {
    const url = row?.dataset.url;
    if (url) { if (aside) window.open(url, "_blank", "noopener"); else location.assign(url); }
  };
  const show = (): void => {
    const found = pages.map((page, order) => ({ page, order, points: score(page, input.value) }))
      .filter((each) => each.points > 0).sort((a, b) => b.points - a.points || a.order - b.order).slice(0, SHOWN);
    list.replaceChildren(...found.map(({ page }, index) =>
      make("li", { role: "option", id: `tz-find-${index}`, "data-url": page.url }, page.label, make("small", {}, page.trail))));
    none.hidden = found.length > 0;
    choose(0);
  };

  const open = (): void => {
    if (dialog.open || one("dialog[open]")) return;
    input.value = "";
    show();
    dialog.showModal();
    input.focus();
  };
  for (const button of all("[data-tz=palette]")) button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      event.stopPropagation();
      open();
    }
  }, true);
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const count = list.childElementCount;
    if (step && count) { event.preventDefault(); choose((chosen() + step + count) % count); }
    if (event.key === "Enter") { event.preventDefault(); go(all("li", list)[chosen()], event.ctrlKey); }
  });
  list.addEventListener("click", (event) => go((event.target as Element).closest<HTMLElement>("li"), event.ctrlKey));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
