/** Step 4, and writing: watch a job, say how far it is, how fast, and how long it still takes; stop it when asked. */

import { fillWith, h } from "../dom.ts";
import { Refusal, sentence } from "../request.ts";
import { cancel, job as ask, rows } from "./api.ts";
import { earlyRows } from "./early.ts";
import type { Job, Screen } from "./types.ts";
import { stepWords, t } from "./words.ts";

const PAUSE = 300;
const PAUSE_LATER = 1_000;

/** Time as people say it, from seconds. */
export function duration(seconds: number): string {
  return seconds < 90 ? t("seconds", { n: Math.max(1, Math.round(seconds)) }) : t("minutes", { n: Math.round(seconds / 60) });
}

/** How fast a step goes, measured from its first report; starts anew with each step. */
export class Pace {
  #step = "";
  #since = 0;
  #from = 0;

  /** Rows a second since the step began, 0 while too early to say. `now` in milliseconds. */
  rate(step: string, done: number, now: number): number {
    if (step !== this.#step || done < this.#from) [this.#step, this.#since, this.#from] = [step, now, done];
    const seconds = (now - this.#since) / 1_000;
    return seconds >= 1 && done > this.#from ? (done - this.#from) / seconds : 0;
  }
}

/** A screen for a job, and the watching of it. `labels` name the fields of rows that are shown before the end. */
export class Progress {
  readonly screen: Screen;
  readonly #bar: HTMLProgressElement;
  readonly #what = h("p", { class: "wz-progress-what" }, t("step_waiting"));
  readonly #facts = h("p", { class: "tz-muted", role: "status" });
  readonly #early = h("div", {});
  readonly #stop: HTMLButtonElement;
  readonly #pace = new Pace();
  readonly #started = performance.now();
  readonly #labels: Map<string, string>;
  #id = 0;
  #shown = false;

  constructor(title: string, labels = new Map<string, string>()) {
    this.#labels = labels;
    this.#bar = h("progress", { class: "wz-progress", max: 1, "aria-label": title });
    this.#stop = h("button", { type: "button", class: "btn", onclick: () => void this.#cancel() }, t("stop"));
    this.screen = {
      body: h("div", { class: "wz-narrow wz-wide" }, h("div", { class: "wz-card wz-running" },
        h("h2", {}, title), this.#bar, this.#what, this.#facts, h("p", { class: "wz-stop" }, this.#stop), h("p", { class: "tz-muted wz-leave" }, t("leave"))), this.#early),
    };
  }

  /** The job once it has ended; null when `shown` says that nobody looks any more. */
  async follow(id: number, shown: () => boolean): Promise<Job | null> {
    this.#id = id;
    while (shown()) {
      try {
        const job = await ask(id);
        this.#draw(job);
        if (job.state !== "waiting" && job.state !== "running") return shown() ? job : null;
      } catch (refusal) {
        if (!(refusal instanceof Refusal) || refusal.status === 404) throw refusal;
        this.#facts.textContent = refusal.status === 0 ? t("stillOffline") : refusal.message;
      }
      const pause = performance.now() - this.#started < 10_000 ? PAUSE : PAUSE_LATER;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return null;
  }

  async #cancel(): Promise<void> {
    this.#stop.disabled = true;
    this.#stop.textContent = t("stopping");
    try {
      await cancel(this.#id);
    } catch (problem) {
      this.#stop.disabled = false;
      this.#stop.textContent = t("stop");
      this.#facts.textContent = sentence(problem);
    }
  }

  #draw(job: Job): void {
    const now = performance.now();
    this.#what.textContent = job.state === "waiting" ? t("step_waiting") : stepWords(job.step) || t("step_read");
    const rate = this.#pace.rate(job.step, job.done, now);
    const rest = Math.max(0, job.total - job.done);
    this.#facts.textContent = [
      job.total ? t("doneOf", { n: job.done, all: job.total }) : job.done ? t("nRows", { n: job.done }) : "",
      rate && (rest || !job.total) ? t("rate", { n: Math.round(rate) }) : "",
      rate && rest > 0 ? t("left", { time: duration(rest / rate) }) : "",
      t("elapsed", { time: duration((now - this.#started) / 1_000) }),
    ].filter(Boolean).join(" · ");
    if (rest) this.#bar.value = job.done / job.total;
    else this.#bar.removeAttribute("value");
    if (job.set && job.kind === "import_preview" && !this.#shown) void this.#first(job.set);
  }

  /** The first rows, while the others are still being compared. */
  async #first(set: number): Promise<void> {
    this.#shown = true;
    try {
      const { rows: found } = await rows(set, "", -1);
      if (found.length) fillWith(this.#early, earlyRows(found, this.#labels));
      else this.#shown = false;
    } catch {
      // they come with the preview
    }
  }
}
