/** The change log: arrows and J, K walk the entries without loading the list anew; a click on a row chooses it. */
import { all, one, typing } from "./dom";

const STEPS: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const VIEW = "tz-log-view";

/** Wire the change log's table, where there is one. */
export function log(): void {
  copies();
  const table = one<HTMLTableElement>("[data-log]");
  if (!table) return;
  const rows = all<HTMLTableRowElement>("tbody tr[data-href]", table);
  const steps = rows.filter((row) => !("folded" in row.dataset));
  const chosen = (): number => steps.findIndex((row) => row.ariaSelected === "true");
  const go = (row: HTMLElement | undefined, how: "push" | "replace" = "push"): void => {
    if (row?.dataset.href) void open(row.dataset.href, how);
  };
  table.addEventListener("click", (event) => {
    const target = event.target as Element;
    const row = target.closest<HTMLTableRowElement>("tr[data-href]") ?? undefined;
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (plain && target.closest(".tz-log-no a")) event.preventDefault();
    else if (target.closest("a") || window.getSelection()?.toString()) return;
    go(row);
  });
  document.addEventListener("click", (event) => {
    const step = (event.target as Element).closest<HTMLAnchorElement>("[data-log-step]");
    if (!step) return;
    event.preventDefault();
    go(steps[chosen() + Number(step.dataset.logStep)], "replace");
  });
  document.addEventListener("keydown", (event) => {
    if (busy(event) || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || one("dialog[open], details.tz-dropdown[open]")) return;
    if (event.key === "Escape") one<HTMLAnchorElement>("[data-log-close]")?.click();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = steps[chosen() + step];
    if (next) go(next, "replace");
    else if (step > 0) one<HTMLAnchorElement>("a[rel=next]")?.click();
  });
  window.addEventListener("popstate", () => { location.reload(); });
  remembered();
  steps[chosen()]?.scrollIntoView({ block: "nearest" });
}

/** Whether the key belongs to a field; of a choice of fields only the arrows do. */
function busy(event: KeyboardEvent): boolean {
  const choice = event.target instanceof HTMLInputElement && event.target.type === "radio";
  return choice ? event.key.startsWith("Arrow") : typing(event.target);
}

let latest = 0;

/** Put the pane of another entry beside the list as it stands. */
async function open(address: string, how: "push" | "replace"): Promise<void> {
  const turn = ++latest;
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (turn !== latest) return;
  const page = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const pane = page && one(".tz-log-detail", page);
  const body = one("[data-log-body]");
  if (turn !== latest) return;
  if (!pane || !body) {
    location.assign(address);
    return;
  }
  one(".tz-log-detail")?.remove();
  body.append(document.adoptNode(pane));
  body.classList.add("tz-log-open");
  for (const row of all<HTMLTableRowElement>("[data-log] tbody tr")) {
    const here = row.dataset.href === address;
    row.classList.toggle("active", here);
    row.ariaSelected = here ? "true" : null;
    if (here) row.scrollIntoView({ block: "nearest" });
  }
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  remembered();
}

/** The fields shown stay as chosen from one entry to the next. */
function remembered(): void {
  const kept = sessionStorage.getItem(VIEW);
  for (const choice of all<HTMLInputElement>(`input[name=${VIEW}]`)) {
    if (choice.value === kept) choice.checked = true;
    choice.addEventListener("change", () => { sessionStorage.setItem(VIEW, choice.value); });
  }
}

/** Buttons that copy a text say so when they have. */
function copies(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[data-copy]");
    if (!button) return;
    const words = button.dataset.copy ?? "";
    if (!window.isSecureContext) {
      window.prompt(button.innerText, words); // browsers give the clipboard to secure pages only
      return;
    }
    void navigator.clipboard.writeText(words).then(() => {
      const text = one("span", button);
      if (text) text.textContent = button.dataset.copied ?? text.textContent;
    });
  });
}
