/**
 * Sends edited cells as change sets: one a row left, one a bulk gesture, strictly one after the other.
 * A set that got no answer is sent again with its key, so that the server never applies it twice.
 */

import type { Change, ChangeSet, Describe, Outcome, Row } from "../types.ts";
import type { Edits } from "./edits.ts";
import { isEmpty } from "./format.ts";
import { t } from "../i18n.ts";

/** How a request ended: an answer to settle, or none (and then whether it is worth trying again). */
export type Reply =
  | { kind: "answer"; outcome: Outcome; ok: boolean }
  | { kind: "unreachable"; retryAfter: number | null; signedOut: boolean }
  | { kind: "failed"; message: string };

export interface SaverOptions {
  describe: Describe;
  edits: Edits;
  row: (id: number) => Row | undefined;
  post: (set: ChangeSet) => Promise<Reply>;
  /** Take in an answer; `ids` holds the local id of each change of the set. */
  settle: (set: ChangeSet, ids: number[], outcome: Outcome, ok: boolean) => void;
  /** The connection is gone (or the session), or back. */
  onLink: (state: "up" | "down" | "signedOut") => void;
  discardDraft: (id: number) => void;
  wait?: (ms: number) => Promise<void>;
}

interface Job {
  ids: Set<number>;
  /** What is done to the records: their cells written, deleted, or a step of their lifecycle taken. */
  task: "write" | "delete" | { verb: string; picks?: Record<string, number[]> };
  bulk: boolean;
  source: string;
  confirmed: string[];
}

interface Flight {
  set: ChangeSet;
  ids: number[];
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

export class Saver {
  #queue: Job[] = [];
  #active = false;
  #running: Promise<void> = Promise.resolve();
  #refused = new Set<number>();
  #lastFailed: { body: string; key: string } | null = null;
  #wake: (() => void) | null = null;
  #o: SaverOptions;

  constructor(options: SaverOptions) {
    this.#o = options;
  }

  /** True while something is on its way or waits for the connection. */
  get busy(): boolean {
    return this.#active;
  }

