/** Requests of the import. Whatever goes wrong arrives as a `Refusal` with a sentence. */

import { read, Refusal, remove, send, token } from "../request.ts";
import type { Options } from "./options.ts";
import type { Asked, Batch, Job, Look, Mended, Only, Profile, Row, Undone } from "./types.ts";

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

/** Which file, and where in it. */
export interface Where {
  ticket: string;
  sheet: string | null;
  header_row: number | null;
}

export const look = (entity: string, { ticket, sheet, header_row }: Where): Promise<Look> =>
  send("import/look", { entity, ticket, sheet, header_row });

export const check = (asked: Asked): Promise<{ job: number }> => send("import/preview", asked);

export const job = (id: number): Promise<Job> => send(`import/job/${id}`);

export const cancel = (id: number): Promise<unknown> => send(`import/job/${id}/cancel`, {});

/** Staged rows after `seq`; `kind` is the place of one kind of error in the summary's list. */
export const rows = (set: number, only: Only, after: number, kind: number | null = null): Promise<{ rows: Row[]; next: number | null }> =>
  send(`import/${set}/rows?only=${only}&after=${after}${kind === null ? "" : `&kind=${kind}`}`);

/** Cells corrected by hand: of single rows, or one wrong text wherever it stands in a field. */
export type Correction =
  | { rows: { seq: number; values: Record<string, string> }[] }
  | { replace: { field: string; text: string; with: string } };

export const mend = (set: number, correction: Correction): Promise<Mended> => send(`import/${set}/mend`, correction);

export const commit = (set: number, partial: boolean, confirmed: boolean): Promise<{ job: number }> =>
  send(`import/${set}/commit`, { partial, confirmed });

export const errorBook = (set: number): Promise<{ job: number }> => send(`import/${set}/errors`, {});

export const bookAddress = (id: number): string => `/api/v1/import/job/${id}/file`;

export const keepProfile = (entity: string, name: string, shared: boolean, options: Partial<Options>, headers: string[]): Promise<Profile> =>
  send("import/profile", { entity, name, shared, options, headers });

export const dropProfile = (id: number): Promise<unknown> => remove(`import/profile/${id}`);

/**
 * Take a change set back. `also`: records changed since whose later changes shall go as well. With `ask` nothing is
 * written; the answer says what would be.
 */
export const undo = (changeSet: number, also: { entity: string; id: number }[], ask = false): Promise<Undone> =>
  send(`change_set/${changeSet}/undo`, { ...(also.length ? { include: also } : {}), ...(ask ? { dry_run: true } : {}) });

export const history = (entity: string, after: number | null): Promise<{ items: Batch[]; next: number | null }> =>
  send(`import/history?entity=${encodeURIComponent(entity)}${after === null ? "" : `&after=${after}`}`);

export const batch = (set: number): Promise<Batch> => send(`import/batch/${set}`);

export const fileAddress = (set: number): string => `/api/v1/import/batch/${set}/file`;

export const lookup = (entity: string, typed: string): Promise<{ items: { id: number; title: string; code?: string | null }[] }> =>
  send(`${entity}/lookup?q=${encodeURIComponent(typed)}&limit=20`);

interface Described {
  fields: { name: string; label: string; kind: string; choices?: { code: string; label: string }[]; target?: { entity: string } | null }[];
}

/** What a sheet says of its fields. */
export const describe = (entity: string): Promise<Described> => send(`${entity}/sheet`);
