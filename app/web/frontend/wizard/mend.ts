/** Correcting a cell where it is shown to be wrong: the sentence, what was probably meant, a box fitting the field. */

import { h, icon } from "../dom.ts";
import { sentence } from "../request.ts";
import { type Correction, mend } from "./api.ts";
import { type Create, createButton } from "./create.ts";
import { type Box, valueBox } from "./editor.ts";
import type { Fields } from "./fields.ts";
import { labelBefore, when } from "./parts.ts";
import type { Kind, Preview, Row, RowProblem } from "./types.ts";
import { t } from "./words.ts";

interface Hears {
  /** Rows came back planned anew; `row` is the one that was corrected. */
  mended: (rows: Row[], summary: Preview, row: Row) => void;
  /** Enter without a correction, or after one that was right: on to the next. */
  next: () => void;
  /** Escape: back to the list. */
  leave: () => void;
  create: Create;
}

/** What is typed and not yet sent stays when its row scrolls out of sight. */
export class Mender {
  readonly #fields: Fields;
  readonly #hears: Hears;
  readonly #drafts = new Map<string, string>();
  readonly #together = new Map<string, boolean>();
  preview: Preview;

  constructor(preview: Preview, fields: Fields, hears: Hears) {
    this.preview = preview;
    this.#fields = fields;
    this.#hears = hears;
  }

  /** One problem of a row, with the box to correct it where a cell is to blame. */
  line(row: Row, problem: RowProblem): HTMLElement {
    const { field } = problem;
    const label = field ? this.#fields.of(row, field).label : (problem.column ?? "");
    const words = h("span", { class: "wz-sentence" }, icon("alert-triangle", 14), h("span", {}, h("b", {}, labelBefore(label, problem.message)), problem.message));
    if (!field || row.state === "ask") return h("div", { class: "wz-mend" }, words);
    return row.state === "conflict" && problem.theirs !== undefined ? this.#conflict(row, problem, field, words) : this.#box(row, problem, field, label, words);
  }

  #box(row: Row, problem: RowProblem, field: string, label: string, words: HTMLElement): HTMLElement {
    const key = `${row.seq}.${field}`;
    const text = problem.text || row.cells?.[field]?.[1] || row.values?.[field] || "";
    const same = this.#same(row, problem, text);
    const said = h("span", { class: "wz-mend-said", role: "status" });
    const line = h("div", { class: "wz-mend" });
    let together = this.#together.get(key) ?? false;
    const send = (value: string): void => {
      if (value.trim() === text.trim()) return this.#hears.next();
      const one: Correction = { rows: [{ seq: row.seq, values: { [field]: value.trim() } }] };
      const all: Correction = { replace: { field: this.#wide(row, field), text, with: value.trim() } };
      void this.#send(line, said, key, row, together && same ? all : one);
    };
    const box: Box = valueBox(this.#fields.of(row, field), t("correct", { label, row: row.line ?? 0 }), this.#drafts.get(key) ?? text, {
      change: (value) => this.#drafts.set(key, value),
      enter: () => send(box.element.value),
      escape: () => {
        this.#drafts.delete(key);
        box.element.value = text;
        this.#hears.leave();
      },
      key,
    });
    const guesses = problem.suggest ? [problem.suggest] : (problem.candidates ?? []);
    // A sentence that names them has asked already.
    const asks = guesses.length > 0 && !guesses.every((guess) => problem.message.includes(guess));
    const wide = h("input", { type: "checkbox", class: "form-check-input", checked: together });
    wide.addEventListener("change", () => {
      together = wide.checked;
      this.#together.set(key, together);
    });
    line.append(words,
      ...(asks ? [h("span", { class: "tz-muted" }, t(problem.suggest ? "isIt" : "whichOne"))] : []),
      ...guesses.map((guess) => h("button", { type: "button", class: "btn wz-guess", onclick: () => send(guess) }, guess)),
      box.element, h("button", { type: "button", class: "btn wz-fix", onclick: () => send(box.element.value) }, t("fix")),
      ...[createButton(this.preview, problem, this.#wide(row, field), this.#hears.create)].filter((each) => each !== null),
      ...(same ? [h("label", { class: "wz-tick wz-together" }, wide, h("span", {}, same > 1 ? t("correctAll", { n: same - 1 }) : t("correctSame")))] : []),
      said, h("small", { class: "tz-muted wz-keys" }, t("mendKeys")));
    return line;
  }

  #conflict(row: Row, problem: RowProblem, field: string, words: HTMLElement): HTMLElement {
    const said = h("span", { class: "wz-mend-said", role: "status" });
    const line = h("div", { class: "wz-mend" });
    const mine = row.cells?.[field]?.[1] ?? "";
    const take = (value: string): void => void this.#send(line, said, `${row.seq}.${field}`, row, { rows: [{ seq: row.seq, values: { [field]: value } }] });
    const theirs = problem.theirs ?? "";
    line.append(words, h("span", { class: "tz-muted" }, [problem.by, when(problem.at)].filter(Boolean).join(" ")),
      h("button", { type: "button", class: "btn", onclick: () => take(mine) }, t("useMine", { text: mine || t("emptyNew") })),
      h("button", { type: "button", class: "btn", onclick: () => take(theirs) }, t("useTheirs", { text: theirs || t("emptyOld") })), said);
    return line;
  }

  /** In how many rows the same text is wrong in the same way; 1 when others are, nobody knows how many; 0 for none. */
  #same(row: Row, problem: RowProblem, text: string): number {
    if ((!text && problem.code !== "REQUIRED") || problem.code === "DUPLICATE_IN_FILE") return 0;
    const wanted = this.#wide(row, problem.field ?? "");
    const kind: Kind | undefined = this.preview.kinds.find((each) => (each.name === wanted || each.name === problem.field) && each.message === problem.message);
    if (!kind || kind.count < 2) return 0;
    if (!text || kind.texts?.length === 1) return kind.count;
    return kind.texts?.length && kind.texts.length >= kind.count ? 0 : 1;
  }

  /** A field as the summary names it: of a line with its entity. */
  #wide(row: Row, field: string): string {
    const dotted = `${row.entity ?? ""}.${field}`;
    return this.preview.columns.some((column) => column.name === dotted) ? dotted : field;
  }

  async #send(line: HTMLElement, said: HTMLElement, key: string, row: Row, correction: Correction): Promise<void> {
    const parts = line.querySelectorAll<HTMLInputElement | HTMLButtonElement>("input, button");
    for (const part of parts) part.disabled = true;
    said.textContent = t("rechecking");
    try {
      const answer = await mend(this.preview.set, correction);
      this.#drafts.delete(key);
      this.preview = answer.summary;
      this.#hears.mended(answer.rows, answer.summary, row);
    } catch (problem) {
      for (const part of parts) part.disabled = false;
      said.textContent = sentence(problem);
    }
  }
}
