/** The drawer's right side: the route of the record's approval, what happened to the record, what people say of it. */

import type { HistoryItem } from "../api.ts";
import { drawRoute, shortTime } from "../approval/route.ts";
import type { ApprovalCase, RecordApproval } from "../approval/types.ts";
import { t as approval } from "../approval/words.ts";
import { show } from "../core/format.ts";
import { h } from "../dom.ts";
import { chip } from "../grid/cell.ts";
import type { Sheet } from "../grid/sheet.ts";
import { t } from "../i18n.ts";
import { act } from "../inbox/api.ts";
import { avatar } from "../inbox/parts.ts";
import { sentence } from "../request.ts";
import type { Wire } from "../types.ts";
import { versionLink } from "./asof.ts";
import { decide, type Together, TOGETHER } from "./steps.ts";

const OPS = { insert: { word: "inserted", colour: "green" }, update: { word: "updated", colour: "blue" }, delete: { word: "deleted", colour: "red" } } as const;
const MOST_ENTRIES = 8;

/** The route drawn whole, with the decisions the reader may take; earlier approvals below it. */
export function routePart(sheet: Sheet, { case: now, earlier }: RecordApproval): HTMLElement | null {
  if (!now && !earlier.length) return null;
  const title = h("div", { class: "sh-part-head" }, h("h3", {}, approval("route")), h("span", { class: "sh-grow" }),
    now ? h("span", { class: "sh-quiet" }, approval("version", { code: now.flow.code, n: now.flow.version })) : null);
  const past = earlier.map((one) =>
    h("a", { class: "sh-past", href: `/inbox/?case=${one.case}` }, one.number, " ", chip(one.state_label, one.color), one.ended_at ? ` ${shortTime(one.ended_at)}` : ""));
  return h("section", {}, title, now ? drawRoute(now.route, now) : null, now ? buttons(sheet, now) : null,
    past.length ? h("div", { class: "sh-pasts" }, h("span", { class: "sh-quiet" }, approval("earlier")), ...past) : null);
}

function buttons(sheet: Sheet, now: ApprovalCase): HTMLElement | null {
  const able = now.verbs.filter((one) => (TOGETHER as readonly string[]).includes(one.verb));
  if (!able.length) return null;
  const look = (verb: string): string => (verb === "approve" ? "sh-primary" : verb === "reject" ? "sh-danger" : "");
  return h("div", { class: "sh-decide" }, ...able.map(({ verb, label }) => h("button", {
    type: "button", class: `sh-btn ${look(verb)}`, onclick: () => void decide(sheet, verb as Together, [{ case: now.case, rev: now.rev }]),
  }, label)));
}

/** What happened to the record, newest first. */
export function storyPart(sheet: Sheet, id: number, items: HistoryItem[], all: string): HTMLElement {
  return h("section", {},
    h("div", { class: "sh-part-head" }, h("h3", {}, approval("story")), items.length ? h("span", { class: "tz-count" }, String(items.length)) : null,
      h("span", { class: "sh-grow" }), h("a", { href: all }, approval("allChanges"))),
    ...(items.length ? items.slice(0, MOST_ENTRIES).map((item) => entry(sheet, id, item)) : [h("p", { class: "sh-quiet" }, t("noHistory"))]));
}

function entry(sheet: Sheet, id: number, item: HistoryItem): HTMLElement {
  const { word, colour } = OPS[item.op];
  const cells = item.op === "update" ? item.cells.map((cell) =>
    h("div", { class: "sh-change" }, h("b", {}, cell.label), " ",
      h("span", { class: "sh-old" }, text(sheet, cell.field, cell.old, cell.old_title)), h("span", { class: "sh-arrow" }, "→"), h("b", {}, text(sheet, cell.field, cell.new, cell.new_title)))) : [];
  return h("article", { class: "sh-entry" }, avatar(item.actor),
    h("div", {}, h("div", { class: "sh-entry-head" }, h("b", {}, item.actor), chip(t(word), colour)), ...cells, h("div", { class: "sh-quiet sh-when" }, `${shortTime(item.at)} · `, versionLink(sheet, id, item.log))));
}

function text(sheet: Sheet, name: string, value: Wire, title: string | null): string {
  const field = sheet.field(name);
  return (field ? show(field, value, title) : (title ?? String(value ?? ""))) || t("emptyValue");
}

/** What people have said in the case, and a box to say more. */
export function commentPart(now: ApprovalCase, refresh: () => void): HTMLElement {
  const said = now.opinions.filter(({ comment }) => comment);
  const box = h("input", { class: "sh-field", "aria-label": approval("writeComment"), placeholder: approval("writeComment"), maxlength: 500 });
  const problem = h("p", { class: "sh-problem", role: "alert" });
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" || event.isComposing || !box.value.trim()) return;
    act("comment", [{ case: now.case, rev: now.rev }], { comment: box.value.trim() }).then(
      ([result]) => (result && result.status < 300 ? refresh() : (problem.textContent = result?.message ?? "")),
      (error) => (problem.textContent = sentence(error)),
    );
  });
  return h("section", {},
    h("div", { class: "sh-part-head" }, h("h3", {}, approval("comments")), said.length ? h("span", { class: "tz-count" }, String(said.length)) : null),
    ...said.map((one) => h("article", { class: "sh-entry" }, avatar(one.who),
      h("div", {}, h("div", { class: "sh-entry-head" }, h("b", {}, one.who), h("span", { class: "sh-quiet" }, [one.verb_label, shortTime(one.at)].filter(Boolean).join(" · "))), h("div", {}, one.comment)))),
    now.verbs.some(({ verb }) => verb === "comment") ? box : null, problem);
}
