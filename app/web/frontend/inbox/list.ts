/** The list at the left: tabs, one line for each case; on a phone a card that can be decided in place. */

import type { ActResult } from "../approval/types.ts";
import { shortTime } from "../approval/route.ts";
import { group } from "../core/decimal.ts";
import { fillWith, h, icon } from "../dom.ts";
import { card } from "./card.ts";
import { button, chip, empty, kind, note } from "./parts.ts";
import { due } from "./times.ts";
import { type Item, type Page, type Tab, TABS } from "./types.ts";
import { t } from "./words.ts";

/** What the list asks the page to do. */
export interface ListActs {
  tab(tab: Tab): void;
  open(item: Item): void;
  more(): void;
  retry(): void;
  picked(): void;
  decide(verb: string, item: Item, comment: string): Promise<void>;
  delegate: (() => void) | null;
}

export class List {
  readonly element: HTMLElement;
  readonly #acts: ListActs;
  readonly #tabs = h("nav", { class: "ib-tabs", "aria-label": t("tabs") });
  readonly #items = h("ul", { class: "ib-items", "aria-label": t("list") });
  readonly #foot = h("div", { class: "ib-more" });
  items: Item[] = [];
  next: number | null = null;
  /** Cases ticked to be decided together. */
  readonly picked = new Set<number>();
  /** Cases with many rows that have been opened, so that they may be decided from the list. */
  readonly seen = new Set<number>();
  #results = new Map<number, ActResult>();
  #chosen: number | null = null;
  #tab: Tab = "todo";
  #waiting = false;

