/** The wizard: six steps, what was chosen so far, and the job whose number stands in the address. */

import { fillWith, h } from "../dom.ts";
import { sentence } from "../request.ts";
import * as api from "./api.ts";
import { fileScreen } from "./file.ts";
import { finishScreen } from "./finish.ts";
import type { How } from "./foot.ts";
import { layoutScreen, worthALook } from "./layout.ts";
import { mappingScreen } from "./mapping.ts";
import { asked, type Chosen, created, type Options, proposed, remembered } from "./options.ts";
import { note, pressByKey } from "./parts.ts";
import { previewScreen } from "./preview.ts";
import type { Following } from "./profiles.ts";
import { Progress } from "./progress.ts";
import { Queue } from "./queue.ts";
import { steps } from "./steps.ts";
import type { Asked, Job, Look, Place, Preview, Screen, Written } from "./types.ts";
import { t } from "./words.ts";

/** Holds what was chosen so far and shows one step at a time. */
export class Wizard {
  readonly #root: HTMLElement;
  readonly #place: Place;
  readonly #queue = new Queue();
  #look: Look | null = null;
  /** What was chosen, by this person in this page; empty as long as the server's proposal stands. */
  #options: Partial<Options> = {};
  #following: Following = { profile: null };
  /** Has nobody chosen a column yet? */
  #fresh = true;
  #reason = "";
  #asked: Asked | null = null;
  #preview: Preview | null = null;
  #how: How = { partial: false, agreed: false };
  #screen = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#place = {
      entity: root.dataset.entity ?? "", label: root.dataset.label ?? "", maxBytes: Number(root.dataset.max),
      mayList: "list" in root.dataset, mayHistory: "history" in root.dataset,
    };
    addEventListener("hashchange", () => void this.open());
    pressByKey(root);
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
        this.#fresh = false;
        this.#options = job.asked.options;
        this.#reason = job.asked.reason;
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
      back[1] = () => this.#startOver();
      if (look) back[2] = () => this.#layout(look);
      back[3] = () => void this.#backToMapping();
    }
    const body = h("div", { class: "wz-body", tabindex: -1 }, screen.body);
    // The first step lists the files itself.
    fillWith(this.#root, steps(step, this.#facts(step), back), step > 1 ? this.#queue.chips() : null, body, screen.bar ?? null);
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
    this.#show(1, fileScreen(this.#place, this.#queue, (look) => this.#uploaded(look), problem));
  }

  #uploaded(look: Look): void {
    this.#preview = null;
    this.#asked = null;
    this.#look = look;
    if (worthALook(look)) this.#layout(look);
    else this.#mapping(look);
  }

  #layout(look: Look, problem = ""): void {
    this.#address(null);
    this.#show(2, layoutScreen(look, this.#options, {
      look: (sheet, header_row) => void this.#lookAt({ ...look, sheet, header_row }, (next) => this.#layout(next), (why) => this.#layout(look, why)),
      next: () => this.#mapping(look),
      back: () => this.#startOver(),
    }, problem));
  }

  async #lookAt(where: api.Where, then: (look: Look) => void, failed: (why: string) => void): Promise<void> {
    try {
      this.#look = await api.look(this.#place.entity, where);
      then(this.#look);
    } catch (problem) {
      failed(sentence(problem));
    }
  }

  #mapping(look: Look, problem = ""): void {
    this.#address(null);
    const last = remembered(look);
    if (last && this.#fresh && !look.trip) {
      const named = look.profiles?.find((each) => each.mine && last.name && each.name === last.name);
      this.#following = { profile: named?.id ?? "last" };
      this.#options = { ...last.options, ...this.#options };
    }
    this.#fresh = false;
    const chosen = proposed(look, this.#options);
    this.#options = chosen;
    const beside = { wrong: this.#wrongTexts(), following: this.#following, reason: this.#reason };
    this.#show(3, mappingScreen(this.#place, look, chosen, beside, {
      check: () => {
        this.#reason = beside.reason;
        void this.#check(look, chosen);
      },
      back: () => (worthALook(look) ? this.#layout(look) : this.#startOver()),
      use: (options) => {
        this.#reason = beside.reason;
        const { hidden, totals } = chosen;
        this.#options = { ...options, hidden, totals };
        this.#mapping(look);
        this.#root.querySelector<HTMLElement>(".wz-profiles select")?.focus();
      },
    }, problem));
  }

  /** Texts the last check found wrong, by field: they wait for a translation. */
  #wrongTexts(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const kind of this.#preview?.kinds ?? []) if (kind.name) found.set(kind.name, [...(found.get(kind.name) ?? []), ...(kind.texts ?? [])]);
    return found;
  }

  /** The mapping of what was checked, also when the page was opened at its job. */
  async #backToMapping(problem = ""): Promise<void> {
    if (this.#look) return this.#mapping(this.#look, problem);
    const before = this.#asked;
    if (!before) return this.#file(problem);
    const { sheet = null, header_row = null } = before.options;
    await this.#lookAt({ ticket: before.ticket, sheet, header_row }, (look) => this.#mapping(look, problem), (why) => this.#file(why));
  }

  async #check(look: Look, chosen: Chosen): Promise<void> {
    await this.#start({ entity: this.#place.entity, ticket: look.ticket, options: asked(look, chosen), reason: this.#reason }, (why) => this.#mapping(look, why));
  }

  async #start(wanted: Asked, failed: (why: string) => void): Promise<void> {
    this.#asked = wanted;
    try {
      const { job } = await api.check(wanted);
      await this.#follow(job, true);
    } catch (problem) {
      failed(sentence(problem));
    }
  }

  /** Follow a job to its end: a check, or the writing. */
  async #follow(id: number, checking: boolean): Promise<void> {
    this.#address(id);
    const labels = new Map(this.#look?.fields.map((field) => [field.name, field.label]));
    const progress = new Progress(checking ? t("checking") : t("writing"), labels);
    this.#show(checking ? 4 : 5, progress.screen);
    const mine = this.#screen;
    const job = await progress.follow(id, () => this.#screen === mine);
    if (job && checking) this.#checked(job);
    else if (job) this.#written(job);
  }

  #checked(job: Job): void {
    if (job.state !== "done") return void this.#backToMapping(job.message || t(job.state === "cancelled" ? "stopped" : "jobFailed"));
    this.#preview = job.result as Preview;
    this.#how = { partial: false, agreed: false };
    this.#showPreview(this.#preview);
  }

  #showPreview(preview: Preview, word: HTMLElement | null = null): void {
    this.#show(5, previewScreen(this.#place, preview, this.#how, {
      write: (partial, confirmed) => void this.#write(preview.set, partial, confirmed),
      told: (summary) => (this.#preview = summary),
      back: () => void this.#backToMapping(),
      again: () => this.#replace(),
      create: (field, given) => this.#create(preview, field, given),
    }, word));
  }

  /** Check again, what was corrected included, and make what this link lacks. */
  #create(preview: Preview, field: string, given: Record<string, string>): void {
    const before = this.#asked;
    if (!before) return;
    const create = { ...created(before.options.create ?? []), [field]: given };
    this.#options = { ...this.#options, create };
    const wanted = { ...before, options: { ...before.options, create }, corrected: preview.set };
    void this.#start(wanted, (why) => this.#showPreview(this.#preview ?? preview, note("red", why)));
  }

  async #write(set: number, partial: boolean, confirmed: boolean): Promise<void> {
    try {
      const { job } = await api.commit(set, partial, confirmed);
      await this.#follow(job, false);
    } catch (problem) {
      if (this.#preview) this.#showPreview(this.#preview, note("red", sentence(problem)));
      else this.#file(sentence(problem));
    }
  }

  #written(job: Job): void {
    if (job.state !== "done") {
      const why = job.message || t(job.state === "cancelled" ? "stopped" : "jobFailed");
      if (this.#preview) return this.#showPreview(this.#preview, note(job.state === "cancelled" ? "blue" : "red", why));
      return this.#file(why);
    }
    const written = job.result as Written;
    const { set, confirmed } = job.asked;
    const before = this.#asked;
    if (written.state !== "refused") this.#queue.end("done");
    const next = this.#queue.next;
    this.#show(written.state === "refused" ? 5 : 6, finishScreen(this.#place, written, set ?? 0, {
      another: () => this.#startOver(),
      writeRest: () => void this.#write(set ?? 0, true, confirmed ?? false),
      checkAgain: before && (() => void this.#start(before, (why) => this.#file(why))),
      next: next && { name: next.name, go: () => this.#nextFile() },
    }));
  }

  /** The next file of the queue, mapped as the one before. */
  #nextFile(): void {
    this.#queue.advance();
    this.#keepMapping();
    this.#file();
  }

  /** Another file in the place of this one, mapped alike: its errors were mended. */
  #replace(): void {
    this.#queue.end("failed");
    this.#keepMapping();
    this.#file();
  }

  #keepMapping(): void {
    const { sheet: _sheet, header_row: _row, ...kept } = this.#options;
    this.#options = kept;
    [this.#look, this.#preview, this.#asked] = [null, null, null];
  }

  #startOver(): void {
    this.#queue.end("failed");
    [this.#look, this.#preview, this.#asked, this.#options, this.#reason] = [null, null, null, {}, ""];
    [this.#following, this.#fresh] = [{ profile: null }, true];
    this.#file();
  }

  /** Keep the job's number in the address, so that the page can be left and found again. */
  #address(job: number | null): void {
    history.replaceState(null, "", job === null ? location.pathname : `#job=${job}`);
  }
}
