/** Taking an import back: first what would happen is shown, records changed since may be included, then it is done. */

import { fillWith, h, icon } from "../dom.ts";
import { sentence } from "../request.ts";
import { undo } from "./api.ts";
import { note, tick, when } from "./parts.ts";
import type { Left, Undone } from "./types.ts";
import { t } from "./words.ts";

const SHOWN = 200;

interface Of {
  changeSet: number;
  /** May this person read the change log? */
  log: boolean;
  done?: () => void;
}

/** The card with the button; it changes into the question and then into the outcome. */
export function undoCard(of: Of): HTMLElement {
  const card = h("div", { class: "wz-card wz-undo" });
  start();
  return card;

  function start(problem = ""): void {
    fillWith(card, problem ? note("red", problem) : null,
      h("button", { type: "button", class: "btn btn-outline-danger", onclick: () => void ask() }, icon("arrow-back-up"), t("undo")),
      h("span", { class: "tz-muted" }, t("undoHow")));
  }

  async function ask(): Promise<void> {
    fillWith(card, h("p", { role: "status" }, t("undoLooking")));
    try {
      confirm(await undo(of.changeSet, [], true));
    } catch (problem) {
      start(sentence(problem));
    }
  }

  function confirm(would: Undone): void {
    const { inserted = 0, updated = 0, deleted = 0 } = would.counts ?? {};
    const left = would.left ?? [];
    const chosen = new Set<Left>();
    const yes = h("button", { type: "button", class: "btn btn-danger", onclick: () => void take([...chosen]) }, t("undoYes"));
    fillWith(card, h("p", { class: "wz-undo-ask" }, t("undoAsk", { added: deleted, changed: updated + inserted })),
      left.length ? leftTable(left, chosen) : null, yes,
      h("button", { type: "button", class: "btn", onclick: () => start() }, t("cancel")));
    yes.focus();
  }

  async function take(also: Left[]): Promise<void> {
    fillWith(card, h("p", { role: "status" }, t("undoing")));
    try {
      fillWith(card, ...outcome(await undo(of.changeSet, also.map(({ entity, id }) => ({ entity, id }))), of.log));
      of.done?.();
    } catch (problem) {
      start(sentence(problem));
    }
  }
}

/** The records changed since: who did what and when. Given `chosen`, each can be ticked to be taken back as well. */
function leftTable(left: Left[], chosen: Set<Left> | null): HTMLElement {
  const row = (each: Left): HTMLElement => h("tr", {},
    chosen ? h("td", {}, tick("", false, (on) => void (on ? chosen.add(each) : chosen.delete(each)), { key: `left:${each.entity}:${each.id}` })) : null,
    h("td", {}, h("a", { href: `/${each.entity}/show/${each.id}`, target: "_blank", rel: "noopener" }, [each.title, `#${each.id}`].filter(Boolean).join(" "))),
    h("td", {}, each.by ?? ""), h("td", {}, when(each.at)),
    h("td", { class: "wz-left-what" }, ...(each.cells?.length ? each.cells.flatMap((cell, index) => [
      index ? t("listComma") : "", h("span", {}, `${cell.label} ${cell.old || t("emptyOld")} → ${cell.new || t("emptyNew")}`)]) : [each.reason])));
  const all = chosen ? h("button", { type: "button", class: "btn btn-ghost", onclick: () => {
    const boxes = [...table.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
    const on = boxes.some((box) => !box.checked);
    for (const box of boxes) if (box.checked !== on) box.click();
  } }, t("undoEach")) : null;
  const table = h("table", { class: "tz-table" },
    h("thead", {}, h("tr", {}, chosen ? h("th", {}) : null, ...(["record", "by", "at", "sinceThen"] as const).map((key) => h("th", {}, t(key))))),
    h("tbody", {}, ...left.slice(0, SHOWN).map(row)));
  return h("div", { class: "wz-left" },
    h("p", {}, t(chosen ? "undoLeftAsk" : "undoLeft", { n: left.length }), " ", all),
    h("div", { class: "wz-scroll" }, table),
    left.length > SHOWN ? h("p", { class: "tz-muted" }, t("moreLeft", { n: left.length - SHOWN })) : null);
}

function outcome(undone: Undone, mayLog: boolean): (HTMLElement | null)[] {
  const { inserted = 0, updated = 0, deleted = 0 } = undone.counts ?? {};
  const left = undone.left ?? [];
  const [found] = undone.cases ?? [];
  const said = found
    ? [icon("clock"), h("b", {}, t("undoHeld", { names: found.waits_for.join(t("listComma")) }))]
    : [icon("check"), h("b", {}, t("undone", { n: deleted + updated + inserted }))];
  return [
    h("p", { class: "wz-undone", role: "status" }, ...said),
    found ? h("a", { href: `/inbox/?case=${found.case}` }, t("openCase", { number: found.number })) : null,
    !found && !left.length ? h("span", { class: "tz-muted" }, t("undoneAll")) : null,
    mayLog && undone.change_set ? h("a", { href: `/changelog/?change_set=${undone.change_set}` }, t("seeLog")) : null,
    left.length ? leftTable(left, null) : null,
  ];
}
