/** How much waits for the person: asked for once the page stands, so that no page is later for it. */
import { all, one } from "./dom";

/** Fill every counter of the page; hidden while there is nothing to count. The inbox tells its own news. */
export function counters(): void {
  if (!one("[data-counter]")) return;
  document.addEventListener("tz:counts", (event) => show((event as CustomEvent<Record<string, number>>).detail));
  if (!one("#inbox")) window.setTimeout(() => void ask(), 0);
}

async function ask(): Promise<void> {
  try {
    const answer = await fetch("/api/v1/approval/inbox?tab=todo&limit=1", { headers: { Accept: "application/json" } });
    if (answer.ok) show(((await answer.json()) as { counts: Record<string, number> }).counts);
  } catch {
    // no connection: the page stands without the number
  }
}

function show(counts: Record<string, number>): void {
  for (const counter of all("[data-counter]")) {
    const count = counts[counter.dataset.counter ?? ""];
    if (count === undefined) continue; // somebody else counts it
    counter.textContent = count > 99 ? "99+" : String(count);
    counter.hidden = count === 0;
  }
  for (const part of all("[data-counted]")) part.hidden = !counts[part.dataset.counted ?? ""];
}
