/** Requests of the import, with the page's CSRF token. Whatever goes wrong arrives as a `Refusal` with a sentence. */

import type { Asked, Job, Look, Only, Row, Undone } from "./types.ts";
import { t } from "./words.ts";

/** The server said no, or was not reached (status 0); the message is for people. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message = "") {
    super(message || (status === 0 ? t("offline") : status === 401 ? t("signedOut") : t("failed", { status })));
    this.status = status;
  }
}

const token = (): string => document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";

function read<T>(status: number, text: string): T {
  let body: { message?: string } = {};
  try {
    body = JSON.parse(text) as { message?: string };
  } catch {
    // an answer that is not ours, from a proxy: its status says enough
  }
  if (status >= 400 || status === 0) throw new Refusal(status, body.message);
  return body as T;
}

async function send<T>(path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": token() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method: body === undefined ? "GET" : "POST", credentials: "same-origin", headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0);
  }
  return read<T>(response.status, await response.text());
}

/** Upload a file; `progress` hears the share that has arrived, 0 to 1. */
export function upload(entity: string, file: File, progress: (share: number) => void): Promise<Look> {
  // fetch() cannot say how far an upload is
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("entity", entity);
  form.append("file", file);
  return new Promise((resolve, reject) => {
    request.open("POST", "/api/v1/import/upload");
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(new Refusal(0));
    request.onload = () => {
      try {
        resolve(read<Look>(request.status, request.responseText));
      } catch (refusal) {
        reject(refusal as Refusal);
      }
    };
    request.send(form);
  });
}

export const look = (asked: Pick<Asked, "entity" | "ticket" | "sheet" | "header_row">): Promise<Look> =>
  send("import/look", asked);

export const check = (asked: Asked): Promise<{ job: number }> => send("import/preview", asked);

export const job = (id: number): Promise<Job> => send(`import/job/${id}`);

export const rows = (set: number, only: Only, after: number): Promise<{ rows: Row[]; next: number | null }> =>
  send(`import/${set}/rows?only=${only}&after=${after}`);

export const commit = (set: number, partial: boolean, confirmed: boolean): Promise<{ job: number }> =>
  send(`import/${set}/commit`, { partial, confirmed });

export const discard = (set: number): Promise<unknown> => send(`import/${set}/discard`, {});

export const undo = (changeSet: number): Promise<Undone> => send(`change_set/${changeSet}/undo`, {});
