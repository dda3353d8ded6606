/** The inbox: `<div id="inbox" data-tab="todo">`. The list at the left, the chosen case at the right, decisions at its foot. */

import type { ActResult } from "./approval/types.ts";
import { shortTime } from "./approval/route.ts";
import { fillWith, h } from "./dom.ts";
import * as api from "./inbox/api.ts";
import { Bar } from "./inbox/bar.ts";
import { Batch } from "./inbox/batch.ts";
import { body, head, missing, side } from "./inbox/case.ts";
import { Changes } from "./inbox/changes.ts";
import { Conflicts } from "./inbox/conflicts.ts";
import { Delegations } from "./inbox/delegation.ts";
import { keys } from "./inbox/keys.ts";
import { addressOf, List } from "./inbox/list.ts";
import { button, empty, narrow, note } from "./inbox/parts.ts";
import type { Case, Extra, Item, Tab } from "./inbox/types.ts";
import { t } from "./inbox/words.ts";
import { Refusal, sentence } from "./request.ts";
import { toast } from "./ui/toast.ts";

const SLOW = 200;
/** A list older than this is loaded again when its page comes back into sight. */
const STALE = 60_000;

/** The page: one list, one case, what was written but not sent. */
class Desk {
  readonly #root: HTMLElement;
  readonly #list: List;
  readonly #pane = h("section", { class: "ib-pane", "data-region": "", "aria-live": "off" });
  readonly #batch: Batch;
  readonly #drafts = new Map<number, string>();
  #tab: Tab;
  #case: number | null = null;
  #shown: Case | null = null;
  #bar: Bar | null = null;
  #turn = 0;
  #loaded = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#tab = (root.dataset.tab ?? "todo") as Tab;
    this.#list = new List({
      tab: (tab) => void this.#toTab(tab),
      open: (item) => void this.open(item.case, true),
      more: () => void this.#load(this.#list.next),
      retry: () => void this.#load(),
      picked: () => this.#batch.draw(),
      decide: (verb, item, comment) => this.#decideCard(verb, item, comment),
      delegate: "delegate" in root.dataset ? () => this.#delegate() : null,
    });
    this.#batch = new Batch(this.#list, (results) => void this.#afterBatch(results));
    fillWith(root, this.#list.element, this.#pane, this.#batch.element);
    keys({
      step: (by) => this.#step(by),
      press: (verb) => { if (!this.#batch.press(verb)) this.#bar?.press(verb); },
      enter: () => { if (this.#shown?.record?.url) location.assign(this.#shown.record.url); else this.#focusCase(); },
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - this.#loaded > STALE) void this.#load();
    });
    addEventListener("popstate", () => void this.#fromAddress());
    narrow.addEventListener("change", () => { if (this.#case !== null) void this.open(this.#case); });
  }

  async begin(): Promise<void> {
    const tab = this.#tab;
    this.#list.waiting();
    const arriving = Promise.all([this.#load(), this.#fromAddress()]);
    const turn = this.#turn;
    await arriving;
    if (tab === this.#tab && turn === this.#turn && this.#case === null && !narrow.matches) await this.#openFirst();
  }

  async #fromAddress(): Promise<void> {
    const id = Number(/^\d{1,15}$/.exec(new URLSearchParams(location.search).get("case") ?? "")?.[0] ?? 0);
    if (id) await this.open(id);
    else this.#clear();
  }

  async #toTab(tab: Tab): Promise<void> {
    this.#tab = tab;
    this.#list.picked.clear();
    this.#clear();
    history.replaceState(null, "", addressOf(tab));
    const title = t(tab === "mine" ? "titleMine" : "title");
    document.title = document.title.replace(/^.* · /, `${title} · `);
    document.querySelector(".tz-path b")?.replaceChildren(title);
    for (const link of document.querySelectorAll<HTMLAnchorElement>(".tz-menu-item, .tz-tabbar a")) {
      const path = link.getAttribute("href");
      if (path === "/inbox/" || path === "/inbox/mine") link.classList.toggle("active", path === (tab === "mine" ? "/inbox/mine" : "/inbox/"));
    }
    this.#list.waiting();
    const turn = this.#turn;
    await this.#load();
    // Meanwhile somebody may have opened a case or their delegations.
    if (tab === this.#tab && turn === this.#turn && !narrow.matches) await this.#openFirst();
  }

  async #load(before: number | null = null): Promise<void> {
    const tab = this.#tab;
    try {
      const page = await api.inbox(tab, before);
      if (tab !== this.#tab) return;
      this.#list.show(tab, page, before === null);
      this.#loaded = Date.now();
      this.#batch.draw();
      document.dispatchEvent(new CustomEvent("tz:counts", { detail: page.counts }));
      this.#connected();
    } catch (problem) {
      if (tab === this.#tab) this.#list.failed(sentence(problem));
    }
  }

  async #openFirst(): Promise<void> {
    const [first] = this.#list.items;
    if (first) await this.open(first.case);
    else this.#clear();
  }

  /** Show a case; `leave` puts it into the address as a place to go back from. */
  async open(id: number, leave = false): Promise<void> {
    const turn = (this.#turn += 1);
    this.#case = id;
    const address = `${addressOf(this.#tab)}${this.#tab === "todo" || this.#tab === "mine" ? "?" : "&"}case=${id}`;
    if (leave && narrow.matches) history.pushState({ list: true }, "", address);
    else history.replaceState(history.state, "", address);
    this.#root.classList.add("ib-has-case");
    this.#list.choose(id);
    if (this.#shown?.case !== id) {
      // What is still on the screen is not what was chosen: nothing there may be pressed.
      this.#shown = this.#bar = null;
      this.#pane.inert = true;
    }
    const slow = window.setTimeout(() => { if (turn === this.#turn) this.#wait(); }, SLOW);
    try {
      const found = await api.open(id);
      if (turn === this.#turn) this.#show(found);
    } catch (problem) {
      if (turn === this.#turn) this.#failed(problem, id);
    } finally {
      clearTimeout(slow);
    }
  }

  #show(found: Case, above: HTMLElement | null = null): void {
    this.#shown = found;
    this.#pane.inert = false;
    const may = (verb: string): boolean => found.verbs.some((each) => each.verb === verb);
    const changes = new Changes(found, may("approve"), () => this.#bar?.draw());
    const conflicts = new Conflicts(may("resubmit") ? found.conflicts : []);
    this.#bar = new Bar(found, {
      decide: (verb, extra) => this.#decide(found, verb, extra),
      left: () => ({ left: changes.left, taken: changes.taken }),
      again: () => conflicts.answer(),
      draft: this.#drafts.get(found.case) ?? "",
      keep: (draft) => this.#drafts.set(found.case, draft),
    });
    fillWith(this.#pane, head(found, () => this.#back()),
      h("div", { class: "ib-columns", tabindex: 0 }, body(found, changes, [above, conflicts.element]), side(found)),
      found.verbs.length ? this.#bar.element : null);
  }

  #wait(): void {
    fillWith(this.#pane, h("p", { class: "visually-hidden", role: "status" }, t("loading")), h("div", { class: "ib-ghosts" }, h("i", {}), h("i", {}), h("i", {})));
  }

  #failed(problem: unknown, id: number): void {
    this.#shown = this.#bar = null;
    this.#pane.inert = false;
    const gone = problem instanceof Refusal && problem.status === 404;
    fillWith(this.#pane, gone ? missing(() => this.#back())
      : h("div", { class: "ib-body" }, note("red", sentence(problem), " ", button(t("retry"), () => void this.open(id)))));
  }

  #clear(): void {
    this.#turn += 1;
    this.#case = this.#shown = this.#bar = null;
    this.#pane.inert = false;
    this.#root.classList.remove("ib-has-case");
    this.#list.choose(null);
    fillWith(this.#pane, this.#list.items.length ? empty(t("choose"), "") : null);
  }

  /** From a case to the list: the way back of the browser where there is one. */
  #back(): void {
    if ((history.state as { list?: boolean } | null)?.list) return history.back();
    history.replaceState(null, "", addressOf(this.#tab));
    this.#clear();
    if (!narrow.matches) void this.#openFirst();
  }

  #step(by: 1 | -1): void {
    const { items } = this.#list;
    const at = items.findIndex((item) => item.case === this.#case);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    if (next && next.case !== this.#case) void this.open(next.case, true);
  }

  #focusCase(): void {
    this.#pane.querySelector<HTMLElement>("h2")?.focus();
  }

  #delegate(): void {
    this.#clear();
    this.#turn += 1;
    this.#root.classList.add("ib-has-case");
    const panel = new Delegations(Number(this.#root.dataset.me), () => this.#back());
    fillWith(this.#pane, panel.element);
    this.#focusCase();
  }

  /** One decision from the bar. A stale case is shown anew with what moved; without a connection nothing is lost. */
  async #decide(found: Case, verb: string, extra: Extra): Promise<void> {
    let result: ActResult | undefined;
    try {
      [result] = await api.act(verb, [{ case: found.case, rev: found.rev }], extra);
    } catch (problem) {
      return this.#unsent(problem);
    }
    this.#connected();
    if (result?.status === 409) {
      await this.open(found.case);
      const same = this.#shown?.rev === found.rev && this.#shown.events.length === found.events.length;
      if (same) this.#bar?.say(result.message);
      else if (this.#shown) this.#show(this.#shown, moved(found, this.#shown, result.message));
      return;
    }
    if (!result || result.status !== 200) return this.#bar?.say(result?.message ?? t("notSent"));
    this.#drafts.delete(found.case);
    toast(result.message);
    await this.#next(found.case);
  }

  /** After a decision: the same case if it is still in the list, else the one that took its place. */
  async #next(id: number): Promise<void> {
    const at = this.#list.items.findIndex((item) => item.case === id);
    await this.#load();
    const { items } = this.#list;
    if (items.some((item) => item.case === id) || at < 0) return this.open(id);
    if (narrow.matches || items.length === 0) return this.#back();
    const next = items[Math.min(at, items.length - 1)];
    if (next) await this.open(next.case);
  }

  /** A decision in a card: what became of it stands in the card, then the list goes on. */
  async #decideCard(verb: string, item: Item, comment: string): Promise<void> {
    try {
      const results = await api.act(verb, [{ case: item.case, rev: item.rev }], { comment });
      this.#connected();
      await this.#afterBatch(results);
    } catch (problem) {
      this.#list.results([{ case: item.case, rev: item.rev, state: item.state, status: 0, message: sentence(problem) }]);
    }
  }

  /** What became of each case stands at its row; rows that are done stay there to be read until the list is loaded anew. */
  async #afterBatch(results: ActResult[]): Promise<void> {
    const done = results.filter((result) => result.status === 200);
    for (const { case: id } of results) this.#list.picked.delete(id);
    for (const { case: id } of done) this.#drafts.delete(id);
    this.#list.results(results);
    this.#batch.draw();
    if (done.length) toast(results.length === 1 && done[0] ? done[0].message : t("batchDone", { n: done.length }));
    await this.#count();
    const open = this.#list.items.find((item) => !done.some((result) => result.case === item.case));
    if (open && !narrow.matches && done.some((result) => result.case === this.#case)) await this.open(open.case);
  }

  /** Count again without moving the list. */
  async #count(): Promise<void> {
    try {
      const { counts } = await api.inbox(this.#tab, null, 1);
      this.#list.counts(counts);
      document.dispatchEvent(new CustomEvent("tz:counts", { detail: counts }));
    } catch {
      // the numbers stay as they were until the list is loaded again
    }
  }

  #unsent(problem: unknown): void {
    const status = problem instanceof Refusal ? problem.status : 0;
    this.#bar?.say(status === 0 ? t("notSent") : status === 503 ? t("busyServer") : sentence(problem));
    const strip = document.getElementById("tz-strip");
    if (strip && status === 0) {
      strip.textContent = t("notSent");
      strip.hidden = false;
    }
  }

  #connected(): void {
    const strip = document.getElementById("tz-strip");
    if (strip) strip.hidden = true;
  }
}

/** What happened to a case between two looks at it. */
function moved(before: Case, after: Case, message: string): HTMLElement {
  const known = new Set(before.events.map((event) => event.seq));
  const news = after.events.filter((event) => !known.has(event.seq)).map((event) => `${shortTime(event.at)} ${event.text}`);
  const changed = news.length === 0 && JSON.stringify(before.changes) !== JSON.stringify(after.changes) ? [t("staleFacts")] : [];
  return note("violet", h("b", {}, t("stale")), h("p", {}, message), h("p", {}, t("staleText")), h("ul", {}, ...[...news, ...changed].map((line) => h("li", {}, line))));
}

const root = document.getElementById("inbox");
if (root) void new Desk(root).begin();
