/** A box to choose from a list by typing a part of what is meant: fields, choices, records. */

import { h } from "../dom.ts";
import { type Item as Shown, List } from "../grid/list.ts";
import { t } from "./words.ts";

export interface Item extends Shown {
  value: string;
}

export interface Asks {
  label: string;
  /** What fits what was typed; all of it for nothing typed. */
  find: (typed: string) => Item[] | Promise<Item[]>;
  pick: (item: Item) => void;
  /** May a text be taken that is not in the list? Then it comes here. */
  free?: (text: string) => void;
  /** May the box be emptied? Then this hears of it. */
  clear?: () => void;
  /** Enter, after what was typed was taken; and Escape with the list closed. */
  enter?: () => void;
  escape?: () => void;
  placeholder?: string;
  key?: string;
}

const PAUSE = 150;

/** The box. `show` sets what stands in it without picking anything. */
export class Combo {
  readonly input: HTMLInputElement;
  readonly #asks: Asks;
  readonly #list: List<Item>;
  #text = "";
  /** What the items shown answer to. */
  #answered: string | null = null;
  #timer = 0;
  #asked = 0;

  constructor(asks: Asks, text = "") {
    this.#asks = asks;
    this.#list = new List<Item>((item) => this.#take(item), t("noSuchItem"));
    this.input = h("input", {
      class: "form-control wz-combo", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-label": asks.label, placeholder: asks.placeholder ?? null, "data-key": asks.key ?? null,
    });
    this.#list.pop.onClose = () => this.input.setAttribute("aria-expanded", "false");
    this.input.addEventListener("click", () => void this.#open(""));
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("blur", () => this.#leave());
    this.show(text);
  }

  show(text: string): void {
    this.#text = text;
    this.input.value = text;
    this.input.title = text;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#answered = null;
    this.#list.pop.remove();
  }

  #typed(): void {
    this.#list.moved = false;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#open(this.input.value.trim()), this.#list.pop.isOpen ? PAUSE : 0);
  }

  async #open(typed: string): Promise<void> {
    const asked = ++this.#asked;
    let items: Item[];
    try {
      const found = this.#asks.find(typed);
      if (found instanceof Promise) this.#list.say(this.input, t("looking"));
      items = await found;
    } catch (problem) {
      if (asked === this.#asked) this.#list.say(this.input, problem instanceof Error ? problem.message : String(problem));
      return;
    }
    if (asked !== this.#asked || !this.input.isConnected) return;
    this.#answered = typed;
    const at = items.findIndex((item) => item.label === (typed || this.#text));
    this.#list.show(this.input, items, at >= 0 ? at : typed && items.length ? 0 : -1);
    this.#list.pop.element.style.minWidth = `${this.input.offsetWidth}px`;
    this.input.setAttribute("aria-expanded", "true");
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (!this.#list.pop.isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      void this.#open("");
    } else if (this.#list.key(event)) event.preventDefault();
    else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      void this.#settle().then(() => this.#asks.enter?.());
    } else if (event.key === "Escape") {
      if (this.#list.pop.isOpen) event.stopPropagation();
      else this.#asks.escape?.();
      this.input.value = this.#text;
      this.close();
    }
  }

  /** Take what is marked in the list, or else what is typed. A list that answers to less than was typed is asked again. */
  async #settle(): Promise<void> {
    const typed = this.input.value.trim();
    clearTimeout(this.#timer);
    if (typed === "" && this.#emptied()) return;
    if (typed !== this.#text && typed !== this.#answered && !this.#list.moved) await this.#open(typed);
    const { current } = this.#list;
    if (current && (this.#list.moved || typed !== this.#text)) this.#take(current);
    else if (typed !== this.#text && this.#asks.free) {
      this.show(typed);
      this.#asks.free(typed);
      this.close();
    } else this.close();
  }

  #leave(): void {
    const typed = this.input.value.trim();
    if (typed === "" && this.#emptied()) return;
    if (typed !== this.#text) {
      const { current } = this.#list;
      if (current && current.label === typed) this.#take(current);
      else if (this.#asks.free) {
        this.show(typed);
        this.#asks.free(typed);
      } else this.input.value = this.#text;
    }
    this.close();
  }

  /** Was the box emptied, and may it be? */
  #emptied(): boolean {
    if (!this.#asks.clear || this.#text === "" || this.#list.moved) return false;
    this.show("");
    this.close();
    this.#asks.clear();
    return true;
  }

  #take(item: Item): void {
    this.show(item.label);
    this.close();
    this.#asks.pick(item);
  }
}

/** The items whose label or code holds what was typed. */
export function matching(items: Item[], typed: string): Item[] {
  const wanted = typed.normalize("NFKC").toLowerCase();
  return items.filter((item) => [item.label, item.value, item.note ?? ""].some((text) => text.normalize("NFKC").toLowerCase().includes(wanted)));
}
