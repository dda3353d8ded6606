/** The page of one's own exported files: `<div id="downloads" data-days="7">`. */

import { showInstant } from "./core/dates.ts";
import { fillWith, h, icon } from "./dom.ts";
import * as api from "./export/api.ts";
import { bytes, duration, Pace, until } from "./export/pace.ts";
import { t } from "./export/words.ts";
import { sentence } from "./request.ts";

const PAUSE = 1_000;
const COLORS = { waiting: "grey", running: "blue", done: "green", failed: "red", cancelled: "grey", expired: "grey" } as const;

class Page {
  readonly #root: HTMLElement;
  readonly #problem = h("p", { class: "dl-problem", role: "alert", hidden: true });
  readonly #body = h("div", { class: "dl-body" });
  readonly #pace = new Pace();
  #looking = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    fillWith(root, this.#problem, this.#body);
  }

  /** Draw the list, and look again as long as something is being made. */
  async look(): Promise<void> {
    window.clearTimeout(this.#looking);
    try {
      const items = await api.downloads();
      this.#say("");
      this.#draw(items);
      if (items.some((item) => item.state === "waiting" || item.state === "running")) this.#looking = window.setTimeout(() => void this.look(), PAUSE);
    } catch (problem) {
      this.#say(sentence(problem));
      this.#looking = window.setTimeout(() => void this.look(), 5 * PAUSE);
    }
  }

  #say(text: string): void {
    this.#problem.textContent = text;
    this.#problem.hidden = !text;
  }

  #draw(items: api.Download[]): void {
    const days = Number(this.#root.dataset.days);
    if (!items.length) {
      return fillWith(this.#body, h("div", { class: "tz-empty" }, h("span", { class: "tz-empty-glyph" }, icon("download", 24)),
        h("h2", {}, t("emptyTitle")), h("p", {}, t("emptyText", { n: days }))));
    }
    const focus = this.#body.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    const head = [["file"], ["state"], ["rowCount", "tz-num"], ["bytes", "tz-num"], ["begun"], ["expires"]] as const;
    fillWith(this.#body, h("p", { class: "tz-muted" }, t("intro", { n: days })), h("div", { class: "dl-scroll" }, h("table", { class: "tz-table dl-table" },
      h("thead", {}, h("tr", {}, ...head.map(([key, look]) => h("th", { class: look ?? "", scope: "col" }, t(key))), h("th", {}))),
      h("tbody", {}, ...items.map((item) => this.#row(item))))));
    if (focus) this.#body.querySelector<HTMLElement>(`[data-key="${focus}"]`)?.focus();
  }

  #row(item: api.Download): HTMLElement {
    const now = Date.now();
    const from = item.from === "sheet" ? null : h("small", { class: "tz-muted" }, t(item.from === "request" ? "fromRequest" : "fromSchedule"));
    const label = item.url ? h("a", { href: item.url }, item.label) : h("span", {}, item.label);
    const ready = item.state === "done" && item.may;
    return h("tr", { "data-download": item.id },
      h("td", { class: "dl-file" }, ready ? h("a", { href: api.fileOf(item.id), download: item.name }, item.name) : h("span", {}, item.name),
        h("div", { class: "dl-of" }, label, from)),
      h("td", { class: "dl-state" }, h("span", { class: `tz-chip tz-${COLORS[item.state]}` }, t(item.state)), this.#more(item, now)),
      h("td", { class: "tz-num" }, item.rows === null ? "" : item.rows.toLocaleString("en")),
      h("td", { class: "tz-num" }, item.size === null ? "" : bytes(item.size)),
      h("td", {}, showInstant(item.created_at)),
      h("td", {}, item.state === "done" && item.expires_at ? h("span", { title: showInstant(item.expires_at) }, until(item.expires_at, now)) : ""),
      h("td", { class: "dl-acts" }, ...this.#acts(item, ready)));
  }

  /** Beside the state: how far it is, or what is to be done. */
  #more(item: api.Download, now: number): HTMLElement | null {
    if (item.state === "running") {
      const rate = this.#pace.rate(item.id, item.done, now);
      const rest = Math.max(0, item.total - item.done);
      const bar = h("progress", { class: "dl-bar", max: 1, "aria-label": item.name, value: item.total ? item.done / item.total : null });
      const facts = [item.total ? t("doneOf", { n: item.done, all: item.total }) : "", rate ? t("rate", { n: Math.round(rate) }) : "", rate && rest ? t("left", { time: duration(rest / rate) }) : ""];
      return h("div", { class: "dl-progress" }, bar, h("small", { class: "tz-muted" }, facts.filter(Boolean).join(" · ")));
    }
    const text = item.state === "done" && !item.may ? t("closed") : item.message;
    const again = ["failed", "expired", "cancelled"].includes(item.state) && item.url ? h("a", { href: item.url }, t("again")) : null;
    return text || again ? h("small", { class: "dl-why" }, text, text && again ? " " : "", again) : null;
  }

  #acts(item: api.Download, ready: boolean): (HTMLElement | null)[] {
    const open = item.state === "waiting" || item.state === "running";
    return [
      ready ? h("a", { class: "btn", href: api.fileOf(item.id), download: item.name, "data-key": `get${item.id}` }, icon("download", 14), t("save")) : null,
      open ? h("button", { type: "button", class: "btn", "data-key": `stop${item.id}`, "aria-label": t("stopFile", { name: item.name }), onclick: () => void this.#act(api.cancel(item.id)) }, t("stop")) : null,
      open ? null : h("button", { type: "button", class: "btn btn-ghost btn-icon", "data-key": `remove${item.id}`, title: t("remove"), "aria-label": t("removeFile", { name: item.name }), onclick: () => void this.#act(api.remove(item.id)) }, icon("trash", 14)),
    ];
  }

  async #act(done: Promise<unknown>): Promise<void> {
    try {
      await done;
      await this.look();
    } catch (problem) {
      this.#say(sentence(problem));
    }
  }
}

const root = document.getElementById("downloads");
if (root) void new Page(root).look();
