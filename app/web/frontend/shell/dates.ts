/** Date fields: typed in any common way, shown as 2026-01-02 whatever language the browser speaks, or picked. */
import { parseDate } from "../core/dates";
import { all, make, word } from "./dom";

const FIELDS = "input[type=date], .appbuilder_date input, input[data-kind=date]";

/** Turn every date field within `place` into a text field with the browser's calendar beside it. */
export function datesIn(place: ParentNode): void {
  for (const input of all<HTMLInputElement>(FIELDS, place)) {
    if (input.dataset.date || input.readOnly || input.disabled) continue;
    input.dataset.date = "1";
    input.type = "text";
    input.autocomplete = "off";
    input.placeholder = word("date");
    input.addEventListener("change", () => { input.value = parseDate(input.value) ?? input.value; });
    const calendar = make("input", { type: "date", class: "tz-date-calendar", tabindex: "-1", "aria-hidden": "true" });
    const box = make("span", { class: "tz-date" });
    input.replaceWith(box);
    box.append(input, calendar);
    box.addEventListener("click", (event) => {
      if (event.target !== calendar) return;
      calendar.value = parseDate(input.value) ?? "";
      calendar.showPicker?.();
    });
    calendar.addEventListener("change", () => {
      input.value = calendar.value;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

/** Wire the date fields of the page. */
export function dates(): void {
  datesIn(document);
}
