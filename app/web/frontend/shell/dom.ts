/** Small helpers over the DOM. Data always goes in as text, never as HTML. */

/** The first element that matches, or null; typed by the caller. */
export function one<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T | null {
  return within.querySelector<T>(selector);
}

/** All elements that match. */
export function all<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

/** A new element with attributes and children; a child that is a string becomes text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The JSON a `<script type="application/json">` of the page carries. */
export function data<T>(selector: string, within: ParentNode = document): T | null {
  const text = one(selector, within)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}

/** A word of the shell in the page's language; `{n}` is replaced by `number`. */
export function word(name: string, number?: number): string {
  words ??= data<Record<string, string>>("#tz-words") ?? {};
  return (words[name] ?? name).replace("{n}", String(number ?? ""));
}
let words: Record<string, string> | null = null;

/** Remember a choice of this browser for a year; the server reads it, so pages come right at once. */
export function remember(name: string, value: string): void {
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax`;
}

/** True while somebody types into a field, so that single keys are theirs. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
