/** Small pieces of the export dialogs. */

import { h } from "../dom.ts";

/** A part of a dialog under its name. */
export function group(name: string, ...body: (Node | null)[]): HTMLFieldSetElement {
  return h("fieldset", { class: "ex-set" }, h("legend", {}, name), ...body);
}

/** A field with its label above and a hint below. */
export function labelled(label: string, field: HTMLElement, hint = ""): HTMLLabelElement {
  return h("label", { class: "ex-field" }, h("span", {}, label), field, hint ? h("small", { class: "sh-quiet" }, hint) : null);
}

export function option(value: string, words: string, selected: boolean): HTMLOptionElement {
  return h("option", { value, selected }, words);
}

/** One of several, by mouse or arrow keys. */
export function radios<V extends string>(
  name: string, key: string, options: [value: V, words: string, hint?: string][], chosen: V, change: (value: V) => void,
): HTMLFieldSetElement {
  return group(name, h("div", { class: "ex-options" }, ...options.map(([value, words, hint]) => {
    const input = h("input", { type: "radio", name: key, value, checked: value === chosen });
    input.addEventListener("change", () => change(value));
    return h("label", { class: "ex-option" }, input, h("span", {}, words, hint ? h("small", { class: "sh-quiet" }, hint) : null));
  })));
}
