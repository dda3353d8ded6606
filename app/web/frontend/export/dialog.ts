/** The export dialog of a sheet: which rows, which columns, what kind of file; at once, later, agreed to, or regularly. */

import { fillWith, h } from "../dom.ts";
import { rowsOf, tooMany } from "../grid/gestures.ts";
import type { Sheet } from "../grid/sheet.ts";
import { Refusal, sentence } from "../request.ts";
import { toast } from "../ui/toast.ts";
import * as api from "./api.ts";
import { asked, type Choice, groupable, placeOf, remembered, type Which } from "./choice.ts";
import { group, labelled, option, radios } from "./parts.ts";
import { expect, expectAnswer } from "./pending.ts";
import { scheduleForm } from "./schedule.ts";
import { t } from "./words.ts";

/** Open the dialog; it closes itself when the export is under way. */
export async function openExport(sheet: Sheet): Promise<void> {
  await sheet.saver.flush();
  const { range, wholeRows } = sheet.selection;
  const several = (wholeRows || range.bottom > range.top) && !tooMany(sheet, range);
  const ids = several ? (await rowsOf(sheet, range)).map(({ row }) => row.id).filter((id) => id > 0) : [];
  new ExportDialog(sheet, ids).open();
}

class ExportDialog {
  readonly #sheet: Sheet;
  readonly #ids: number[];
  readonly #choice: Choice;
  readonly #element = h("dialog", { class: "sh-dialog ex" });
  readonly #size = h("p", { class: "ex-size", role: "status", "aria-live": "polite" });
  readonly #problem = h("p", { class: "ex-problem", role: "alert", hidden: true });
  readonly #reason = h("textarea", { class: "sh-field ex-reason", rows: 2, maxlength: 500 });
  readonly #why = labelled(t("reason"), this.#reason);
  readonly #go = h("button", { type: "submit", class: "sh-btn sh-primary ex-go" }, t("go"));
  #asking: AbortController | null = null;
  #found: api.Size | null = null;

  constructor(sheet: Sheet, ids: number[]) {
    this.#sheet = sheet;
    this.#ids = ids;
    const narrowed = sheet.query.filter !== null || sheet.q !== null;
    const rows: Which = ids.length > 1 && sheet.selection.wholeRows ? "selected" : narrowed ? "filtered" : "all";
    this.#choice = remembered(sheet.describe, sheet.columns, rows, stored(sheet.describe.entity));
  }

