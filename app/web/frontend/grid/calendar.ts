/** The calendar under a date cell; typing stays possible all the time. */

import { addDays, day, parseDate, today } from "../core/dates.ts";
import { fillWith, h, icon } from "../dom.ts";
import { t } from "../i18n.ts";
import type { Field } from "../types.ts";
import { Popover } from "../ui/popover.ts";
import type { Mode } from "./input.ts";
import type { Picked, Picker, PickerHost } from "./pickers.ts";

/** Draw one month; `onDay` hears the day clicked, `onMonth` the month to turn to. */
export function drawMonth(
  element: HTMLElement, month: string, chosen: string | null, onDay: (date: string) => void, onMonth: (month: string) => void,
): void {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const first = `${month}-01`;
  const weekday = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7;
  const turn = (step: number): void => onMonth(new Date(Date.UTC(year, number - 1 + step, 1)).toISOString().slice(0, 7));
  const button = (glyph: SVGSVGElement, label: string, step: number): HTMLElement =>
    h("button", { type: "button", class: "sh-btn sh-ghost sh-square", tabindex: -1, "aria-label": label, onclick: () => turn(step) }, glyph);
  const days = Array.from({ length: 42 }, (_, index) => addDays(first, index - weekday));
  const now = today();
  const cell = (date: string): HTMLElement => {
    const marks = [date.slice(0, 7) !== month && "sh-other", date === now && "sh-today", date === chosen && "sh-on"].filter(Boolean);
    return h("button", { type: "button", class: `sh-day ${marks.join(" ")}`, tabindex: -1, "aria-label": date, onclick: () => onDay(date) }, String(Number(date.slice(8))));
  };
  fillWith(
    element,
    h("div", { class: "sh-month" }, button(icon("chevron-left"), t("previousMonth"), -1), h("b", {}, t("monthTitle", { year, month: number })), button(icon("chevron-right"), t("nextMonth"), 1)),
    h("div", { class: "sh-days" }, ...[...t("weekdays")].map((name) => h("span", { class: "sh-weekday" }, name)), ...days.map(cell)),
    h("button", { type: "button", class: "sh-btn sh-ghost", tabindex: -1, onclick: () => onDay(now) }, t("today")),
  );
}

export class CalendarPicker implements Picker {
  #field: Field;
  #host: PickerHost;
  #pop = new Popover("sh-calendar", { keepFocus: true });
  #date: string | null = null;
  #month = today().slice(0, 7);
  #time = "";

  constructor(field: Field, host: PickerHost) {
    this.#field = field;
    this.#host = host;
  }

  open(anchor: HTMLElement, text: string): void {
    this.#read(text);
    this.#draw();
    this.#pop.open(anchor);
  }

  type(text: string): void {
    this.#read(text);
    this.#draw();
  }

  key(event: KeyboardEvent, mode: Mode): boolean {
    if (!this.#pop.isOpen || mode !== "edit" || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "PageDown" || event.key === "PageUp") {
      const [year = 0, month = 1] = (this.#date ?? today()).split("-").map(Number);
      const to = new Date(Date.UTC(year, month - 1 + (event.key === "PageDown" ? 1 : -1), 1));
      const moved = to.toISOString().slice(0, 8) + (this.#date ?? today()).slice(8);
      this.#choose(day(Number(moved.slice(0, 4)), Number(moved.slice(5, 7)), Number(moved.slice(8))) ?? to.toISOString().slice(0, 10), false);
      return true;
    }
    const step = { ArrowDown: 7, ArrowUp: -7 }[event.key];
    if (!step) return false;
    this.#choose(addDays(this.#date ?? today(), step), false);
    return true;
  }

  picked(): Picked | null {
    return null;
  }

  place(): void {
    this.#pop.place();
  }

  holds(node: Element): boolean {
    return this.#pop.element.contains(node);
  }

  dismiss(): boolean {
    const { isOpen } = this.#pop;
    this.#pop.close();
    return isOpen;
  }

  close(): void {
    this.#pop.remove();
  }

  #read(text: string): void {
    const [first = "", time = ""] = text.trim().split(/[\sT]+/, 2);
    this.#date = parseDate(first);
    this.#time = time;
    if (this.#date) this.#month = this.#date.slice(0, 7);
  }

  #choose(date: string, done: boolean): void {
    this.#date = date;
    this.#month = date.slice(0, 7);
    const withTime = this.#field.kind === "datetime";
    this.#host.take(withTime ? `${date} ${this.#time || "09:00"}` : date, done && !withTime);
    this.#draw();
  }

  #draw(): void {
    drawMonth(this.#pop.element, this.#month, this.#date, (date) => this.#choose(date, true), (month) => {
      this.#month = month;
      this.#draw();
    });
  }
}