  /** Focus left a row: send its cells, unless it is incomplete or was refused and not touched since. */
  leave(id: number): void {
    if (this.#o.edits.has(id) && !this.#refused.has(id)) this.#add({ ids: new Set([id]), task: "write", bulk: false, source: "sheet", confirmed: [] });
    else if (id < 0 && !this.#o.edits.has(id)) this.#o.discardDraft(id);
  }

  /** One gesture altered these rows: send them as one set; a wrong cell keeps only its own row back. */
  bulk(ids: number[], source: string, confirmed: string[] = []): void {
    for (const id of ids) this.#refused.delete(id);
    this.#add({ ids: new Set(ids), task: "write", bulk: ids.length > 1, source, confirmed });
  }

  /** Delete stored records as one set. */
  remove(ids: number[]): void {
    this.#add({ ids: new Set(ids), task: "delete", bulk: false, source: "sheet", confirmed: [] });
  }

  /** Take a step of the lifecycle with these records as one set; `picks` are the people chosen to decide, by step. */
  act(verb: string, ids: number[], picks?: Record<string, number[]>, confirmed: string[] = []): void {
    this.#add({ ids: new Set(ids), task: { verb, picks }, bulk: ids.length > 1, source: "sheet", confirmed });
  }

  /** Send everything that can be sent, also what was refused before; resolves when the queue is empty. */
  async flush(): Promise<void> {
    this.#refused.clear();
    for (const id of this.#o.edits.ids()) this.leave(id);
    this.retry();
    await this.#running;
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** A row was touched: what the server refused may be sent again. */
  touched(id: number): void {
    this.#refused.delete(id);
  }

  /** Try now instead of at the end of the waiting time. */
  retry(): void {
    this.#wake?.();
  }

  #add(job: Job): void {
    this.#queue.push(job);
    if (this.#active) return;
    this.#active = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      const flight = job.task === "write" ? this.#compose(job) : this.#composeRows(job, job.task);
      if (flight) await this.#send(flight, job);
    }
    this.#active = false; // in the same turn as the last look at the queue, so that no job is left lying
  }

  async #send(flight: Flight, job: Job): Promise<void> {
    const { edits } = this.#o;
    let pause = FIRST_WAIT;
    for (;;) {
      this.#mark(flight, "saving");
      const reply = await this.#o.post(flight.set);
      if (reply.kind === "unreachable") {
        this.#mark(flight, "dirty");
        this.#o.onLink(reply.signedOut ? "signedOut" : "down");
        await this.#pause(reply.retryAfter ?? pause);
        pause = Math.min(pause * 2, LONGEST_WAIT);
        continue;
      }
      this.#o.onLink("up");
      if (reply.kind === "failed") {
        this.#lastFailed = { body: JSON.stringify(flight.set.changes), key: flight.set.key };
        this.#fail(flight, reply.message);
      } else {
        this.#o.settle(flight.set, flight.ids, reply.outcome, reply.ok);
        for (const id of flight.ids) {
          const stuck = !reply.ok || edits.row(id).some(([, { state }]) => state === "error" || state === "conflict");
          if (stuck && edits.has(id)) this.#refused.add(id);
        }
      }
      return;
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#o.wait) return this.#o.wait(ms);
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  #compose(job: Job): Flight | null {
    const changes: Change[] = [];
    const ids: number[] = [];
    for (const id of job.ids) {
      if (!this.#o.edits.has(id)) continue; // an earlier set has taken it along
      const change = id < 0 ? this.#insert(id) : this.#update(id);
      if (!change) continue;
      changes.push(change);
      ids.push(id);
    }
    return changes.length ? { set: this.#set(changes, job), ids } : null;
  }

  #composeRows(job: Job, task: Exclude<Job["task"], "write">): Flight | null {
    const { entity } = this.#o.describe;
    const rows = [...job.ids].map((id) => this.#o.row(id)).filter((row) => row !== undefined);
    const changes = rows.map(({ id, version }): Change =>
      task === "delete" ? { entity, op: "delete", id, version } : { entity, op: "update", id, version, verb: task.verb, values: {} },
    );
    return changes.length ? { set: this.#set(changes, job), ids: rows.map(({ id }) => id) } : null;
  }

  #set(changes: Change[], job: Job): ChangeSet {
    // A set that failed for an unknown reason and has not changed since goes with its first key.
    const key = this.#lastFailed?.body === JSON.stringify(changes) ? this.#lastFailed.key : newKey();
    const { bulk, source, confirmed, task } = job;
    const picks = typeof task === "object" && task.picks ? { picks: task.picks } : {};
    return { key, source, reason: "", partial: bulk, confirmed, changes, ...picks };
  }

  /** Cells of a row that can go; null when one of them is wrong by itself. */
  #cells(id: number): { base: Change["base"]; values: NonNullable<Change["values"]> } | null {
    const base: NonNullable<Change["base"]> = {};
    const values: NonNullable<Change["values"]> = {};
    for (const [field, edit] of this.#o.edits.row(id)) {
      if (edit.typed !== undefined || edit.state === "conflict" || edit.state === "required") return null;
      base[field] = edit.base;
      values[field] = edit.value;
    }
    return { base, values };
  }

  #update(id: number): Change | null {
    const row = this.#o.row(id);
    const cells = this.#cells(id);
    if (!row || !cells || !Object.keys(cells.values).length) return null;
    return { entity: this.#o.describe.entity, op: "update", id, version: row.version, ...cells };
  }

  #insert(id: number): Change | null {
    const { describe, edits } = this.#o;
    // What the row began with that is no default: the record it is a line of.
    const begun = Object.fromEntries(Object.entries(this.#o.row(id)?.values ?? {}).filter(([name]) => describe.fields.find((field) => field.name === name)?.default == null));
    let complete = true;
    for (const field of describe.fields) {
      if (!field.required || field.editable === false || field.default != null) continue;
      if (!isEmpty(edits.get(id, field.name)?.value) || (!edits.get(id, field.name) && !isEmpty(begun[field.name]))) continue;
      if (edits.get(id, field.name)?.typed !== undefined) continue;
      complete = false;
      edits.put(id, field.name, { base: null, baseTitle: null, value: null, title: null, state: "required", message: t("required") });
    }
    const cells = this.#cells(id);
    if (!complete || !cells) return null;
    const values = Object.fromEntries(Object.entries(cells.values).filter(([field, value]) => !isEmpty(value) || !isEmpty(cells.base?.[field])));
    return { entity: describe.entity, op: "insert", ref: `r${-id}`, values: { ...begun, ...values } };
  }

  #mark(flight: Flight, state: "saving" | "dirty"): void {
    const list = flight.ids.flatMap((id, index) => {
      const values = flight.set.changes[index]?.values ?? {};
      return Object.entries(values).flatMap(([field, sent]) => {
        const edit = this.#o.edits.get(id, field);
        return edit ? [{ id, field, edit: { ...edit, sent, state, message: undefined, code: undefined, confirm: false } }] : [];
      });
    });
    this.#o.edits.putAll(list);
  }

  #fail(flight: Flight, message: string): void {
    const list = flight.ids.flatMap((id) =>
      this.#o.edits.row(id).map(([field, edit]) => ({ id, field, edit: { ...edit, sent: undefined, state: "error" as const, message } })),
    );
    for (const id of flight.ids) this.#refused.add(id);
    this.#o.edits.putAll(list);
    if (flight.set.changes.some(({ op, verb }) => op === "delete" || verb)) {
      this.#o.settle(flight.set, flight.ids, { message, errors: [{ message }] }, false);
    }
  }
}

/** A random UUID; unlike crypto.randomUUID it also exists on plain http in the company's network. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