  open(): void {
    this.#element.addEventListener("close", () => {
      this.#asking?.abort();
      this.#element.remove();
      this.#sheet.emit("focus", undefined);
    });
    this.#form();
    document.body.append(this.#element);
    this.#element.showModal();
    this.#element.querySelector<HTMLElement>("input:checked")?.focus();
  }

  #form(): void {
    const { describe, columns, query } = this.#sheet;
    const choice = this.#choice;
    const title = t("title", { label: describe.label });
    const narrowed = query.filter !== null || query.q !== null;
    const changed = (): void => this.#changed();
    const which: [Which, string][] = [
      ...(this.#ids.length ? [["selected", t("selected", { n: this.#ids.length })] as [Which, string]] : []),
      ...(narrowed ? [["filtered", t("filtered")] as [Which, string]] : []), ["all", t("all")],
    ];
    const groups = groupable(columns);
    const grouping = group(t("groups"), h("div", { class: "ex-groups" }, ...[0, 1].map((at) => {
      const select = h("select", { class: "sh-field", "aria-label": at ? t("thenBy") : t("groups"), "data-group": at },
        option("", t("noGroup"), !choice.groups[at]), ...groups.map((field) => option(field.name, field.label, choice.groups[at] === field.name)));
      select.addEventListener("change", () => {
        choice.groups = [...this.#element.querySelectorAll<HTMLSelectElement>("[data-group]")].map((one) => one.value).filter((one, n, all) => one && all.indexOf(one) === n);
        changed();
      });
      return select;
    })), h("small", { class: "sh-quiet" }, t("groupHint")));
    const background = h("input", { type: "checkbox", checked: choice.background });
    background.addEventListener("change", () => {
      choice.background = background.checked;
      changed();
    });
    const regularly = h("button", { type: "button", class: "sh-btn sh-ghost ex-schedule", onclick: () => this.#schedule() }, t("schedule"));
    this.#element.setAttribute("aria-label", title);
    fillWith(this.#element, h("form", { onsubmit: (event: Event) => this.#submit(event) },
      h("h2", {}, title),
      radios(t("rows"), "rows", which, choice.rows, (value) => ((choice.rows = value), changed())),
      radios(t("fields"), "what", [["view", t("view", { n: columns.length })], ["fields", t("every")]], choice.what, (value) => ((choice.what = value), changed())),
      radios(t("format"), "format", [["xlsx", "Excel", describe.rights.import ? t("xlsxHint") : ""], ["csv", "CSV", t("csvHint")], ["pdf", "PDF", t("pdfHint")]], choice.format,
        (value) => ((choice.format = value), changed())),
      groups.length ? grouping : null,
      h("label", { class: "ex-tick" }, background, t("background")),
      h("div", { class: "ex-foot" }, this.#size, this.#problem, this.#why),
      h("div", { class: "sh-buttons" }, regularly, h("span", { class: "sh-grow" }),
        h("button", { type: "button", class: "sh-btn", onclick: () => this.#element.close() }, t("cancel")), this.#go)));
    grouping.hidden = choice.format === "csv";
    this.#changed();
  }

  #asked(): api.Asked {
    return asked(this.#choice, this.#sheet.query, this.#sheet.columns, this.#ids);
  }

  /** Something was chosen: keep it, and ask how large that is. */
  #changed(): void {
    const { rows: _rows, ...kept } = this.#choice;
    keep(this.#sheet.describe.entity, JSON.stringify(kept));
    const groups = this.#element.querySelector<HTMLElement>(".ex-groups")?.closest<HTMLElement>("fieldset");
    if (groups) groups.hidden = this.#choice.format === "csv";
    this.#asking?.abort();
    const mine = (this.#asking = new AbortController());
    this.#found = null;
    this.#say("");
    this.#size.textContent = t("counting");
    this.#go.disabled = true;
    api.size(this.#sheet.describe.entity, this.#asked(), mine.signal).then(
      (found) => this.#tell(found),
      (problem: unknown) => {
        if (mine.signal.aborted) return;
        this.#size.textContent = "";
        this.#say(sentence(problem));
      },
    );
  }

  #tell(found: api.Size): void {
    this.#found = found;
    const over = found.cap !== null && found.rows > found.cap;
    const facts = [t("size", { n: found.rows })];
    if (!over && !found.at_once) facts.push(t("later"));
    if (found.watermark) facts.push(t("marked"));
    this.#size.textContent = found.rows ? facts.join(" · ") : t("nothing");
    this.#why.hidden = !found.ask;
    this.#say(found.message || (found.ask ? t("over", { cap: found.cap ?? 0 }) : ""), found.ask);
    this.#go.textContent = found.ask ? t("ask") : t("go");
    this.#go.disabled = !found.rows || (over && !found.ask);
  }

  /** What stands in the way; amber where there is a way on. */
  #say(text: string, amber = false): void {
    this.#problem.textContent = text;
    this.#problem.hidden = !text;
    this.#problem.classList.toggle("ex-amber", amber);
    if (!amber) this.#why.hidden = true;
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.#go.disabled) return;
    const reason = this.#reason.value.trim();
    if (this.#found?.ask && !reason) {
      this.#say(t("needReason"), true);
      return this.#reason.focus();
    }
    this.#go.disabled = true;
    const entity = this.#sheet.describe.entity;
    try {
      const newest = this.#found?.ask ? Math.max(0, ...(await api.downloads()).map(({ id }) => id)) : 0;
      const made = await api.make(entity, { ...this.#asked(), reason });
      this.#element.close();
      if (made.kind === "file") {
        save(made.file, made.name);
        this.#sheet.emit("say", { text: t("exported") });
      } else if (made.kind === "download") {
        expect(made.id);
        toast(made.message, { label: t("toDownloads"), url: "/downloads/" });
      } else {
        expectAnswer(newest);
        toast(made.message, { label: t("toRequests"), url: "/inbox/mine" });
      }
    } catch (problem) {
      this.#go.disabled = false;
      this.#say(problem instanceof Refusal ? problem.message : sentence(problem));
    }
  }

  #schedule(): void {
    if (this.#choice.rows === "selected") return this.#say(t("noSelection"));
    this.#asking?.abort();
    const { describe } = this.#sheet;
    scheduleForm(this.#element, describe, { ...this.#asked(), background: false }, () => this.#form());
  }
}

/** Hand a file over as if a link to it had been followed. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function stored(entity: string): string | null {
  try {
    return localStorage.getItem(placeOf(entity));
  } catch {
    return null;
  }
}

function keep(entity: string, choice: string): void {
  try {
    localStorage.setItem(placeOf(entity), choice);
  } catch {
    // without storage the dialog begins anew each time
  }
}
