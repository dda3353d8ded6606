/** Requests of the import. Whatever goes wrong arrives as a `Refusal` with a sentence. */

import { read, Refusal, send, token } from "../request.ts";
import type { Asked, Job, Look, Only, Row, Undone } from "./types.ts";

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
