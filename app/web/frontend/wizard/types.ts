/** What the import API answers (docs/importing.md, HTTP) and what the steps hand each other. */

import type { Options } from "./options.ts";

export interface Choice {
  code: string;
  label: string;
}

export interface FieldInfo {
  name: string;
  label: string;
  required: boolean;
  kind: string;
  /** Given by the system where a row has none. */
  auto?: boolean;
  editable: boolean;
  /** May records be found by it? */
  key: boolean;
  unit?: string;
  choices?: Choice[];
  /** What a link names; `may_add`: may this person make a record there, and what does a new one need beside its name? */
  target?: { entity: string; label: string; may_add: boolean; required?: FieldInfo[] } | null;
}

/** The lines a document has, and what can be imported into them: fields named `entity.field`. */
export interface LineInfo {
  entity: string;
  label: string;
  fields: FieldInfo[];
}

export interface Profile {
  id: number;
  name: string;
  shared: boolean;
  mine: boolean;
  options: Partial<Options>;
  headers: string[];
  /** What it named and is no more. */
  dropped?: string[];
}

/** A row of the file that is no data: a title, a sum. */
export interface Beside {
  row: number;
  text: string;
}

/** An uploaded file: its sheets, and the columns of one of them with the proposed options. */
export interface Look {
  ticket: string;
  name: string;
  ignored_contents?: string[];
  sheets: { name: string; rows: number; hidden: boolean }[];
  sheet: string;
  header_row: number;
  headers: string[];
  rows: number;
  hidden_rows: number;
  hidden_columns: number;
  merged: number;
  duplicate_headers: Record<string, string[]>;
  /** By header the orders that its text dates, like 4/27/2017, can be read in. */
  date_orders?: Record<string, ("mdy" | "dmy")[]>;
  titles?: Beside[];
  totals?: Beside[];
  sample: { row: number; cells: string[] }[];
  /** What the cells of each column say, each text once. */
  examples: string[][];
  fields: FieldInfo[];
  lines?: LineInfo[];
  options: Partial<Options>;
  /** Field by header, and the key, as names alone propose them. */
  mapping?: Record<string, string>;
  /** Headers whose field is only guessed, and those left out because their field is not this person's to edit. */
  guessed?: string[];
  locked?: string[];
  key?: string[];
  profiles?: Profile[];
  remembered?: { options: Partial<Options>; added: string[]; gone: string[]; name?: string; dropped?: string[] } | null;
  /** This very file was imported before. */
  seen?: { set: number | null; at: string; by: string; inserted: number; updated: number } | null;
  /** One of our own workbooks. */
  trip?: { kind: "export" | "errors"; at: string; by: string } | null;
}

/** What a check was asked for; a job remembers it, so that a page opened later can go back a step. */
export interface Asked {
  entity: string;
  ticket: string;
  options: Partial<Options>;
  reason: string;
  /** The preview whose corrected cells are taken over. */
  corrected?: number;
}

/** A kind of error: how often, and the texts that were wrong, the commonest first. */
/** The code of an error that another row of the same document brings along. */
export const FOLLOWS = "DOCUMENT";

export interface Kind {
  name: string | null;
  field: string;
  code?: string;
  message: string;
  count: number;
  texts?: string[];
}

/** A column of the preview; one of a line is named `entity.field`. */
export interface Column {
  name: string;
  entity?: string;
  label: string;
  kind: string;
  choices?: Choice[] | null;
  /** Of a link: may this person make what it lacks, and what do new records need? */
  target?: FieldInfo["target"];
}

/** The result of a check; nothing is written yet. */
export interface Preview {
  set: number;
  name: string;
  sheet: string;
  rows: number;
  blank_rows: number;
  already?: number;
  inserted: number;
  updated: number;
  deleted?: number;
  unchanged: number;
  cells: number;
  error_rows: number;
  errors: number;
  ask_rows: number;
  conflict_rows?: number;
  /** Does it need an approval before it is written, and how many of its rows are why? */
  held: boolean;
  held_rows?: number;
  headers: number;
  mapped: number;
  ignored: string[];
  columns: Column[];
  kinds: Kind[];
  more_kinds?: number;
  asks: Kind[];
  fields: { field: string; label: string; count: number }[];
  created?: { entity: string; label: string; count: number; titles: string[] }[];
  rounded?: { field: string; label: string; count: number }[];
  titles?: Beside[];
  totals?: Beside[];
}

