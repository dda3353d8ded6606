/** Building elements. Text only ever goes in as text: nothing here reads HTML. */

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/**
 * `h("button", {class: "x", onclick: f, disabled: true}, "words")`: functions become listeners, true an empty
 * attribute; null, undefined and false are left out.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value as EventListener);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite made at build time; decoration only, so it is hidden from screen readers. */
export function icon(name: string, size = 16): SVGSVGElement {
  const sprite = document.getElementById("sheet")?.dataset.icons ?? "/static/build/icons.svg";
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  for (const [key, value] of [["width", size], ["height", size], ["class", "sh-icon"], ["aria-hidden", "true"]]) {
    svg.setAttribute(String(key), String(value));
  }
  svg.append(use);
  return svg;
}

/** Replace all children. */
export function fillWith(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}
