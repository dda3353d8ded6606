/** What the server tells of approvals; the contract is in docs/approvals.md. Every text is ready for people. */

import type { Wire } from "../types.ts";

export interface Person {
  id: number;
  name: string;
}

export interface RoutePerson extends Person {
  role: string;
  state: "approved" | "rejected" | "returned" | "open" | "waiting" | "skipped" | "cancelled" | "transferred";
  state_label: string;
  at: string | null;
  comment: string;
  /** Who decided for this person, as their delegate. */
  by: string | null;
  waited: string | null;
  overdue: boolean;
}

export interface RouteStep {
  id: string;
  label: string;
  mode: "any" | "all" | "seq" | "vote";
  mode_label: string;
  state: "done" | "now" | "next" | "left_out" | "stopped";
  reason: string;
  people: RoutePerson[];
}

export interface Pick {
  step: string;
  label: string;
  count: number;
  people: Person[];
}

/** What submitting a record would lead to. */
export interface Preview {
  flow: { code: string; version: number; name: string } | null;
  route: RouteStep[];
  picks: Pick[];
  problems: string[];
}

export interface CaseVerb {
  verb: string;
  label: string;
  comment: "optional" | "required";
}

export interface ApprovalCase {
  case: number;
  rev: number;
  number: string;
  kind: "record" | "change";
  title: string;
  state: string;
  state_label: string;
  color: string;
  round: number;
  flow: { code: string; version: number; name: string };
  submitter: Person;
  submitted_at: string;
  ended_at: string | null;
  for: Person | null;
  verbs: CaseVerb[];
  route: RouteStep[];
  opinions: { who: string; at: string; verb: string; verb_label: string; comment: string }[];
  events: { seq: number; at: string; actor: string; verb: string; text: string }[];
}

/** The case of a record now, and those before it. */
export interface RecordApproval {
  case: ApprovalCase | null;
  earlier: { case: number; number: string; state: string; state_label: string; color: string; ended_at: string | null }[];
}

export interface ActItem {
  case: number;
  rev: number;
}

/** What became of one case that was acted on; `status` is an HTTP status. */
export interface ActResult {
  case: number;
  rev: number;
  state: string;
  status: number;
  message: string;
}

/** A case that a save has opened. */
export interface Opened {
  case: number;
  number: string;
  entity: string;
  record: number | null;
  state: string;
  waits_for: string[];
}

/** A cell whose new value waits for an approval. */
export interface HeldCell {
  new: Wire;
  title: string | null;
  case: number;
  number: string;
  waits_for: string[];
  since: string;
  mine: boolean;
}
