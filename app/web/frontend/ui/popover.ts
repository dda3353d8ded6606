/** A floating panel beside something on the page, kept inside the window. */

import { h } from "../dom.ts";

export class Popover {
  readonly element: HTMLElement;
  #anchor: Element | null = null;
  #onOutside = (event: Event): void => {
    const target = event.target as Element;
    // The list of a box in the panel stands beside it in the page.
    if (target.closest(".sh-list") && this.element.role === "dialog") return;
    if (!this.element.contains(target) && !this.#anchor?.contains(target)) this.close();
  };
  onClose: () => void = () => {};

  /** `keepFocus`: a click inside leaves the focus where it is (lists under the cell input). */
  constructor(name: string, { keepFocus = false, label }: { keepFocus?: boolean; label?: string } = {}) {
    this.element = h("div", { class: `sh-pop ${name}`, role: keepFocus ? null : "dialog", "aria-label": label, hidden: true });
    if (keepFocus) this.element.addEventListener("mousedown", (event) => event.preventDefault());
    else {
      this.element.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key === "Escape") this.close();
      });
    }
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Show under (or, without room, above) `anchor`. */
  open(anchor: Element): void {
    this.#anchor = anchor;
    if (!this.element.isConnected) document.body.append(this.element);
    if (this.element.hidden) document.addEventListener("mousedown", this.#onOutside, true);
    this.element.hidden = false;
    this.place();
  }

  place(): void {
    if (!this.#anchor || this.element.hidden) return;
    const at = this.#anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.max(8, Math.min(at.left, window.innerWidth - width - 8));
    const below = at.bottom + 4;
    const top = below + height > window.innerHeight - 8 && at.top - height - 4 > 8 ? at.top - height - 4 : below;
    this.element.style.left = `${left}px`;
    this.element.style.top = `${Math.max(8, Math.min(top, window.innerHeight - height - 8))}px`;
  }

  close(): void {
    if (this.element.hidden) return;
    this.element.hidden = true;
    document.removeEventListener("mousedown", this.#onOutside, true);
    this.onClose();
  }

  /** Close and take out of the page. */
  remove(): void {
    this.close();
    this.element.remove();
  }
}
