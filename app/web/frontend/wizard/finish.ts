/** Step 6: what was written, where to see it, and how to take it back; or why nothing was written. */

import { fillWith, h, icon } from "../dom.ts";
import { undo } from "./api.ts";
import { bar, button, conflictTable, note } from "./parts.ts";
import { sentence } from "../request.ts";
import type { Place, Screen, Undone, Written } from "./types.ts";
import { t } from "./words.ts";

const LEFT_SHOWN = 50;

interface Acts {
  another: () => void;
  writeRest: () => void;
  checkAgain: (() => void) | null;
}

/** The last step. */
export function finishScreen(place: Place, written: Written, acts: Acts): Screen {
  if (written.state === "held") return held(place, written, acts);
  return written.state === "refused" ? refused(place, written, acts) : finished(place, written, acts);
}

/** Nothing is written yet: the whole import waits for somebody's agreement. */
function held(place: Place, written: Written, acts: Acts): Screen {
  const { cases } = written;
  const body = h("div", { class: "wz-card wz-done" },
    h("span", { class: "wz-done-glyph" }, icon("clock", 24)),
    h("h2", { role: "status" }, t("heldTitle")),
    h("p", { class: "tz-muted" }, t("heldText", { n: written.rows, names: cases.flatMap((each) => each.waits_for).join("、") })),
    h("div", { class: "wz-links" },
      ...cases.map((each) => h("a", { class: "btn btn-primary btn-lg", href: `/inbox/?case=${each.case}` }, t("openCase", { number: each.number }))),
      place.mayList ? h("a", { class: "btn btn-lg", href: `/${place.entity}/list/` }, t("openSheet", { label: place.label })) : null,
      button(t("another"), acts.another)));
  return { body: h("div", { class: "wz-narrow" }, body) };
}

function finished(place: Place, written: Written, acts: Acts): Screen {
  const count = written.inserted + written.updated;
  const same = written.state === "unchanged";
  const facts = t("doneText", { name: written.name ?? "", sheet: written.sheet ?? "", id: String(written.change_set ?? "") });
  const card = h("div", { class: "wz-card wz-done" },
    h("span", { class: "wz-done-glyph" }, icon("check", 24)),
    h("h2", { role: "status" }, same ? t("sameTitle") : t("doneTitle", { n: count })),
    h("p", { class: "tz-muted" }, same ? t("sameText") : facts),
    same ? null : h("dl", { class: "wz-figures" }, figure(t("inserted"), written.inserted), figure(t("updated"), written.updated)),
    written.left_out ? note("amber", t("leftOut", { n: written.left_out })) : null,
    h("div", { class: "wz-links" },
      place.mayList ? h("a", { class: "btn btn-primary btn-lg", href: `/${place.entity}/list/` }, t("openSheet", { label: place.label })) : null,
      place.mayHistory && written.change_set ? h("a", { class: "btn btn-lg", href: `/changelog/?change_set=${written.change_set}` }, icon("history"), t("seeLog")) : null,
      button(t("another"), acts.another)));
  const changeSet = written.change_set;
  const rest = [
    ...(written.conflicts.length ? [h("h3", { class: "tz-section-title" }, t("skippedConflicts", { n: written.conflict_rows })), h("div", { class: "card" }, conflictTable(written.conflicts, place.entity))] : []),
    ...(written.errors.length ? [h("h3", { class: "tz-section-title" }, t("skippedErrors", { n: written.error_count })), errorTable(written)] : []),
  ];
  return { body: h("div", { class: "wz-narrow" }, card, changeSet ? undoCard(place, written, changeSet) : null, ...rest) };
}

function refused(place: Place, written: Written, acts: Acts): Screen {
  const conflicts = written.conflict_count > 0;
  const rest = written.rows - written.conflict_rows - new Set(written.errors.map((each) => each.row)).size;
  const said = conflicts ? t("refusedConflicts", { n: written.conflict_count }) : t("refusedErrors", { n: written.error_count });
  const body = h("div", { class: "wz-narrow wz-wide" },
    h("div", { class: "wz-card wz-done" },
      h("span", { class: "wz-done-glyph wz-refused" }, icon("alert-triangle", 24)),
      h("h2", { role: "alert" }, t("refusedTitle")), h("p", { class: "tz-muted" }, said)),
    conflicts ? h("div", { class: "card" }, conflictTable(written.conflicts, place.entity)) : null,
    written.errors.length ? errorTable(written) : null);
  return {
    body,
    bar: bar([button(t("another"), acts.another)], [
      rest > 0 ? button(t("writeRest", { n: rest }), acts.writeRest) : null,
      acts.checkAgain ? button(t("checkAgain"), acts.checkAgain, true) : null,
    ]),
  };
}

function figure(label: string, count: number): HTMLElement {
  return h("div", {}, h("dt", {}, label), h("dd", {}, count.toLocaleString("en"), h("small", {}, t("rowsUnit", { n: count }))));
}

function errorTable(written: Written): HTMLElement {
  const body = written.errors.map((each) => h("tr", {}, h("td", { class: "tz-num" }, String(each.row ?? "")), h("td", {}, each.message)));
  return h("div", { class: "card wz-scroll" }, h("table", { class: "tz-table" },
    h("thead", {}, h("tr", {}, h("th", { class: "tz-num" }, t("excelRow")), h("th", {}, t("problem")))), h("tbody", {}, ...body)));
}

function undoCard(place: Place, written: Written, changeSet: number): HTMLElement {
  const card = h("div", { class: "wz-card wz-undo" });
  const start = (problem = ""): void => fillWith(card, problem ? note("red", problem) : null,
    h("button", { type: "button", class: "btn btn-outline-danger", onclick: confirm }, icon("arrow-back-up"), t("undo")));

  function confirm(): void {
    const yes = h("button", { type: "button", class: "btn btn-danger", onclick: () => void take() }, t("undoYes"));
    fillWith(card, h("p", {}, t("undoAsk", { added: written.inserted, changed: written.updated })), yes,
      h("button", { type: "button", class: "btn", onclick: () => start() }, t("cancel")));
    yes.focus();
  }

  async function take(): Promise<void> {
    fillWith(card, h("p", { role: "status" }, t("undoing")));
    try {
      fillWith(card, ...outcome(place, await undo(changeSet)));
    } catch (problem) {
      start(sentence(problem));
    }
  }
  start();
  return card;
}

function outcome(place: Place, undone: Undone): HTMLElement[] {
  const counts = undone.counts ?? { inserted: 0, updated: 0, deleted: 0 };
  const left = undone.left ?? [];
  const log = place.mayHistory && undone.change_set ? h("a", { href: `/changelog/?change_set=${undone.change_set}` }, t("seeLog")) : null;
  const head = h("p", { class: "wz-undone", role: "status" }, icon("check"), h("b", {}, t("undone", { n: counts.deleted + counts.updated + counts.inserted })));
  if (left.length === 0) return [head, h("p", { class: "tz-muted" }, t("undoneAll")), ...(log ? [log] : [])];
  const items = left.slice(0, LEFT_SHOWN).map((each) => h("li", {},
    h("a", { href: `/${each.entity}/show/${each.id}` }, each.title || `#${each.id}`), h("span", { class: "tz-muted" }, each.reason)));
  return [head, h("p", {}, t("undoLeft", { n: left.length })), h("ul", { class: "wz-left" }, ...items),
    ...(left.length > LEFT_SHOWN ? [h("p", { class: "tz-muted" }, t("moreLeft", { n: left.length - LEFT_SHOWN }))] : []), ...(log ? [log] : [])];
}
