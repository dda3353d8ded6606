/** Requests of the inbox. A decision has a key of its own, so that sending it again never decides twice. */

import type { ActItem, ActResult } from "../approval/types.ts";
import { newKey } from "../core/save.ts";
import { Refusal, send } from "../request.ts";
import type { Case, Extra, Page, Tab } from "./types.ts";

export const inbox = (tab: Tab, before: number | null, limit = 50): Promise<Page> =>
  send(`approval/inbox?tab=${tab}&limit=${limit}${before === null ? "" : `&before=${before}`}`);

export const open = (id: number): Promise<Case> => send(`approval/case/${id}`);

/** Decisions that got no answer yet, by what they say: the same again goes with the same key. */
const unanswered = new Map<string, string>();

/** Act on cases; each answers for itself. Rejects only when the server said nothing about any of them. */
export async function act(verb: string, items: ActItem[], extra: Extra = {}): Promise<ActResult[]> {
  const said = { verb, items, ...extra };
  const name = JSON.stringify(said);
  const key = unanswered.get(name) ?? newKey();
  unanswered.set(name, key);
  let results: ActResult[];
  try {
    ({ results } = await send<{ results: ActResult[] }>("approval/act", { key, ...said }));
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    if (problem.status !== 0 && problem.status < 500) unanswered.delete(name);
    const answered = (problem.body as { results?: ActResult[] } | null)?.results;
    if (!answered?.length) throw problem;
    results = answered;
  }
  unanswered.delete(name);
  return results;
}
