/** The bar at the foot of a case: the verbs the reader has, the comment, and what a verb asks for before it goes. */

import { fillWith, h, icon } from "../dom.ts";
import type { CaseVerb } from "../approval/types.ts";
import { type Asking, asking } from "./ask.ts";
import { button, narrow, note } from "./parts.ts";
import type { Case, Extra } from "./types.ts";
import { ordered, placeOf } from "./verbs.ts";
import { t } from "./words.ts";

/** What the bar needs of the page round it. */
export interface Deciding {
  /** Send it; resolves when it is answered, whatever the answer. */
  decide(verb: string, extra: Extra): Promise<void>;
  /** Rows left out of the approval, and how many are not. */
  left(): { left: number[]; taken: number };
  /** What a returned case says when it is sent again; null while something is still to choose. */
  again(): Extra | null;
  /** The comment written so far is kept when the case is left and found again. */
  draft: string;
  keep(draft: string): void;
}

export class Bar {
  readonly element = h("div", { class: "ib-bar", role: "group", "aria-label": t("bar"), "data-region": "" });
  readonly #case: Case;
  readonly #deciding: Deciding;
  readonly #verbs: CaseVerb[];
  readonly #comment: HTMLInputElement;
  readonly #said = h("div", { class: "ib-bar-said" });
  readonly #panel = h("div", { class: "ib-ask", hidden: true });
  readonly #buttons = new Map<string, HTMLButtonElement>();
  #asked: { verb: CaseVerb; asking: Asking } | null = null;
  #busy = false;

  constructor(found: Case, deciding: Deciding) {
    this.#case = found;
    this.#deciding = deciding;
    this.#verbs = ordered(found.verbs);
    const needs = this.#verbs.filter((verb) => verb.comment === "required" && verb.verb !== "comment").map((verb) => verb.label);
    const hint = needs.length ? t("commentNeeds", { verbs: needs.join(t("listComma")) }) : t("commentAny");
    this.#comment = h("input", { class: "form-control ib-comment", type: "text", maxlength: 500, autocomplete: "off", placeholder: hint, "aria-label": t("comment") });
    this.#comment.value = deciding.draft;
    this.#comment.addEventListener("input", () => {
      deciding.keep(this.#comment.value);
      this.#comment.removeAttribute("aria-invalid");
    });
    this.#comment.addEventListener("keydown", (event) => this.#key(event));
    this.draw();
  }

  /** Draw the verbs; again after a row was left out or taken back. */
  draw(): void {
    if (this.#verbs.length === 0) return;
    this.#buttons.clear();
    const at = (place: string): HTMLElement[] => this.#verbs.filter((verb) => this.#place(verb.verb) === place).map((verb) => this.#button(verb));
    const [first, rest, hidden] = [at("first"), at("second"), at("menu")];
    const [second, menu] = hidden.length === 1 ? [[...rest, ...hidden], []] : [rest, hidden];
    fillWith(this.element, this.#said, this.#panel,
      h("div", { class: "ib-verbs" }, ...first, first.length && second.length ? h("span", { class: "ib-rule" }) : null, ...second,
        menu.length ? h("details", { class: "tz-dropdown tz-up ib-menu" },
          h("summary", { class: "btn btn-icon btn-lg", "aria-label": t("more"), title: t("more") }, icon("dots")),
          h("div", { class: "tz-dropdown-menu" }, ...menu)) : null),
      this.#comment);
  }

  /** Press a verb as its button would be, by key; false when the reader does not have it. */
  press(verb: string): boolean {
    const found = this.#buttons.get(verb);
    if (!found || found.disabled) return false;
    found.click();
    return true;
  }

  /** Say what went wrong, beside the buttons. */
  say(text: string): void {
    fillWith(this.#said, text ? note("red", text) : null);
  }

  /** On a phone only the two that decide stand in the bar. */
  #place(verb: string): string {
    const { place } = placeOf(verb);
    return narrow.matches && !["approve", "reject", "resubmit", "withdraw"].includes(verb) ? "menu" : place;
  }

  #button(verb: CaseVerb): HTMLButtonElement {
    const { look, icon: glyph } = placeOf(verb.verb);
    const { left, taken } = this.#deciding.left();
    const some = verb.verb === "approve" && left.length > 0;
    const label = some ? t("approveN", { verb: verb.label, n: taken }) : verb.label;
    const made = button(label, () => void this.#press(verb), `${look} btn-lg`, glyph ? icon(glyph) : undefined);
    if (some && taken === 0) {
      made.disabled = true;
      made.title = t("allLeftOut");
    }
    this.#buttons.set(verb.verb, made);
    return made;
  }

  async #press(verb: CaseVerb): Promise<void> {
    this.element.querySelector("details[open]")?.removeAttribute("open");
    const { asks } = placeOf(verb.verb);
    if (this.#asked && this.#asked.verb !== verb) this.#close();
    if (asks && !this.#asked) {
      const asked = asking(asks, verb, this.#case);
      if (asked) return this.#ask(verb, asked);
    }
    await this.#go(verb);
  }

  /** Ask for people or a place, above the bar. */
  #ask(verb: CaseVerb, asked: Asking): void {
    this.#asked = { verb, asking: asked };
    fillWith(this.#panel, asked.element,
      h("div", { class: "ib-ask-foot" }, button(t("cancel"), () => this.#close()), button(verb.label, () => void this.#go(verb), "btn-primary")));
    this.#panel.hidden = false;
    asked.focus();
  }

  #close(): void {
    this.#asked = null;
    this.#panel.hidden = true;
    fillWith(this.#panel);
    this.say("");
  }

  async #go(verb: CaseVerb): Promise<void> {
    if (this.#busy) return;
    const comment = this.#comment.value.trim();
    if (verb.comment === "required" && !comment) {
      this.say(t("sayWhy", { verb: verb.label }));
      this.#comment.setAttribute("aria-invalid", "true");
      return this.#comment.focus();
    }
    const asked = this.#asked?.asking.answer() ?? {};
    if (asked === "unfinished") return this.say(t("chooseFirst"));
    const again = verb.verb === "resubmit" ? this.#deciding.again() : {};
    if (!again) return;
    const { left } = this.#deciding.left();
    const leaves = verb.verb === "approve" && left.length ? { exclude: left } : {};
    this.say("");
    this.#hold(true);
    try {
      await this.#deciding.decide(verb.verb, { comment, ...asked, ...again, ...leaves });
    } finally {
      this.#hold(false);
    }
  }

  #hold(busy: boolean): void {
    this.#busy = busy;
    this.element.setAttribute("aria-busy", String(busy));
    for (const each of this.element.querySelectorAll("button")) each.disabled = busy;
  }

  /** Enter in the comment gives the focus to the verb that waits for it, and never decides by itself. */
  #key(event: KeyboardEvent): void {
    if (event.isComposing || event.key !== "Enter") return;
    event.preventDefault();
    this.#buttons.get(this.#verbs[0]?.verb ?? "")?.focus();
  }
}
