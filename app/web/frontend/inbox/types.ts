/** What the approval API answers to the inbox, beyond what every page knows of a case (approval/types.ts). */

import type { ApprovalCase, Person, Pick } from "../approval/types.ts";

export const TABS = ["todo", "done", "cc", "mine"] as const;
export type Tab = (typeof TABS)[number];

/** One line of the list. */
export interface Item {
  case: number;
  rev: number;
  number: string;
  kind: "record" | "change";
  entity: string;
  entity_label: string;
  title: string;
  lead: string;
  submitter: Person;
  /** Whom the reader would act for, as their delegate. */
  for: Person | null;
  submitted_at: string;
  due_at: string | null;
  overdue: boolean;
  state: string;
  state_label: string;
  color: string;
  step_label: string;
  /** Whose turn it is. */
  waits_for: string[];
  /** A canonical decimal. */
  amount: string | null;
  /** The first three. */
  changes: { label: string; old: string | null; new: string | null }[];
  more: number;
  rows: number;
  /** Too many rows to decide unseen: open before deciding. */
  look_first: boolean;
  verbs: string[];
}

export interface Page {
  items: Item[];
  /** What is open in each tab, and how many of mine were sent back. */
  counts: Record<Tab | "returned", number>;
  next: number | null;
}

export interface Cell {
  field: string;
  label: string;
  old: string | null;
  new: string | null;
  /** What stands there meanwhile, when that is neither. */
  now: string | null;
}

export interface Change {
  seq: number;
  entity: string;
  entity_label: string;
  id: number | null;
  title: string;
  op: "insert" | "update" | "delete";
  excluded: boolean;
  cells: Cell[];
}

export interface Lines {
  entity: string;
  label: string;
  columns: { name: string; label: string; right: boolean }[];
  rows: { id: number; cells: Record<string, string | null> }[];
  total: number;
}

export interface Conflict {
  seq: number;
  entity: string;
  id: number;
  title: string;
  field: string;
  label: string;
  base: string | null;
  yours: string | null;
  now: string | null;
  by: string | null;
  at: string | null;
}

/** A case as the inbox shows it. */
export interface Case extends ApprovalCase {
  entity: string;
  entity_label: string;
  /** Without an address for who may not open it. */
  record: { id: number; title: string; url: string | null } | null;
  /** Where the changes come from a file; without an address for who may not know of the import. */
  import: { name: string; url: string | null } | null;
  reason: string;
  facts: { name: string; label: string; value: string }[];
  effects: { label: string; value: string; note: string }[];
  lines: Lines[];
  changes: Change[];
  changes_total: number;
  conflicts: Conflict[];
  picks: Pick[];
}

/** What a decision says beyond its verb. */
export interface Extra {
  comment?: string;
  to?: number[];
  where?: "before" | "after" | "parallel";
  step?: string | null;
  exclude?: number[];
  /** Fields of rows that are not asked for any more. */
  changes?: { seq: number; leave: string[] }[];
  drop?: number[];
}