export interface RowProblem {
  field: string | null;
  column?: string | null;
  code: string;
  message: string;
  /** The cell as the file shows it. */
  text?: string;
  /** What was probably meant. */
  suggest?: string | null;
  /** What an ambiguous text may stand for. */
  candidates?: string[];
  /** Of a conflict: what stands there now, who wrote it and when. */
  theirs?: string;
  by?: string | null;
  at?: string | null;
}

export type RowState = "ready" | "ask" | "error" | "conflict" | "unchanged";

export interface Row {
  seq: number;
  line: number | null;
  entity?: string;
  op: "insert" | "update" | "delete" | "error";
  id?: number | null;
  state: RowState;
  held?: boolean;
  cells?: Record<string, [string, string]>;
  values?: Record<string, string>;
  errors?: RowProblem[];
}

export interface Conflict {
  row: number | null;
  id: number;
  title: string;
  field?: string;
  label: string;
  yours: string;
  theirs: string;
  by: string | null;
  at: string | null;
}

/** What became of cells corrected by hand. */
export interface Mended {
  rows: Row[];
  mended?: number;
  summary: Preview;
}

/** The result of a commit. */
export interface Written {
  change_set: number | null;
  state: "applied" | "held" | "unchanged" | "refused";
  /** The approval cases it opened. */
  cases: { case: number; number: string; waits_for: string[] }[];
  inserted: number;
  updated: number;
  deleted?: number;
  rows: number;
  name: string | null;
  sheet: string | null;
  seconds?: number;
  created?: number;
  /** Can the rows that were left out be had as an error workbook? */
  errors_left?: boolean;
  /** Rows with errors or open questions that were not asked for. */
  left_out: number;
  conflicts: Conflict[];
  conflict_count: number;
  conflict_rows: number;
  errors: { row: number | null; field: string | null; message: string }[];
  error_count: number;
}

export interface Job {
  kind: string;
  asked: Asked & { set?: number; confirmed?: boolean };
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  step: string;
  open: boolean;
  result: unknown;
  message: string;
  /** The staged set, as soon as its first rows can be read. */
  set?: number | null;
}

/** A record a revert leaves as it is, and what was done to it since. */
export interface Left {
  entity: string;
  id: number;
  title?: string;
  code?: string;
  reason: string;
  by?: string | null;
  at?: string | null;
  cells?: { field: string; label: string; old: string | null; new: string | null }[];
}

export interface Undone {
  change_set: number | null;
  message?: string;
  counts?: { inserted: number; updated: number; deleted: number };
  left?: Left[];
  cases?: { case: number; number: string; waits_for: string[] }[];
  state?: string;
}

/** One import of the history. */
export interface Batch {
  set: number;
  entity: string;
  label: string;
  at: string;
  by: string;
  mine: boolean;
  name: string | null;
  sha256: string | null;
  size: number | null;
  sheet: string | null;
  rows: number | null;
  inserted: number;
  updated: number;
  deleted: number;
  unchanged: number;
  refused: number;
  seconds: number | null;
  state: "planned" | "held" | "applied" | "reverted" | "refused";
  /** Why the file could not be checked. */
  why: string | null;
  reason: string | null;
  case: { case: number; number: string } | null;
  /** The change set that took it back. */
  inverse: number | null;
  file: boolean;
  errors: boolean;
  revert: boolean;
  log: boolean;
}

/** Which rows of a preview. */
export type Only = "" | "error" | "ask" | "ready" | "insert" | "update" | "delete" | "conflict" | "new_links";

/** Where the page is: its entity, and what this person may open. */
export interface Place {
  entity: string;
  label: string;
  maxBytes: number;
  mayList: boolean;
  mayHistory: boolean;
}

/** One step on the screen: its content, and the bar at the foot. */
export interface Screen {
  body: HTMLElement;
  bar?: HTMLElement | null;
}
