/** Step 6: what was written, where to see it, how to go on; or why nothing was written. */

import { touchedAddress } from "../core/address.ts";
import { h, icon } from "../dom.ts";
import { bookButton } from "./book.ts";
import { bar, button, conflictTable, note, PRESS } from "./parts.ts";
import { duration } from "./progress.ts";
import type { Place, Screen, Written } from "./types.ts";
import { undoCard } from "./undo.ts";
import { t } from "./words.ts";

interface Acts {
  another: () => void;
  writeRest: () => void;
  checkAgain: (() => void) | null;
  /** The file that waits next, and how to go on with it. */
  next: { name: string; go: () => void } | null;
}

/** The last step. `staged` is the preview it came from. */
export function finishScreen(place: Place, written: Written, staged: number, acts: Acts): Screen {
  if (written.state === "held") return held(place, written, staged, acts);
  return written.state === "refused" ? refused(place, written, acts) : finished(place, written, staged, acts);
}

function goOn(acts: Acts): HTMLElement {
  return acts.next
    ? h("button", { type: "button", class: "btn btn-primary btn-lg", title: PRESS, onclick: acts.next.go }, icon("arrow-right"), t("nextFile", { name: acts.next.name }))
    : button(t("another"), acts.another);
}

function links(place: Place, written: Written, acts: Acts): HTMLElement {
  const look = (primary: boolean): { class: string; title: string | null } => ({ class: `btn btn-lg${primary ? " btn-primary" : ""}`, title: primary ? PRESS : null });
  return h("div", { class: "wz-links" },
    ...written.cases.map((each) => h("a", { ...look(!acts.next), href: `/inbox/?case=${each.case}` }, t("openCase", { number: each.number }))),
    acts.next ? goOn(acts) : null,
    place.mayList ? sheetLink(place, written, look(!acts.next && written.state !== "held")) : null,
    written.change_set ? h("a", { class: "btn btn-lg", href: `/import/batch/${written.change_set}` }, icon("file-text"), t("batchPage")) : null,
    place.mayHistory && written.change_set && written.state !== "held" ? h("a", { class: "btn btn-lg", href: `/changelog/?change_set=${written.change_set}` }, icon("history"), t("seeLog")) : null,
    acts.next ? null : goOn(acts));
}

/** To the records of this import in the sheet; to the sheet itself where nothing was written. */
function sheetLink(place: Place, written: Written, look: { class: string; title: string | null }): HTMLElement {
  const count = written.inserted + written.updated;
  const set = written.state === "applied" && count ? written.change_set : null;
  if (!set) return h("a", { ...look, href: `/${place.entity}/list/` }, t("openSheet", { label: place.label }));
  return h("a", { ...look, href: touchedAddress(place.entity, set) }, icon("table"), t("seeRecords"));
}

/** Nothing is written yet: the whole import waits for somebody's agreement. */
function held(place: Place, written: Written, staged: number, acts: Acts): Screen {
  const body = h("div", { class: "wz-card wz-done" },
    h("span", { class: "wz-done-glyph wz-waiting" }, icon("clock", 24)),
    h("h2", { role: "status" }, t("heldTitle")),
    h("p", { class: "tz-muted" }, t("heldText", { n: written.rows, names: written.cases.flatMap((each) => each.waits_for).join(t("listComma")) })),
    handedBack(written, staged),
    links(place, written, acts));
  return { body: h("div", { class: "wz-narrow" }, body) };
}

function finished(place: Place, written: Written, staged: number, acts: Acts): Screen {
  const count = written.inserted + written.updated + (written.deleted ?? 0);
  const same = written.state === "unchanged";
  const facts = [
    t("doneText", { name: written.name ?? "", sheet: written.sheet ?? "", id: String(written.change_set ?? "") }),
    written.seconds ? t("doneIn", { time: duration(written.seconds) }) : "",
    written.seconds && written.seconds >= 2 ? t("rate", { n: Math.round(count / written.seconds) }) : "",
  ].filter(Boolean).join(" · ");
  const more = written.created ? figure(t("createdTitle"), written.created, t("recordsUnit", { n: written.created })) : null;
  const card = h("div", { class: "wz-card wz-done" },
    h("span", { class: "wz-done-glyph" }, icon("check", 24)),
    h("h2", { role: "status" }, same ? t("sameTitle") : t("doneTitle", { n: count })),
    h("p", { class: "tz-muted" }, same ? t("sameText") : facts),
    same ? null : h("dl", { class: "wz-figures" }, figure(t("inserted"), written.inserted), figure(t("updated"), written.updated), written.deleted ? figure(t("deleted"), written.deleted) : null, more),
    handedBack(written, staged),
    links(place, written, acts));
  const rest = [
    ...(written.conflicts.length ? [h("h3", { class: "tz-section-title" }, t("skippedConflicts", { n: written.conflict_rows })), h("div", { class: "card" }, conflictTable(written.conflicts, place.entity))] : []),
    ...(written.errors.length ? [h("h3", { class: "tz-section-title" }, t("skippedErrors", { n: written.error_count })), errorTable(written)] : []),
  ];
  return { body: h("div", { class: "wz-narrow" }, card, written.change_set ? undoCard({ changeSet: written.change_set, log: place.mayHistory }) : null, ...rest) };
}

/** The rows that were left out, to be corrected in their own file. */
function handedBack(written: Written, staged: number): HTMLElement | null {
  if (!written.left_out) return null;
  return h("div", { class: "wz-rest" }, note("amber", t("leftOut", { n: written.left_out })),
    written.errors_left === false ? null : h("p", {}, bookButton(() => written.change_set ?? staged), h("span", { class: "tz-muted" }, t("bookHow"))));
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

function figure(label: string, count: number, unit = t("rowsUnit", { n: count })): HTMLElement {
  return h("div", {}, h("dt", {}, label), h("dd", {}, count.toLocaleString("en"), h("small", {}, unit)));
}

function errorTable(written: Written): HTMLElement {
  const body = written.errors.map((each) => h("tr", {}, h("td", { class: "tz-num" }, String(each.row ?? "")), h("td", {}, each.message)));
  return h("div", { class: "card wz-scroll" }, h("table", { class: "tz-table" },
    h("thead", {}, h("tr", {}, h("th", { class: "tz-num" }, t("excelRow")), h("th", {}, t("problem")))), h("tbody", {}, ...body)));
}
