/** Requests about exports; the contract is in docs/exporting.md. */

import { read, Refusal, send, token } from "../request.ts";
import type { Filter, Sort, Wire } from "../types.ts";

export type Format = "xlsx" | "csv" | "pdf";

/** What is to be exported. */
export interface Asked {
  filter: Filter | null;
  sort: Sort;
  q: string | null;
  ids: number[] | null;
  fields: string[];
  groups: string[];
  format: Format;
  what: "view" | "fields";
  background: boolean;
  reason?: string;
}

/** How large an export would be; `ask`: a request can be sent, `message`: it cannot, and what to do. */
export interface Size {
  rows: number;
  cap: number | null;
  at_once: boolean;
  watermark: boolean;
  ask: boolean;
  message: string;
}

export interface Download {
  id: number;
  name: string;
  label: string;
  format: Format;
  rows: number | null;
  size: number | null;
  state: "waiting" | "running" | "done" | "failed" | "cancelled" | "expired";
  done: number;
  total: number;
  message: string;
  may: boolean;
  url: string | null;
  from: "sheet" | "request" | "schedule";
  created_at: string;
  expires_at: string | null;
}

/** What became of an export: the file itself, or where it will be found. */
export type Made =
  | { kind: "file"; file: Blob; name: string }
  | { kind: "download"; id: number; message: string }
  | { kind: "request"; id: number; message: string };

export const size = (entity: string, asked: Asked, signal: AbortSignal): Promise<Size> =>
  post(`${entity}/export/size`, asked, signal).then(async (answer) => read<Size>(answer.status, await answer.text()));

/** Export. Throws a Refusal that says what to do. */
export async function make(entity: string, asked: Asked): Promise<Made> {
  const answer = await post(`${entity}/export`, asked);
  if (answer.status !== 200) {
    const body = read<{ download?: number; request?: number; message: string }>(answer.status, await answer.text());
    if (body.download !== undefined) return { kind: "download", id: body.download, message: body.message };
    return { kind: "request", id: body.request ?? 0, message: body.message };
  }
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  return { kind: "file", file: await answer.blob(), name: encoded ? decodeURIComponent(encoded) : `${entity}.${asked.format}` };
}

export const downloads = async (): Promise<Download[]> => (await send<{ items: Download[] }>("download")).items;

export const cancel = (id: number): Promise<unknown> => send(`download/${id}/cancel`, {});

export async function remove(id: number): Promise<void> {
  const answer = await reach(`/api/v1/download/${id}`, { method: "DELETE" });
  read(answer.status, await answer.text());
}

export const fileOf = (id: number): string => `/api/v1/download/${id}/file`;

/** Set up an export that comes round. Throws a Refusal whose body names the fields. */
export const plan = (key: string, values: Record<string, Wire>): Promise<unknown> =>
  send("change_set", { key, source: "form", changes: [{ entity: "scheduled_export", op: "insert", values }] });

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return reach(`/api/v1/${path}`, { method: "POST", body: JSON.stringify(body), signal: signal ?? null });
}

async function reach(path: string, more: RequestInit): Promise<Response> {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token() };
  try {
    return await fetch(path, { credentials: "same-origin", headers, ...more });
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new Refusal(0);
  }
}
