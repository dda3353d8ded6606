/** What the import API answers (app/fab/import_api.py) and what the steps hand each other. */

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
}

/** An uploaded file: its sheets, and the columns of one of them with the proposed mapping. */
export interface Look {
  ticket: string;
  name: string;
  ignored_contents: string[];
  sheets: { name: string; rows: number; hidden: boolean }[];
  sheet: string;
  header_row: number;
  headers: string[];
  rows: number;
  hidden_rows: number;
  hidden_columns: number;
  merged: number;
  duplicate_headers: Record<string, string[]>;
  mapping: Record<string, string>;
  sample: { row: number; cells: string[] }[];
  fields: FieldInfo[];
  key: string[];
}

/** What a check was asked for; a job remembers it, so that a page opened later can go back a step. */
export interface Asked {
  entity: string;
  ticket: string;
  sheet: string | null;
  header_row: number | null;
  mapping: Record<string, string | null> | null;
  key: string[] | null;
  reason: string;
}

export interface Kind {
  name: string | null;
  field: string;
  message: string;
  count: number;
}

/** The result of a check; nothing is written yet. */
export interface Preview {
  set: number;
  name: string;
  sheet: string;
  rows: number;
  blank_rows: number;
  inserted: number;
  updated: number;
  unchanged: number;
  cells: number;
  error_rows: number;
  errors: number;
  ask_rows: number;
  /** Does it need an approval before it is written? */
  held: boolean;
  headers: number;
  mapped: number;
  ignored: string[];
  columns: { name: string; label: string; kind: string }[];
  kinds: Kind[];
  more_kinds: number;
  asks: Kind[];
  fields: { field: string; label: string; count: number }[];
}

export interface RowProblem {
  field: string | null;
  column?: string | null;
  code: string;
  message: string;
  /** The cell as the file shows it. */
  text?: string;
}

export interface Row {
  seq: number;
  line: number | null;
  op: "insert" | "update" | "error";
  id: number | null;
  state: "ready" | "ask" | "error";
  cells: Record<string, [string, string]>;
  values: Record<string, string>;
  errors: RowProblem[];
}

export interface Conflict {
  row: number | null;
  id: number;
  title: string;
  label: string;
  yours: string;
  theirs: string;
  by: string | null;
  at: string | null;
}

/** The result of a commit. */
export interface Written {
  change_set: number | null;
  state: "applied" | "held" | "unchanged" | "refused";
  /** The approval cases it opened. */
  cases: { case: number; number: string; waits_for: string[] }[];
  inserted: number;
  updated: number;
  rows: number;
  name: string | null;
  sheet: string | null;
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
  state: "waiting" | "running" | "done" | "failed";
  done: number;
  total: number;
  step: string;
  open: boolean;
  result: unknown;
  message: string;
}

export interface Undone {
  change_set: number | null;
  message?: string;
  counts?: { inserted: number; updated: number; deleted: number };
  left?: { entity: string; id: number; title?: string; reason: string }[];
}

/** Which rows of a preview. */
export type Only = "" | "error" | "ask" | "ready" | "insert" | "update";

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
