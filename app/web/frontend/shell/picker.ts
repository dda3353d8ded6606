/**
 * A select with a search field: `select.my_select2` (FAB's mark) and any field with `data-lookup`, whose options
 * then come from the server. The select stays in the form and keeps the value; without script it is used as it is.
 */
import { all, make, one, word } from "./dom";

interface Item { value: string; label: string; note?: string }
interface Found { items: { id: number; title: string; code?: string }[] }

const DELAY = 150;
let serial = 0;

/** Turn every such field of the page into a picker. */
export function pickers(): void {
  pickersIn(document);
}

/** Turn every such field within `place` into a picker. */
export function pickersIn(place: ParentNode): void {
  for (const field of all<HTMLSelectElement | HTMLInputElement>("select.my_select2, [data-lookup]", place)) {
    if (field.dataset.picker || field.disabled || ("readOnly" in field && field.readOnly)) continue;
    field.dataset.picker = "1";
    new Picker(field instanceof HTMLSelectElement ? field : asSelect(field));
  }
}

/** An input that holds an id becomes a select with one option, titled by data-title. */
function asSelect(input: HTMLInputElement): HTMLSelectElement {
  const select = make("select", { name: input.name, id: input.id, "data-lookup": input.dataset.lookup ?? "", "data-picker": "1" });
  for (const name of ["aria-describedby", "aria-invalid", "class"]) {
    const value = input.getAttribute(name);
    if (value) select.setAttribute(name, value);
  }
  select.append(new Option("", ""));
  if (input.value) select.append(new Option(input.dataset.title || input.value, input.value, true, true));
  input.replaceWith(select);
  return select;
}

class Picker {
  private readonly many: boolean;
  private readonly input: HTMLInputElement;
  private readonly list: HTMLUListElement;
  private readonly box: HTMLDivElement;
  private timer = 0;
  private asked = 0;

  constructor(private readonly select: HTMLSelectElement) {
    this.many = select.multiple;
    const id = select.id || `tz-picker-${++serial}`;
    this.list = make("ul", { class: "tz-picker-list", role: "listbox", id: `${id}-list`, hidden: "" });
    this.input = make("input", {
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "false",
      "aria-controls": this.list.id, "aria-autocomplete": "list",
    });
    for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) {
      const value = select.getAttribute(name);
      if (value) this.input.setAttribute(name, value);
    }
    this.box = make("div", { class: "form-select tz-picker-box" }, this.input);
    const label = select.id ? one<HTMLLabelElement>(`label[for="${CSS.escape(select.id)}"]`) : null;
    this.input.id = `${id}-search`;
    if (label) label.htmlFor = this.input.id;
    select.after(make("div", { class: "tz-picker" }, this.box, this.list));
    select.hidden = true;
    this.wire();
    this.paint();
  }

  private wire(): void {
    this.box.addEventListener("mousedown", (event) => {
      if (event.target === this.input) return;
      event.preventDefault();
      this.input.focus();
    });
    this.box.addEventListener("click", () => this.open());
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("blur", () => { this.close(); this.paint(); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const row = (event.target as Element).closest<HTMLElement>("li[data-value]");
      if (row) this.pick(row);
    });
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const rows = all("li[data-value]", this.list);
    const at = rows.findIndex((row) => row.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.open();
      this.mark(rows, (at + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % Math.max(rows.length, 1));
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      const row = rows[at];
      if (row) this.pick(row);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && this.many && !this.input.value) {
      const last = [...this.select.selectedOptions].pop();
      if (last) this.set(last.value, last.text, false);
    }
  }

  /** Show what fits the text typed; an unchanged title means nothing was typed yet. */
  private open(): void {
    const title = this.many ? "" : this.title();
    const text = this.input.value === title ? "" : this.input.value.trim();
    const address = this.select.dataset.lookup;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (!address) return this.show(this.local(text), text);
    window.clearTimeout(this.timer);
    if (!this.list.childElementCount) this.note("loading");
    this.timer = window.setTimeout(() => void this.remote(address, text), DELAY);
  }

  private local(text: string): Item[] {
    const wanted = text.toLowerCase();
    return [...this.select.options].filter((each) => each.value && each.value !== "__None" && each.text.toLowerCase().includes(wanted))
      .map((each) => ({ value: each.value, label: each.text }));
  }

  private async remote(address: string, text: string): Promise<void> {
    const turn = ++this.asked;
    const url = new URL(address, location.href);
    url.searchParams.set("q", text);
    url.searchParams.set("limit", "20");
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { items } = (await answer.json()) as Found;
      if (turn === this.asked) this.show(items.map((each) => ({ value: String(each.id), label: each.title, note: each.code ?? "" })), text);
    } catch {
      if (turn === this.asked) this.note("failed");
    }
  }

  private show(items: Item[], text: string): void {
    const chosen = new Set([...this.select.selectedOptions].map((each) => each.value));
    const empty = [...this.select.options].find((each) => !each.value || each.value === "__None");
    if (!this.many && !text && empty && this.title()) items = [{ value: empty.value, label: word("clear") }, ...items];
    if (!items.length) return this.note("none");
    this.list.replaceChildren(...items.slice(0, 200).map((item, index) => make("li", {
      role: "option", id: `${this.list.id}-${index}`, "data-value": item.value, "data-label": item.label,
      ...(chosen.has(item.value) ? { class: "tz-picker-chosen" } : {}),
    }, item.label, ...(item.note ? [make("small", {}, item.note)] : []))));
    this.mark(all("li", this.list), 0);
  }

  private note(name: string): void {
    this.list.replaceChildren(make("li", { class: "tz-picker-note" }, word(name)));
  }

  private mark(rows: HTMLElement[], at: number): void {
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    rows[at]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", rows[at]?.id ?? "");
  }

  private pick(row: HTMLElement): void {
    const value = row.dataset.value ?? "";
    const on = !this.many || ![...this.select.selectedOptions].some((each) => each.value === value);
    this.set(value, row.dataset.label ?? value, on);
    if (!this.many) this.close();
  }

  private set(value: string, label: string, on: boolean): void {
    let option = [...this.select.options].find((each) => each.value === value);
    if (!option) this.select.append((option = new Option(label, value)));
    option.selected = on;
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
    this.input.value = "";
    this.paint();
    if (this.many && !this.list.hidden) this.open();
  }

  private title(): string {
    const option = this.select.selectedOptions[0];
    return option && option.value && option.value !== "__None" ? option.text : "";
  }

  /** Draw the present value: the title in the field, or a chip for each of many. */
  private paint(): void {
    if (!this.many) {
      this.input.value = this.title();
      this.input.placeholder = word("choose");
      return;
    }
    for (const chip of all(".tz-chip", this.box)) chip.remove();
    this.input.value = "";
    this.input.placeholder = this.select.selectedOptions.length ? "" : word("choose");
    for (const option of this.select.selectedOptions) {
      const button = make("button", { type: "button", "aria-label": `${word("remove")} ${option.text}` }, "×");
      button.addEventListener("click", (event) => { event.stopPropagation(); this.set(option.value, option.text, false); });
      this.input.before(make("span", { class: "tz-chip tz-grey" }, option.text, button));
    }
  }

  private close(): void {
    window.clearTimeout(this.timer);
    this.asked++;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
}
