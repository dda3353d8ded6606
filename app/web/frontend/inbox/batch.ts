/** Several cases decided together: a bar over the list, one comment for all, and what became of each at its row. */

import type { ActResult } from "../approval/types.ts";
import { fillWith, h, icon } from "../dom.ts";
import { Refusal, sentence } from "../request.ts";
import { act } from "./api.ts";
import type { List } from "./list.ts";
import { button, note } from "./parts.ts";
import { t } from "./words.ts";

export class Batch {
  readonly element = h("div", { class: "ib-bar ib-batch", role: "group", "aria-label": t("bar"), "data-region": "", hidden: true });
  readonly #list: List;
  readonly #done: (results: ActResult[]) => void;
  readonly #said = h("div", { class: "ib-bar-said" });
  readonly #picked = h("b", { role: "status" });
  readonly #comment = h("input", { class: "form-control ib-comment", type: "text", maxlength: 500, autocomplete: "off", "aria-label": t("comment"), placeholder: t("commentNeeds", { verbs: t("reject") }) });
  readonly #buttons: Record<string, HTMLButtonElement>;
  #busy = false;

  constructor(list: List, done: (results: ActResult[]) => void) {
    this.#list = list;
    this.#done = done;
    this.#buttons = {
      approve: button(t("approve"), () => void this.#go("approve"), "btn-primary btn-lg", icon("check")),
      reject: button(t("reject"), () => void this.#go("reject"), "btn-outline-danger btn-lg"),
    };
    fillWith(this.element, this.#said, h("div", { class: "ib-verbs" }, this.#buttons.approve, this.#buttons.reject, this.#picked,
      button(t("clearPicked"), () => this.#clear(), "btn-ghost btn-lg")), this.#comment);
    this.#comment.addEventListener("input", () => this.#comment.removeAttribute("aria-invalid"));
  }

  /** Shown while something is ticked. */
  draw(): void {
    const n = this.#list.picked.size;
    this.element.hidden = n === 0;
    this.#picked.textContent = t("pickedN", { n });
    this.#picked.title = t("batchHelp");
    if (n === 0) this.#say("");
  }

  /** Press a verb by key; false while nothing is ticked. */
  press(verb: string): boolean {
    if (this.element.hidden) return false;
    this.#buttons[verb]?.click();
    return true;
  }

  #clear(): void {
    this.#list.picked.clear();
    this.#list.draw();
    this.draw();
  }

  async #go(verb: string): Promise<void> {
    if (this.#busy) return;
    const comment = this.#comment.value.trim();
    if (verb === "reject" && !comment) {
      this.#say(t("sayWhy", { verb: t("reject") }));
      this.#comment.setAttribute("aria-invalid", "true");
      return this.#comment.focus();
    }
    this.#say("");
    this.#hold(true);
    const items = this.#list.items.filter((item) => this.#list.picked.has(item.case)).map((item) => ({ case: item.case, rev: item.rev }));
    try {
      const results = await act(verb, items, { comment });
      this.#comment.value = "";
      this.#done(results);
    } catch (problem) {
      this.#say(problem instanceof Refusal && problem.status === 0 ? t("notSent") : sentence(problem));
    } finally {
      this.#hold(false);
    }
  }

  #hold(busy: boolean): void {
    this.#busy = busy;
    for (const each of this.element.querySelectorAll("button")) each.disabled = busy;
  }

  #say(text: string): void {
    fillWith(this.#said, text ? note("red", text) : null);
  }
}
