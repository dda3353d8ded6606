/** Type-ahead of a link or person cell: the server finds records by name, code or pinyin. */

import { h } from "../dom.ts";
import { t } from "../i18n.ts";
import type { Field } from "../types.ts";
import type { Mode } from "./input.ts";
import { type Item, List } from "./list.ts";
import { targetOf } from "./lookup.ts";
import type { Picked, Picker, PickerHost } from "./pickers.ts";
import type { Sheet } from "./sheet.ts";

interface LinkItem extends Item {
  id: number;
}

const PAUSE = 120; // ms after the last key

export class LinkPicker implements Picker {
  #sheet: Sheet;
  #field: Field;
  #host: PickerHost;
  #list: List<LinkItem>;
  #anchor: HTMLElement | null = null;
  #timer = 0;
  #asking: AbortController | null = null;
  /** The text the shown items answer to; null while waiting. */
  #answered: string | null = null;

  constructor(sheet: Sheet, field: Field, host: PickerHost) {
    this.#sheet = sheet;
    this.#field = field;
    this.#host = host;
    this.#list = new List((item) => {
      this.#list.at = this.#list.items.indexOf(item);
      this.#list.moved = true;
      this.#answered = item.label;
      this.#host.take(item.label, true);
    }, t("noLookup"));
  }

  open(anchor: HTMLElement, _text: string, mode: Mode): void {
    this.#anchor = anchor;
    this.#list.say(anchor, t("typeToSearch"));
    if (mode === "edit") this.#ask("", 0);
  }

  type(text: string): void {
    this.#list.moved = false;
    this.#ask(text.trim(), PAUSE);
  }

  key(event: KeyboardEvent): boolean {
    return this.#list.key(event);
  }

  picked(text: string): Picked | null {
    const { current, moved } = this.#list;
    const typed = text.trim();
    if (!current || (!moved && (typed === "" || this.#answered !== typed))) return null;
    return { value: current.id, title: current.label };
  }

  place(): void {
    this.#list.pop.place();
  }

  holds(node: Element): boolean {
    return this.#list.pop.element.contains(node);
  }

  dismiss(): boolean {
    const { isOpen } = this.#list.pop;
    this.#list.pop.close();
    return isOpen;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#list.pop.remove();
  }

  #ask(text: string, pause: number): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#answered = null;
    const asking = new AbortController();
    this.#asking = asking;
    this.#timer = window.setTimeout(() => {
      this.#sheet.api.lookup(targetOf(this.#field), text, 20, asking.signal).then(
        (found) => {
          if (asking.signal.aborted || !this.#anchor) return;
          this.#answered = text;
          const items = found.map(({ id, title, code }) => ({
            id, label: title, face: h("span", { class: "sh-list-label" }, title), ...(code ? { note: code } : {}),
          }));
          this.#list.show(this.#anchor, items, text && items.length ? 0 : -1);
        },
        (error: unknown) => {
          if (!asking.signal.aborted && this.#anchor) this.#list.say(this.#anchor, error instanceof Error ? error.message : t("lookupFailed"));
        },
      );
    }, pause);
  }
}