  constructor(acts: ListActs) {
    this.#acts = acts;
    const { delegate } = acts;
    this.element = h("aside", { class: "ib-list", "data-region": "" },
      h("div", { class: "ib-list-head" }, this.#tabs),
      h("div", { class: "ib-scroll" }, this.#items, this.#foot),
      h("div", { class: "ib-list-foot" },
        h("p", { class: "ib-keys" }, h("kbd", {}, "J"), " ", h("kbd", {}, "K"), ` ${t("keysUpDown")} · `, h("kbd", {}, "A"), ` ${t("approve")} · `,
          h("kbd", {}, "R"), ` ${t("reject")} · `, h("kbd", {}, "Enter"), ` ${t("keysOpen")}`),
        delegate && button(t("delegation"), delegate, "btn-ghost", icon("user-share"))));
  }

  /** A page of a tab: the first replaces what was there, the others follow it. */
  show(tab: Tab, page: Page, first: boolean): void {
    this.#tab = tab;
    this.#waiting = false;
    this.items = first ? page.items : [...this.items, ...page.items];
    this.next = page.next;
    if (first) this.#results.clear();
    const there = new Set(this.items.map((item) => item.case));
    for (const id of this.picked) if (!there.has(id)) this.picked.delete(id);
    this.counts(page.counts);
    this.draw();
  }

  counts(counts: Page["counts"]): void {
    fillWith(this.#tabs, ...TABS.map((tab) => {
      const n = tab === "done" ? 0 : counts[tab];
      const onclick = (event: MouseEvent): void => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.#acts.tab(tab);
      };
      return h("a", { href: addressOf(tab), class: "ib-tab", "aria-current": tab === this.#tab ? "page" : null, onclick }, t(`tab_${tab}`), n ? ` ${n}` : null);
    }));
  }

  choose(id: number | null): void {
    this.#chosen = id;
    if (id !== null) this.seen.add(id);
    this.draw();
    this.#items.querySelector(".ib-item.ib-chosen")?.scrollIntoView({ block: "nearest" });
  }

  /** What became of each case stands at its row until the list is loaded anew. */
  results(results: ActResult[]): void {
    for (const result of results) this.#results.set(result.case, result);
    this.draw();
  }

  waiting(): void {
    this.#waiting = true;
    this.items = [];
    fillWith(this.#items, ...[1, 2, 3, 4].map(() => h("li", { class: "ib-ghost", "aria-hidden": "true" }, h("i", {}), h("i", {}))));
    fillWith(this.#foot);
  }

  failed(text: string): void {
    fillWith(this.#items);
    fillWith(this.#foot, note("red", text, " ", button(t("retry"), () => this.#acts.retry())));
  }

  draw(): void {
    if (this.#waiting) return;
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>(".ib-item")?.dataset.case;
    fillWith(this.#items, ...this.items.map((item) => this.#line(item)));
    if (focused) this.#items.querySelector<HTMLElement>(`[data-case="${focused}"] .ib-title`)?.focus({ preventScroll: true });
    if (this.items.length === 0) {
      const ledgers = this.#tab === "mine" ? h("a", { class: "btn", href: "/" }, t("openLedgers")) : null;
      fillWith(this.#foot, empty(t(`empty_${this.#tab}`), t(`emptyText_${this.#tab}`), ledgers));
    } else fillWith(this.#foot, this.next === null ? null : button(t("loadMore"), () => this.#acts.more()));
  }

  #line(item: Item): HTMLElement {
    const when = due(item);
    const running = item.state === "running";
    const result = this.#results.get(item.case);
    const over = result?.status === 200;
    const right = this.#tab === "todo" && running
      ? h("span", { class: `ib-due tz-text-${when.tone}` }, when.text)
      : h("span", { class: "ib-due" }, running && item.waits_for.length ? t("waitsFor", { names: item.waits_for.join(t("listComma")) }) : shortTime(item.submitted_at));
    const parts = [
      h("div", { class: "ib-meta" }, kind(item), h("span", { class: "ib-number" }, item.number),
        this.#tab === "todo" && running ? null : chip(item.state_label, item.color), right),
      h("div", { class: "ib-name" }, over ? null : this.#tick(item),
        h("a", {
          class: "ib-title", href: `?case=${item.case}`, title: item.title, "aria-current": item.case === this.#chosen ? "true" : null,
          onclick: (event: MouseEvent) => this.#open(event, item),
        }, item.title), item.amount ? h("span", { class: "ib-amount" }, group(item.amount)) : null),
      h("p", { class: "ib-lead" }, ...lead(item), item.for ? h("span", { class: "ib-for" }, t("actFor", { name: item.for.name })) : null),
    ];
    const look = { "ib-chosen": item.case === this.#chosen, "ib-picked": this.picked.has(item.case), "ib-over": over };
    const classes = Object.entries(look).filter(([, on]) => on).map(([name]) => ` ${name}`);
    return h("li", { class: `ib-item${classes.join("")}`, "data-case": item.case },
      ...parts, ...(over ? [] : card(item, this.seen.has(item.case), this.#acts)), result ? verdict(result) : null);
  }

  /** A box to decide several together; a case with many rows must have been opened before. */
  #tick(item: Item): HTMLElement | null {
    if (!item.verbs.includes("approve")) return null;
    const unseen = item.look_first && !this.seen.has(item.case);
    const words = unseen ? t("tickLook", { n: item.rows }) : t("tick", { title: item.title });
    const box = h("input", { type: "checkbox", class: "form-check-input", checked: this.picked.has(item.case), disabled: unseen, "aria-label": words, title: words });
    box.addEventListener("change", () => {
      if (box.checked) this.picked.add(item.case);
      else this.picked.delete(item.case);
      box.closest(".ib-item")?.classList.toggle("ib-picked", box.checked);
      this.#acts.picked();
    });
    return h("label", { class: "ib-tick" }, box);
  }

  #open(event: MouseEvent, item: Item): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#acts.open(item);
  }
}

/** What is said of a case in a line. On a phone the amount stands beside the title and is not said twice. */
function lead(item: Item): (Node | string)[] {
  const amount = item.amount && ` · ${group(item.amount)}`;
  if (!amount || !item.lead.includes(amount)) return [item.lead];
  const [before, ...after] = item.lead.split(amount);
  return [before ?? "", h("span", { class: "ib-lead-amount" }, amount), after.join(amount)];
}

/** Where a tab is. */
export function addressOf(tab: Tab): string {
  return tab === "mine" ? "/inbox/mine" : tab === "todo" ? "/inbox/" : `/inbox/?tab=${tab}`;
}

function verdict(result: ActResult): HTMLElement {
  const good = result.status === 200;
  return h("p", { class: `ib-verdict tz-text-${good ? "green" : "red"}`, role: good ? "status" : "alert" },
    good ? icon("check", 14) : icon("alert-triangle", 14), h("span", {}, result.message));
}
