/** The files still to be imported: one after the other, with what became of each. */

import { h, icon } from "../dom.ts";
import { t } from "./words.ts";

export type FileState = "waiting" | "now" | "done" | "failed";

interface Queued {
  file: File;
  state: FileState;
}

const GLYPHS = { waiting: () => icon("clock", 14), now: () => icon("arrow-right", 14), done: () => icon("check", 14), failed: () => icon("alert-triangle", 14) } as const;
const SAID = { waiting: "queueWaiting", now: "queueNow", done: "queueDone", failed: "queueFailed" } as const;

export class Queue {
  readonly #files: Queued[] = [];

  add(files: File[]): void {
    this.#files.push(...files.map((file): Queued => ({ file, state: "waiting" })));
  }

  /** The file being imported. */
  get current(): File | null {
    return this.#files.find((each) => each.state === "now")?.file ?? null;
  }

  /** What waits next, if anything. */
  get next(): File | null {
    return this.#files.find((each) => each.state === "waiting")?.file ?? null;
  }

  /** Say what became of the file at hand. */
  end(state: "done" | "failed"): void {
    for (const each of this.#files) if (each.state === "now") each.state = state;
  }

  /** Go on to the next file. */
  advance(): File | null {
    this.end("done");
    const next = this.#files.find((each) => each.state === "waiting");
    if (next) next.state = "now";
    return next?.file ?? null;
  }

  /** The files as chips; nothing for a single one. */
  chips(): HTMLElement | null {
    if (this.#files.length < 2) return null;
    return h("ol", { class: "wz-queue", "aria-label": t("queue") }, ...this.#files.map(({ file, state }) =>
      h("li", { class: `wz-queued wz-queued-${state}`, "aria-current": state === "now" ? "true" : null },
        GLYPHS[state](), h("span", {}, file.name), h("small", {}, t(SAID[state])))));
  }
}
