/** What travels between the sheet and the server; the contract is in docs/architecture.md. */

import type { HeldCell, Opened } from "./approval/types.ts";

export type Wire = null | string | number | boolean | Wire[] | { [key: string]: Wire };

export type Kind =
  | "text" | "long_text" | "number" | "integer" | "decimal" | "money" | "percent"
  | "date" | "datetime" | "time" | "yes_no" | "choice" | "multi_choice"
  | "link" | "person" | "attachment" | "json";

export interface Choice {
  code: string;
  label: string;
  color?: string | null;
  retired?: boolean;
}

export interface Field {
  name: string;
  label: string;
  kind: Kind;
  width?: number;
  required?: boolean;
  editable?: boolean;
  readonly_reason?: string | null;
  masked?: boolean;
  computed?: boolean;
  system?: boolean;
  frozen?: boolean;
  sortable?: boolean;
  filterable?: boolean;
  total?: boolean;
  length?: number | null;
  scale?: number | null;
  unit?: string | null;
  help?: string | null;
  pattern?: string | null;
  default?: Wire;
  choices?: Choice[];
  target?: { entity: string; label?: string; url?: string };
}

export interface Rights {
  list: boolean;
  add: boolean;
  edit: boolean;
  delete: boolean;
  import: boolean;
  export: boolean;
  history: boolean;
}

export interface Describe {
  entity: string;
  label: string;
  about?: string;
  key: string[];
  title: string;
  /** How the sheet opens. */
  sort: [string, "asc" | "desc"][];
  workbook?: { name: string; label: string } | null;
  sheets: { entity: string; label: string; url: string; current?: boolean }[];
  rights: Rights;
  urls: Record<string, string | null | undefined>;
  fields: Field[];
  /** Steps of the record's lifecycle this person may take, and the field that holds the state. */
  actions?: Step[];
  lines?: { entity: string; label: string; field: string }[];
  state_field?: string | null;
  /** The record whose lines alone the sheet shows. */
  of?: { id: number; title: string | null } | null;
  zone?: string;
  /** What the page's address asks for; `problem` says why it cannot be had. */
  query?: { conditions: Asked[]; sort: Sort; q: string; problem: string } | null;
}

/** A condition of an address: of one field, or a `tree` that no column's form can show. */
export interface Asked {
  field?: string;
  op?: string;
  value?: Wire;
  titles?: string[];
  tree?: Filter;
}

/** A step of the lifecycle; with `case` "submit" it asks for an approval. */
export interface Step {
  verb: string;
  label: string;
  from: string[];
  to: string;
  case?: string;
}

/** A record as the sheet holds it. A draft that no server has seen has a negative id. */
export interface Row {
  id: number;
  version: number;
  /** The case that has locked the record. */
  locked?: number | null;
  /** New values that wait for approval, by field; the field "*" stands for a deletion. */
  held?: Record<string, HeldCell> | null;
  values: Record<string, Wire>;
  titles: Record<string, string | null>;
  /** For a row of the past: what has become of it since; null when nothing has. */
  now?: { gone: boolean; version?: number; by?: string; at?: string; cells: Record<string, Since> } | null;
}

/** What a cell of the past holds now, and who changed it last. */
export interface Since {
  value: Wire;
  title: string | null;
  by: string;
  at: string;
  mine: boolean;
}

export interface Page {
  rows: Row[];
  next: string | null;
  total: number;
  at?: number | null;
}

export type Sort = [field: string, direction: "asc" | "desc"][];

export type Filter =
  | { and: Filter[] }
  | { or: Filter[] }
  | { not: Filter }
  | { field: string; op: string; value?: Wire };

/** Which rows the sheet shows, and in what order. */
export interface Query {
  filter: Filter | null;
  sort: Sort;
  q: string | null;
}

export interface Change {
  entity: string;
  op: "insert" | "update" | "delete";
  ref?: string;
  id?: number;
  version?: number;
  verb?: string;
  base?: Record<string, Wire>;
  values?: Record<string, Wire>;
}

export interface ChangeSet {
  key: string;
  source: string;
  reason: string;
  partial: boolean;
  confirmed: string[];
  changes: Change[];
  /** The people whom the submitter has chosen, by step of the flow. */
  picks?: Record<string, number[]>;
}

export interface CellProblem {
  row?: number | null;
  id?: number | null;
  field?: string | null;
  code?: string | null;
  message: string;
}

export interface Conflict {
  row?: number | null;
  id?: number | null;
  field: string;
  yours: Wire;
  theirs: Wire;
  theirs_title?: string | null;
  by?: string | null;
  at?: string | null;
}

export interface ChangeResult {
  row: number;
  op: string;
  ref?: string | null;
  id: number | null;
  version?: number | null;
  state: "done" | "unchanged" | "error" | "conflict" | "held";
  values?: Record<string, Wire>;
  titles?: Record<string, string | null>;
}

/** Answer to a change set, to an undo, and (with only `message` and `errors`) to any refused request. */
export interface Outcome {
  change_set?: number | null;
  state?: string;
  message?: string;
  results?: ChangeResult[];
  errors?: CellProblem[];
  conflicts?: Conflict[];
  confirms?: CellProblem[];
  /** What the asker must be told although nothing was refused. */
  notes?: CellProblem[];
  /** The cases it opened. */
  cases?: Opened[];
  left?: { entity: string; id: number; title: string; reason: string }[];
}

export interface Totals {
  count: number;
  sums: Record<string, string | number | null>;
}

export interface LookupItem {
  id: number;
  title: string;
  code?: string | null;
}
