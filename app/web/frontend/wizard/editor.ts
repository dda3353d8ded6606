/** The box for one value, fitting its field: choices from a list, records looked up, everything else as text. */

import { h } from "../dom.ts";
import { lookup } from "./api.ts";
import { Combo, type Item, matching } from "./combo.ts";
import type { Choice } from "./types.ts";
import { t } from "./words.ts";

/** What the box must know of its field. */
export interface Kind {
  kind: string;
  label: string;
  choices?: Choice[] | null;
  target?: { entity: string } | null;
}

export interface Box {
  element: HTMLInputElement;
  close: () => void;
}

interface Hears {
  /** Whatever stands in the box now. */
  change: (text: string) => void;
  enter?: () => void;
  escape?: () => void;
  key?: string;
}

const EXAMPLES: Record<string, string> = { date: "2026-01-31", datetime: "2026-01-31 08:30", time: "08:30" };

/** The choices of a field as texts a person reads; null when it has none. */
export function choicesOf(field: Kind): Item[] | null {
  if (field.kind === "yes_no") return [t("yes"), t("no")].map((label) => ({ value: label, label }));
  return field.choices?.length ? field.choices.map((each) => ({ value: each.label, label: each.label })) : null;
}

/** A box holding `text`. */
export function valueBox(field: Kind, label: string, text: string, hears: Hears): Box {
  const choices = field.kind === "multi_choice" ? null : choicesOf(field);
  const target = field.target?.entity ?? (field.kind === "person" ? "person" : null);
  if (choices || target) {
    const find = choices ? (typed: string) => matching(choices, typed) : (typed: string) => records(target ?? "", typed);
    const combo = new Combo({
      label, find, pick: (item) => hears.change(item.value), free: hears.change,
      ...(hears.enter ? { enter: hears.enter } : {}), ...(hears.escape ? { escape: hears.escape } : {}), ...(hears.key ? { key: hears.key } : {}),
      placeholder: target ? t("searchRecord") : t("choose"),
    }, text);
    return { element: combo.input, close: () => combo.close() };
  }
  const input = h("input", {
    class: "form-control", type: "text", autocomplete: "off", value: text, "aria-label": label, placeholder: EXAMPLES[field.kind] ?? null, "data-key": hears.key ?? null,
  });
  input.addEventListener("input", () => hears.change(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      hears.enter?.();
    } else if (event.key === "Escape") hears.escape?.();
  });
  return { element: input, close: () => undefined };
}

async function records(entity: string, typed: string): Promise<Item[]> {
  const { items } = await lookup(entity, typed);
  return items.map(({ title, code }) => ({ value: title, label: title, ...(code ? { note: code } : {}) }));
}
