/** The import page: `<div id="import" data-entity="customer">`. Six steps; the job's number stands in the address. */

import { fillWith, h } from "./dom.ts";
import * as api from "./wizard/api.ts";
import { type Choice, proposed } from "./wizard/choice.ts";
import { fileScreen, sheetScreen } from "./wizard/file.ts";
import { finishScreen } from "./wizard/finish.ts";
import { mappingScreen } from "./wizard/mapping.ts";
import { note } from "./wizard/parts.ts";
import { sentence } from "./request.ts";
import { previewScreen } from "./wizard/preview.ts";
import { Progress } from "./wizard/progress.ts";
import { steps } from "./wizard/steps.ts";
import type { Asked, Job, Look, Place, Preview, Screen, Written } from "./wizard/types.ts";
import { t } from "./wizard/words.ts";

/** Holds what was chosen so far and shows one step at a time. */
class Wizard {
  readonly #root: HTMLElement;
  readonly #place: Place;
  #look: Look | null = null;
  #choice: Partial<Choice> = {};
  #asked: Asked | null = null;
  #preview: Preview | null = null;
  #screen = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#place = {
      entity: root.dataset.entity ?? "", label: root.dataset.label ?? "", maxBytes: Number(root.dataset.max),
      mayList: "list" in root.dataset, mayHistory: "history" in root.dataset,
    };
    addEventListener("hashchange", () => void this.open());
  }

  /** Begin where the address says: at a job, or at the first step. */
  async open(): Promise<void> {
    const id = Number(/^#job=(\d{1,15})$/.exec(location.hash)?.[1] ?? 0);
    if (!id) return this.#file();
    try {
      const job = await api.job(id);
      if (job.asked.entity !== this.#place.entity) return this.#file(t("otherEntity"));
      if (job.kind === "import_preview") {
        this.#asked = job.asked;
        this.#choice = { mapping: job.asked.mapping ?? {}, key: job.asked.key ?? [], reason: job.asked.reason };
        if (job.state === "done" && !job.open) return this.#file(t("closed"));
      }
      await this.#follow(id, job.kind === "import_preview");
    } catch (problem) {
      this.#file(sentence(problem));
    }
  }

  #show(step: number, screen: Screen): void {
    this.#screen += 1;
    const look = this.#look;
    const back: Partial<Record<number, () => void>> = {};
    if (step < 4 || step === 5) {
      back[1] = () => this.#file();
      if (look) back[2] = () => this.#sheet(look);
      back[3] = () => void this.#backToMapping();
    }
    const body = h("div", { class: "wz-body", tabindex: -1 }, screen.body);
    fillWith(this.#root, steps(step, this.#facts(step), back), body, screen.bar ?? null);
    // What had the focus is gone; the next Tab shall go on in the new step.
    if (this.#screen > 1) body.focus({ preventScroll: true });
    this.#root.querySelector<HTMLElement>(".wz-now")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #facts(step: number): string[] {
    const { name, sheet, rows } = this.#preview && step >= 4 ? this.#preview : { ...this.#look };
    if (step === 1 || !name || sheet === undefined) return [];
    const mapped = this.#preview && step >= 4 ? [t("mappedOf", { all: this.#preview.headers, n: this.#preview.mapped })] : [];
    return [name, t("sheetFacts", { sheet }), t("nRows", { n: rows ?? 0 }), ...mapped];
  }

  #file(problem = ""): void {
    this.#address(null);
    this.#show(1, fileScreen(this.#place, (look) => this.#uploaded(look), problem));
  }

  #uploaded(look: Look): void {
    this.#preview = null;
    this.#look = look;
    const worth = look.sheets.filter((sheet) => sheet.rows > 0);
    if (worth.length > 1) this.#sheet(look);
    else this.#mapping(look);
  }

  #sheet(look: Look, problem = ""): void {
    this.#address(null);
    const choose = (sheet: string): void => void this.#lookAt({ ...look, sheet, header_row: null }, (why) => this.#sheet(look, why));
    this.#show(2, sheetScreen(look, choose, () => this.#file(), problem));
  }

  async #lookAt(where: { ticket: string; sheet: string | null; header_row: number | null }, failed: (why: string) => void): Promise<void> {
    try {
      const { ticket, sheet, header_row } = where;
      this.#look = await api.look({ entity: this.#place.entity, ticket, sheet, header_row });
      this.#mapping(this.#look);
    } catch (problem) {
      failed(sentence(problem));
    }
  }

  #mapping(look: Look, problem = ""): void {
    this.#address(null);
    const choice = proposed(look, this.#choice);
    this.#choice = choice;
    this.#show(3, mappingScreen(this.#place, look, choice, {
      check: () => void this.#check(look, choice),
      back: () => (look.sheets.length > 1 ? this.#sheet(look) : this.#file()),
      lookAgain: (header_row) => void this.#lookAt({ ...look, header_row }, (why) => this.#mapping(look, why)),
    }, problem));
  }

  /** The mapping of what was checked, also when the page was opened at its job. */
  async #backToMapping(problem = ""): Promise<void> {
    if (this.#look) return this.#mapping(this.#look, problem);
    if (!this.#asked) return this.#file(problem);
    await this.#lookAt(this.#asked, (why) => this.#file(why));
    if (problem && this.#look) this.#mapping(this.#look, problem);
  }

  async #check(look: Look, choice: Choice): Promise<void> {
    const asked: Asked = {
      entity: this.#place.entity, ticket: look.ticket, sheet: look.sheet, header_row: look.header_row,
      mapping: choice.mapping, key: choice.key, reason: choice.reason,
    };
    await this.#start(asked, (why) => this.#mapping(look, why));
  }

  async #start(asked: Asked, failed: (why: string) => void): Promise<void> {
    this.#asked = asked;
    try {
      const { job } = await api.check(asked);
      await this.#follow(job, true);
    } catch (problem) {
      failed(sentence(problem));
    }
  }

  /** Follow a job to its end: a check, or the writing. */
  async #follow(id: number, checking: boolean): Promise<void> {
    this.#address(id);
    const progress = new Progress(checking ? t("checking") : t("writing"));
    this.#show(checking ? 4 : 5, progress.screen);
    const mine = this.#screen;
    const job = await progress.follow(id, () => this.#screen === mine);
    if (job && checking) this.#checked(job);
    else if (job) this.#written(job);
  }

  #checked(job: Job): void {
    if (job.state === "failed") return void this.#backToMapping(job.message || t("jobFailed"));
    this.#preview = job.result as Preview;
    this.#showPreview(this.#preview);
  }

  #showPreview(preview: Preview, problem = ""): void {
    this.#show(5, previewScreen(this.#place, preview, {
      write: (partial, confirmed) => void this.#write(preview.set, partial, confirmed),
      back: () => void this.#backToMapping(),
      again: () => this.#file(),
    }, problem));
  }

  async #write(set: number, partial: boolean, confirmed: boolean): Promise<void> {
    try {
      const { job } = await api.commit(set, partial, confirmed);
      await this.#follow(job, false);
    } catch (problem) {
      if (this.#preview) this.#showPreview(this.#preview, sentence(problem));
      else this.#file(sentence(problem));
    }
  }

  #written(job: Job): void {
    if (job.state === "failed") {
      const why = job.message || t("jobFailed");
      if (this.#preview) return this.#showPreview(this.#preview, why);
      return this.#file(why);
    }
    const written = job.result as Written;
    const { set, confirmed } = job.asked;
    const asked = this.#asked;
    this.#show(written.state === "refused" ? 5 : 6, finishScreen(this.#place, written, {
      another: () => this.#startOver(),
      writeRest: () => void this.#write(set ?? 0, true, confirmed ?? false),
      checkAgain: asked && (() => void this.#start(asked, (why) => this.#file(why))),
    }));
  }

  #startOver(): void {
    [this.#look, this.#preview, this.#asked, this.#choice] = [null, null, null, {}];
    this.#file();
  }

  /** Keep the job's number in the address, so that the page can be left and found again. */
  #address(job: number | null): void {
    history.replaceState(null, "", job === null ? location.pathname : `#job=${job}`);
  }
}

const root = document.getElementById("import");
if (root) {
  const wizard = new Wizard(root);
  wizard.open().catch((problem: unknown) => fillWith(root, note("red", sentence(problem))));
}
