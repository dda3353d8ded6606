/** Files that are being made: how far they are beside the menu's entry, and a word when one is ready. */
import { downloads as list, type Download, fileOf } from "../export/api.ts";
import { load, sift, store } from "../export/pending.ts";
import { t } from "../export/words.ts";
import { toast } from "../ui/toast.ts";
import { all, one } from "./dom";

const PAUSE = 2_000;
let looking = 0;

/** Look as long as something is waited for; the dialog that begins an export says so with an event. */
export function downloads(): void {
  document.addEventListener("tz:downloads", () => later(PAUSE / 4));
  const { ids, since } = load();
  if (ids.length || since !== null) later(PAUSE / 4);
}

function later(pause: number): void {
  window.clearTimeout(looking);
  looking = window.setTimeout(() => void look(), pause);
}

async function look(): Promise<void> {
  let items: Download[];
  try {
    items = await list();
  } catch {
    return; // no connection, or signed out: the next page looks again
  }
  const { ended, left } = sift(load(), items);
  store(left);
  show(items.filter((item) => left.ids.includes(item.id)));
  const last = ended[0];
  if (last && !one("#downloads")) {
    const link = last.state === "done" ? { label: t("save"), url: fileOf(last.id) } : { label: t("toDownloads"), url: "/downloads/" };
    toast(t(last.state === "done" ? "ready" : "broken", { name: last.name }), link);
  }
  if (left.ids.length) later(PAUSE);
}

/** One file says how far it is, several how many they are. */
function show(open: Download[]): void {
  const [only] = open;
  const share = only?.total ? `${Math.floor((100 * only.done) / only.total)}%` : "…";
  for (const counter of all("[data-counter=downloads]")) {
    counter.textContent = open.length === 1 ? share : String(open.length);
    counter.hidden = !only;
  }
}
