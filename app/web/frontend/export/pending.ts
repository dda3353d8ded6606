/** Files this browser waits for, so that every page can say when one is ready. */

import type { Download } from "./api.ts";

const PLACE = "taizhang.downloads";

/** `ids` are being made; `since` is the newest file there was when a request was sent, null while none is open. */
export interface Pending {
  ids: number[];
  since: number | null;
}

/** What has ended among the files on the list, and what is still waited for. */
export function sift(pending: Pending, items: readonly Download[]): { ended: Download[]; left: Pending } {
  const open = (item: Download): boolean => item.state === "waiting" || item.state === "running";
  const mine = (item: Download): boolean => pending.ids.includes(item.id);
  const asked = (item: Download): boolean => item.from === "request" && pending.since !== null && item.id > pending.since;
  const ended = items.filter((item) => !open(item) && (mine(item) || asked(item)));
  return {
    ended,
    left: {
      ids: items.filter((item) => open(item) && mine(item)).map((item) => item.id),
      since: ended.some((item) => !mine(item)) ? null : pending.since,
    },
  };
}

export function load(): Pending {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Pending>;
    return {
      ids: Array.isArray(kept.ids) ? kept.ids.filter((id) => typeof id === "number") : [],
      since: typeof kept.since === "number" ? kept.since : null,
    };
  } catch {
    return { ids: [], since: null };
  }
}

export function store(pending: Pending): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(pending));
  } catch {
    // without storage nobody is told; the list of downloads has the file all the same
  }
}

/** Wait for a file, on this page and those that follow. */
export function expect(id: number): void {
  const pending = load();
  store({ ...pending, ids: [...pending.ids, id] });
  document.dispatchEvent(new CustomEvent("tz:downloads"));
}

/** Look out for the file of a request, once it is agreed to. */
export function expectAnswer(newest: number): void {
  store({ ...load(), since: newest });
}
