/** The list of a choice, a multi-choice or a yes/no cell. */

import { halfWidth } from "../core/values.ts";
import { t } from "../i18n.ts";
import type { Choice, Field } from "../types.ts";
import { chip } from "./cell.ts";
import type { Mode } from "./input.ts";
import { type Item, List } from "./list.ts";
import type { Picked, Picker, PickerHost } from "./pickers.ts";

interface ChoiceItem extends Item {
  choice: Choice;
}

const SEPARATOR = /[、,，;；]/;

export class ChoicePicker implements Picker {
  #field: Field;
  #host: PickerHost;
  #list: List<ChoiceItem>;
  #anchor: HTMLElement | null = null;
  #choices: Choice[];
  #many: boolean;
  #text = "";

  constructor(field: Field, host: PickerHost) {
    this.#field = field;
    this.#host = host;
    this.#many = field.kind === "multi_choice";
    this.#choices =
      field.kind === "yes_no"
        ? [{ code: "true", label: t("yes"), color: "green" }, { code: "false", label: t("no") }]
        : (field.choices ?? []).filter(({ retired }) => !retired);
    this.#list = new List((item) => this.#take(item), t("noLookup"));
  }

  open(anchor: HTMLElement, text: string, mode: Mode): void {
    this.#anchor = anchor;
    this.#text = text;
    const items = this.#items(mode === "edit" ? "" : text);
    this.#list.show(anchor, items, this.#many ? -1 : items.findIndex(({ label }) => label === text));
  }

  type(text: string): void {
    if (!this.#anchor) return;
    this.#text = text;
    this.#list.moved = false;
    const last = this.#many ? (text.split(SEPARATOR).at(-1) ?? "") : text;
    const items = this.#items(last.trim());
    this.#list.show(this.#anchor, items, last.trim() && items.length ? 0 : -1);
  }

  key(event: KeyboardEvent): boolean {
    if (this.#list.key(event)) return true;
    const { current, moved } = this.#list;
    if (!this.#many || !moved || !current || event.key !== " ") return false;
    this.#take(current);
    return true;
  }

  picked(text: string): Picked | null {
    const { current } = this.#list;
    if (this.#many || !current || (text.trim() === "" && !this.#list.moved)) return null;
    return { value: this.#field.kind === "yes_no" ? current.choice.code === "true" : current.choice.code, title: null };
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
    this.#list.pop.remove();
  }

  #items(text: string): ChoiceItem[] {
    const wanted = halfWidth(text).toLowerCase();
    const on = new Set(this.#many ? this.#chosen() : []);
    return this.#choices
      .filter(({ label, code }) => label.toLowerCase().includes(wanted) || code.toLowerCase().startsWith(wanted))
      .map((choice) => ({
        choice, label: choice.label, face: chip(choice.label, choice.color),
        ...(this.#many ? { checked: on.has(choice.label) } : {}),
      }));
  }

  #chosen(): string[] {
    return this.#text.split(SEPARATOR).map((part) => part.trim()).filter(Boolean);
  }

  #take(item: ChoiceItem): void {
    if (!this.#many) {
      this.#list.at = this.#list.items.indexOf(item);
      this.#list.moved = true;
      this.#host.take(item.label, true);
      return;
    }
    const known = new Set(this.#choices.map(({ label }) => label));
    const chosen = this.#chosen().filter((label) => known.has(label));
    const next = chosen.includes(item.label) ? chosen.filter((label) => label !== item.label) : [...chosen, item.label];
    this.#text = next.join(t("listComma"));
    this.#host.take(this.#text, false);
    const at = this.#list.at;
    if (this.#anchor) this.#list.show(this.#anchor, this.#items(""), at);
  }
}
