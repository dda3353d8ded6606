/** What opens under a cell while it is edited: lists for choices and links, a calendar for dates. */

import type { Field, Wire } from "../types.ts";
import { CalendarPicker } from "./calendar.ts";
import { ChoicePicker } from "./choice.ts";
import type { Mode } from "./input.ts";
import { LinkPicker } from "./link.ts";
import type { Sheet } from "./sheet.ts";

/** A value taken from a list, with the name behind it when it is an id. */
export interface Picked {
  value: Wire;
  title: string | null;
}

export interface Picker {
  /** Show under the input; `text` is what it holds. */
  open(anchor: HTMLElement, text: string, mode: Mode): void;
  /** The text in the input changed. */
  type(text: string): void;
  /** A key the list may want; true when it took it. */
  key(event: KeyboardEvent, mode: Mode): boolean;
  /** What a commit with this text takes from the list; null = read the text. */
  picked(text: string): Picked | null;
  place(anchor: HTMLElement): void;
  /** True when the element belongs to it. */
  holds(node: Element): boolean;
  /** Hide the list but stay with the edit; false when it was hidden already. */
  dismiss(): boolean;
  close(): void;
}

export interface PickerHost {
  /** Put text into the input; `done` ends the edit. */
  take(text: string, done: boolean): void;
}

/** The picker for a field's kind; null when the plain input is enough. */
export function makePicker(sheet: Sheet, field: Field, host: PickerHost): Picker | null {
  switch (field.kind) {
    case "choice":
    case "yes_no":
    case "multi_choice":
      return new ChoicePicker(field, host);
    case "link":
    case "person":
      return new LinkPicker(sheet, field, host);
    case "date":
    case "datetime":
      return new CalendarPicker(field, host);
    default:
      return null;
  }
}
