/** Requests to the server, with the page's CSRF token; the contract is in docs/architecture.md. */

import type { Reply } from "./core/save.ts";
import type { ChangeSet, Describe, LookupItem, Outcome, Page, Query, Totals, Wire } from "./types.ts";
import { t } from "./i18n.ts";

/** The server answered, but not with what was asked for; the message is for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Outcome;

  constructor(status: number, body: Outcome) {
    super(body.message || body.errors?.[0]?.message || t(status >= 500 ? "serverFailed" : "requestFailed", { status }));
    this.status = status;
    this.body = body;
  }
}

const BUSY = new Set([429, 502, 503, 504]);

async function request(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const token = document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(path, {
    method: body === undefined ? "GET" : "POST",
    credentials: "same-origin",
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
}

async function readBody(response: Response): Promise<Outcome> {
  try {
    return (await response.json()) as Outcome;
  } catch {
    return {};
  }
}

async function json<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await request(path, body, signal);
  if (!response.ok) throw new ApiError(response.status, await readBody(response));
  return (await response.json()) as T;
}

export class Api {
  readonly #root: string;
  readonly #all: string;
  /** The moment rows and totals are read at, in the company's zone; null for now. */
  moment: string | null = null;

  /** `root` is the address before the entity's name, such as "/api/v1/". */
  constructor(root: string, entity: string) {
    this.#all = root;
    this.#root = `${root}${encodeURIComponent(entity)}`;
  }

  describe(): Promise<Describe> {
    return json(`${this.#root}/sheet`);
  }

  rows(query: Query, want: { at: number; after: string | null; limit: number }, signal: AbortSignal): Promise<Page> {
    const from = want.after === null ? { at: want.at } : { after: want.after };
    return json(...this.#at("rows", { ...query, ...from, limit: want.limit, fields: null }), signal);
  }

  totals(query: Query, fields: string[], signal: AbortSignal): Promise<Totals> {
    return json(...this.#at("totals", { filter: query.filter, q: query.q, fields }), signal);
  }

  #at(what: string, question: object): [path: string, body: object] {
    return this.moment ? [`${this.#root}/${what}_at`, { ...question, moment: this.moment }] : [`${this.#root}/${what}`, question];
  }

  /** Records of `entity` found by name, code or pinyin; "person" finds people. */
  async lookup(entity: string, q: string, limit = 20, signal?: AbortSignal): Promise<LookupItem[]> {
    const query = new URLSearchParams({ q, limit: String(limit) });
    const found = await json<{ items: LookupItem[] }>(`${this.#all}${encodeURIComponent(entity)}/lookup?${query}`, undefined, signal);
    return found.items;
  }

  history(id: number): Promise<{ items: HistoryItem[] }> {
    return json(`${this.#root}/${id}/history`);
  }

  undo(set: number): Promise<Outcome> {
    return json(`${this.#all}change_set/${set}/undo`, {});
  }

  /** Send a change set; never rejects. */
  async send(set: ChangeSet): Promise<Reply> {
    try {
      const response = await request(`${this.#all}change_set`, set);
      if (BUSY.has(response.status) || response.status === 401) {
        const seconds = Number(response.headers.get("Retry-After"));
        const retryAfter = seconds > 0 ? Math.min(seconds, 60) * 1_000 : null;
        return { kind: "unreachable", retryAfter, signedOut: response.status === 401 };
      }
      const outcome = await readBody(response);
      if (response.ok || outcome.errors?.length || outcome.conflicts?.length || outcome.confirms?.length) {
        return { kind: "answer", outcome, ok: response.ok };
      }
      return { kind: "failed", message: new ApiError(response.status, outcome).message };
    } catch {
      return { kind: "unreachable", retryAfter: null, signedOut: false };
    }
  }
}

export interface HistoryItem {
  log: number;
  at: string;
  actor: string;
  source: string;
  change_set: number | null;
  op: "insert" | "update" | "delete";
  cells: { field: string; label: string; old: Wire; new: Wire; old_title: string | null; new_title: string | null }[];
}
