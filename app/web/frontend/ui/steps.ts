/** Lifecycle steps and decisions for the selected rows: what is possible now, what is asked first, what came of it. */

import type { ActItem, ActResult, Pick, Preview } from "../approval/types.ts";
import { drawRoute } from "../approval/route.ts";
import { t } from "../approval/words.ts";
import type { Asks } from "../core/settle.ts";
import { h } from "../dom.ts";
import { act, inbox } from "../inbox/api.ts";
import type { Sheet } from "../grid/sheet.ts";
import { send, sentence } from "../request.ts";
import type { Row, Step } from "../types.ts";
import { toast } from "./toast.ts";

const MOST = 200;
/** Decisions about several cases at once; the others need the case before one's eyes. */
export const TOGETHER = ["approve", "reject", "return", "withdraw", "remind"] as const;
export type Together = (typeof TOGETHER)[number];
const SAYS_WHY: readonly string[] = ["reject", "return"];

/** The rows that can take a step now. */
export function rowsFor(sheet: Sheet, step: Step, rows: Row[]): Row[] {
  const state = sheet.describe.state_field;
  return rows.filter((row) => row.id > 0 && !row.locked && state && step.from.includes(String(row.values[state])));
}

/**
 * Take a step. Where the flow leaves it to the submitter who decides, they choose first and see the whole route;
 * what stands in the way is said by the answer.
 */
export async function take(sheet: Sheet, step: Step, rows: Row[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const ids = rows.map(({ id }) => id);
  if (step.case !== "submit") return sheet.saver.act(step.verb, ids);
  try {
    const preview = await send<Preview>(`approval/preview?entity=${sheet.describe.entity}&id=${first.id}`);
    if (!preview.picks.length) return sheet.saver.act(step.verb, ids);
    const picks = await askPeople(preview);
    if (picks) sheet.saver.act(step.verb, ids, picks);
  } catch (problem) {
    sheet.emit("say", { text: sentence(problem), tone: "warn" });
  }
}

/** A rule asks before the step is taken: yes sends it again with the answer. */
export async function confirmStep(sheet: Sheet, { verb, ids, picks, confirmed, questions }: Asks): Promise<void> {
  const lines = questions.map((text) => h("li", {}, text));
  if (await question(t("confirmTitle"), t("goOn"), [h("ul", {}, ...lines)], () => null)) sheet.saver.act(verb, ids, picks, confirmed);
  sheet.emit("focus", undefined);
}

/** The cases of these rows that wait for this person (or are theirs), by what they can do with them. */
export async function decisions(rows: Row[]): Promise<Map<Together, ActItem[]>> {
  const cases = new Set(rows.flatMap((row) => [row.locked ?? 0, ...Object.values(row.held ?? {}).map((cell) => cell.case)]).filter(Boolean));
  const found = new Map<Together, ActItem[]>();
  if (!cases.size) return found;
  const pages = await Promise.all([inbox("todo", null, MOST), inbox("mine", null, MOST)]);
  for (const { case: number, rev, verbs } of pages.flatMap(({ items }) => items)) {
    if (!cases.has(number)) continue;
    for (const verb of TOGETHER) {
      const items = found.get(verb) ?? [];
      if (verbs.includes(verb) && !items.some((item) => item.case === number)) found.set(verb, [...items, { case: number, rev }]);
    }
  }
  return new Map(TOGETHER.flatMap((verb) => (found.has(verb) ? [[verb, found.get(verb) ?? []] as const] : [])));
}

/** Decide about cases, after asking for a comment where one is needed; every case answers for itself. */
export async function decide(sheet: Sheet, verb: Together, items: ActItem[]): Promise<void> {
  const comment = SAYS_WHY.includes(verb) ? await askReason(t(`verb_${verb}`)) : "";
  if (comment === null) return;
  try {
    tell(await act(verb, items, { comment }));
    sheet.reload();
  } catch (problem) {
    sheet.emit("say", { text: sentence(problem), tone: "warn" });
  }
}

function tell(results: ActResult[]): void {
  const done = results.filter(({ status }) => status < 300);
  const [first] = done;
  if (first) toast(done.length === 1 ? first.message : t("actedN", { n: done.length }), { label: t("openCase"), url: `/inbox/?case=${first.case}` });
  const left = results.filter(({ status }) => status >= 300);
  if (left.length) {
    const lines = left.map(({ message }) => h("li", { class: "sh-problem" }, message));
    void question(t("leftOver", { n: left.length }), t("close"), [h("ul", {}, ...lines)], () => null);
  }
}

/** Who is to decide, where the flow leaves it to the submitter; null when they thought better of it. */
function askPeople({ picks, route, problems }: Preview): Promise<Record<string, number[]> | null> {
  const boxes = picks.map((pick) => ({ pick, element: peopleOf(pick) }));
  const chosen = (at: HTMLElement): number[] => [...at.querySelectorAll<HTMLInputElement>("input:checked")].map(({ value }) => Number(value));
  const body = [
    problems.length ? h("ul", {}, ...problems.map((text) => h("li", { class: "sh-problem" }, text))) : null,
    ...boxes.map(({ element }) => element), h("h3", {}, t("route")), drawRoute(route),
  ];
  const missing = (): string | null => {
    const open = boxes.find(({ pick, element }) => chosen(element).length !== pick.count);
    return open ? t("pickN", { label: open.pick.label, n: open.pick.count }) : null;
  };
  const answer = (): Record<string, number[]> => Object.fromEntries(boxes.map(({ pick, element }) => [pick.step, chosen(element)]));
  return question(t("pickTitle"), t("go"), body, missing).then((go) => (go ? answer() : null));
}

function peopleOf({ step, label, count, people }: Pick): HTMLElement {
  const kind = count === 1 ? "radio" : "checkbox";
  return h("fieldset", {}, h("legend", {}, t("pickN", { label, n: count })),
    ...people.map(({ id, name }) => h("label", {}, h("input", { type: kind, name: `pick-${step}`, value: id, checked: people.length === count }), name)));
}

/** Ask for a reason in words; null when the person went back. */
export async function askReason(verb: string): Promise<string | null> {
  const area = h("textarea", { class: "sh-field", "aria-label": t("commentNeeded"), autofocus: true });
  const go = await question(verb, verb, [h("label", {}, t("commentNeeded")), area], () => (area.value.trim() ? null : t("sayWhy")));
  return go ? area.value.trim() : null;
}

/** A dialog with a body of ours; `missing` says what still stands against going on. */
function question(title: string, go: string, body: (Node | null)[], missing: () => string | null): Promise<boolean> {
  return new Promise((answer) => {
    const problem = h("p", { class: "sh-problem", role: "alert" });
    const dialog = h("dialog", { class: "sh-dialog sh-ask", "aria-label": title });
    const submit = (event: SubmitEvent): void => {
      const open = (event.submitter as HTMLButtonElement | null)?.value === "yes" ? missing() : null;
      if (open) event.preventDefault();
      problem.textContent = open ?? "";
    };
    const back = go === t("close") ? null : h("button", { type: "submit", class: "sh-btn", value: "no" }, t("cancel"));
    dialog.append(h("form", { method: "dialog", onsubmit: submit },
      h("h2", {}, title), ...body.filter((part): part is Node => part !== null), problem,
      h("div", { class: "sh-buttons" }, back, h("button", { type: "submit", class: "sh-btn sh-primary", value: "yes" }, go))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
