/** One case, drawn: what it is about, what changes, what approving does, and at its side how it came here. */

import { drawRoute, shortTime } from "../approval/route.ts";
import { h, icon } from "../dom.ts";
import type { Changes } from "./changes.ts";
import { avatar, button, chip, count, narrow, section } from "./parts.ts";
import type { Case, Lines } from "./types.ts";
import { t } from "./words.ts";

/** Amounts and shares that are not nothing: the first few stand large. */
const FIGURE = /^-?(?=.*[1-9])[\d,]+\.\d+%?$/;
const FIGURES = 4;
/** A value of more letters has a line of its own. */
const LONG = 16;

/** The head: title, state, who asked when; buttons to leave and to open the record. */
export function head(found: Case, back: () => void): HTMLElement {
  const about = [
    found.record ? `${found.entity_label} · ${found.number}` : found.number,
    h("b", {}, found.submitter.name), t("submittedAt", { at: shortTime(found.submitted_at) }),
    found.import ? (found.import.url ? h("a", { href: found.import.url }, t("importOf", { name: found.import.name })) : t("importOf", { name: found.import.name })) : null,
    found.round > 1 ? t("roundN", { n: found.round }) : null,
    found.ended_at ? t("endedAt", { at: shortTime(found.ended_at) }) : null,
    found.for ? h("span", { class: "ib-for" }, t("actFor", { name: found.for.name })) : null,
  ].filter((part) => part !== null);
  return h("header", { class: "ib-head" },
    h("button", { type: "button", class: "btn btn-icon btn-ghost ib-back", "aria-label": t("back"), onclick: back }, icon("chevron-left", 20)),
    h("div", { class: "ib-head-text" },
      h("h2", { tabindex: -1 }, found.title, " ", chip(found.state_label, found.color)),
      h("p", { class: "ib-about" }, ...about.flatMap((part, index) => [index ? " · " : "", h("span", {}, part)]))),
    h("div", { class: "ib-head-verbs" },
      found.record?.url ? h("a", { class: "btn", href: found.record.url, title: t("openRecord") }, icon("file-text"), h("span", {}, t("openRecord"))) : null));
}

/** The middle: what is asked first, then what it would lead to and why, then what else is known. `first` stands above. */
export function body(found: Case, changes: Changes, first: (HTMLElement | null)[]): HTMLElement {
  const shown = found.facts.filter((fact) => fact.value && !(fact.value.length > 3 && found.title.includes(fact.value)));
  const figures = found.kind === "record" ? shown.filter((fact) => FIGURE.test(fact.value)).slice(0, FIGURES) : [];
  const rest = facts(shown.filter((fact) => !figures.includes(fact)));
  const rows = found.lines.map(lines);
  const why = [effects(found), found.reason ? section(t("reason"), [], h("p", { class: "ib-reason" }, found.reason)) : null];
  const known = found.kind === "change" ? [...why, rest, ...rows] : [...rows, ...why, rest];
  return h("div", { class: "ib-body" }, ...first, tiles(figures.map(({ label, value }) => ({ label, value, note: "" }))), changes.element, ...known);
}

/** The side: the route drawn whole, opinions, the story. */
export function side(found: Case): HTMLElement {
  const opinions = found.opinions.filter((said) => said.verb !== "submit" || said.comment !== found.reason);
  const flow = t("version", { code: found.flow.code, n: found.flow.version });
  return h("aside", { class: "ib-side", "data-region": "", tabindex: narrow.matches ? null : 0, "aria-label": t("route") },
    section(t("route"), [h("span", { class: "ib-hint", title: found.flow.name }, flow)], drawRoute(found.route, found)),
    opinions.length ? section(t("opinions"), [count(opinions.length)], h("ul", { class: "ib-opinions" }, ...opinions.map((said) =>
      h("li", {}, avatar(said.who), h("div", {},
        h("p", { class: "ib-said" }, h("b", {}, said.who), ` ${shortTime(said.at)}${said.verb === "comment" || !said.verb_label ? "" : ` · ${said.verb_label}`}`),
        h("p", {}, said.comment)))))) : null,
    section(t("story"), [], h("ol", { class: "ib-story" }, ...found.events.map((event) =>
      h("li", {}, h("p", {}, event.text), h("time", {}, shortTime(event.at)))))));
}

function facts(found: Case["facts"]): HTMLElement | null {
  if (found.length === 0) return null;
  const ordered = [...found.filter((fact) => fact.value.length <= LONG), ...found.filter((fact) => fact.value.length > LONG)];
  return section(t("facts"), [], h("dl", { class: "ib-facts" }, ...ordered.map((fact) =>
    h("div", { class: fact.value.length > LONG ? "ib-long" : null }, h("dt", {}, fact.label), h("dd", {}, fact.value)))));
}

function effects(found: Case): HTMLElement | null {
  const drawn = tiles(found.effects);
  return drawn && section(t("effects"), [], drawn);
}

function tiles(found: Case["effects"]): HTMLElement | null {
  if (found.length === 0) return null;
  return h("dl", { class: "ib-tiles" }, ...found.map((one) =>
    h("div", {}, h("dt", {}, one.label), h("dd", {}, one.value, one.note ? h("small", {}, one.note) : null))));
}

/** Lines of a record. Rows that begin alike stand together under one head, as on paper. */
function lines(found: Lines): HTMLElement {
  const [first, ...rest] = found.columns;
  const rows: HTMLElement[] = [];
  for (let at = 0; first && at < found.rows.length;) {
    const name = found.rows[at]?.cells[first.name] ?? "";
    let end = at + 1;
    while (end < found.rows.length && name && found.rows[end]?.cells[first.name] === name) end += 1;
    for (let row = at; row < end; row += 1) {
      rows.push(h("tr", {}, row === at ? h("th", { scope: "row", rowspan: end - at, class: end === found.rows.length ? "ib-last" : null }, name) : null, ...rest.map((column) =>
        h("td", { class: [column.right ? "tz-num" : "", moved(found, column.name)].join(" ").trim() || null, "data-label": column.label }, found.rows[row]?.cells[column.name] ?? ""))));
    }
    at = end;
  }
  const shown = found.rows.length < found.total ? h("p", { class: "ib-hint" }, t("shownOf", { shown: found.rows.length, n: found.total })) : null;
  return section(found.label, [count(found.total)], h("div", { class: "ib-wide" }, h("table", { class: "ib-diff ib-lines" },
    h("thead", {}, h("tr", {}, ...found.columns.map((column) => h("th", { scope: "col", class: column.right ? "tz-num" : null }, column.label)))),
    h("tbody", {}, ...rows))), shown);
}

/** A line's column that holds what was before or comes after looks so: twins are called old_… and new_…. */
function moved(found: Lines, name: string): string {
  const [side, ...rest] = name.split("_");
  const twin = `${side === "old" ? "new" : "old"}_${rest.join("_")}`;
  return (side === "old" || side === "new") && found.columns.some((column) => column.name === twin) ? `ib-${side}` : "";
}

/** Nothing to show for an address that is not the reader's. */
export function missing(back: () => void): HTMLElement {
  return h("div", { class: "tz-empty" }, h("span", { class: "tz-empty-glyph" }, icon("file-off", 24)), h("h2", {}, t("notHere")), h("p", {}, t("notHereText")),
    h("div", { class: "tz-empty-actions" }, button(t("toInbox"), back, "btn-primary")));
}
