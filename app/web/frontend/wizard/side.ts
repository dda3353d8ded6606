/** What stands beside the list of a preview: errors by kind, columns that change, what comes along, what was left out. */

import { h, icon } from "../dom.ts";
import { fillable } from "./fill.ts";
import { labelBefore } from "./parts.ts";
import { FOLLOWS, type Kind, type Preview } from "./types.ts";
import { t } from "./words.ts";

const BARS = 7;
const TITLES = 6;

interface Acts {
  /** Show the rows of a kind of error (its place in the summary), or none in particular. */
  kind: (kind: number | null) => void;
  /** A box to fill in what all rows of a kind of error lack. */
  fill: (kind: Kind) => HTMLElement;
  asks: () => void;
  created: () => void;
}

/** The parts of the panel; `chosen` is the kind of error whose rows are shown. */
export function sideParts(preview: Preview, chosen: number | null, acts: Acts): (HTMLElement | null)[] {
  const left = preview.ignored.length ? t("ignoredColumns", { names: preview.ignored.join(t("listComma")) }) : "";
  const blank = preview.blank_rows ? t("blankRows", { n: preview.blank_rows }) : "";
  const already = preview.already ? t("alreadyRows", { n: preview.already }) : "";
  const beside = [
    preview.titles?.length ? t("noticeTitles", { n: preview.titles.length }) : "",
    preview.totals?.length ? t("noticeTotals", { n: preview.totals.length }) : "",
  ];
  const said = [left, already, blank, ...beside].filter(Boolean);
  return [
    ...(preview.asks.length ? [title(t("asksTitle"), t("nRows", { n: preview.ask_rows })), kinds(preview.asks, "amber", null, acts.asks)] : []),
    title(t("kindsTitle"), t("nRows", { n: preview.error_rows })),
    preview.kinds.some((kind) => kind.count) ? kinds(preview.kinds, "red", chosen, acts.kind, acts.fill) : h("p", { class: "wz-text" }, t("noErrors")),
    preview.more_kinds ? h("p", { class: "wz-text tz-muted" }, t("moreKinds", { n: preview.more_kinds })) : null,
    ...(preview.created?.length ? [title(t("createdTitle"), ""), created(preview.created, acts.created)] : []),
    ...(preview.rounded?.length ? [title(t("roundedTitle"), ""), h("dl", { class: "wz-pairs" }, ...preview.rounded.map((each) =>
      h("div", {}, h("dt", {}, each.label), h("dd", {}, t("nPlaces", { n: each.count })))))] : []),
    title(t("fieldsTitle"), t("nPlaces", { n: preview.cells })),
    preview.fields.length ? bars(preview) : h("p", { class: "wz-text" }, t("noChanges")),
    said.length ? h("div", { class: "wz-aside" }, ...said.map((text) => h("p", {}, text))) : null,
  ];
}

function title(words: string, count: string): HTMLElement {
  return h("h2", { class: "wz-panel-head" }, words, h("small", { class: "tz-muted tz-right" }, count));
}

function kinds(found: Kind[], tone: string, chosen: number | null, choose: (kind: number | null) => void, fill?: Acts["fill"]): HTMLElement {
  // Those that were corrected are gone, the most frequent come first, what only follows from others last; each is asked for
  // by its place in the summary.
  const most = found.map((kind, index) => ({ kind, index })).filter(({ kind }) => kind.count > 0).sort((a, b) =>
    Number(a.kind.code === FOLLOWS) - Number(b.kind.code === FOLLOWS) || b.kind.count - a.kind.count);
  return h("ul", { class: `wz-kinds wz-${tone}` }, ...most.map(({ kind, index }) => h("li", {},
    h("button", { type: "button", "aria-pressed": String(index === chosen), "data-key": `kind:${tone}:${index}`, onclick: () => choose(index === chosen ? null : index) },
      icon("alert-triangle", 14),
      h("span", {}, labelBefore(kind.field, kind.message) + kind.message, others(kind)),
      h("small", { class: "tz-muted" }, t("nPlaces", { n: kind.count }))),
    fill && index === chosen && fillable(kind) ? fill(kind) : null)));
}

/** Where the sentence quotes one of several wrong texts: the others, too. */
function others(kind: Kind): HTMLElement | null {
  const rest = (kind.texts ?? []).filter((text) => !kind.message.includes(text));
  if (!rest.length || rest.length === kind.texts?.length) return null;
  return h("small", { class: "wz-others tz-muted" }, t("alsoTexts", { texts: rest.slice(0, TITLES).join(t("listComma")) + (rest.length > TITLES ? "…" : "") }));
}

/** Records that are made along with the rows, because the rows name them. */
function created(found: NonNullable<Preview["created"]>, choose: () => void): HTMLElement {
  return h("ul", { class: "wz-kinds wz-made" }, ...found.map((each) => h("li", {},
    h("button", { type: "button", "data-key": `made:${each.entity}`, onclick: choose }, icon("plus", 14),
      h("span", {}, h("b", {}, each.label), `${t("colon")}${each.titles.slice(0, TITLES).join(t("listComma"))}${each.count > TITLES ? "…" : ""}`),
      h("small", { class: "tz-muted" }, t("nPlaces", { n: each.count }))))));
}

function bars(preview: Preview): HTMLElement {
  const shown = preview.fields.slice(0, BARS).map((field) => ({ label: field.label, count: field.count }));
  const rest = preview.fields.slice(BARS);
  if (rest.length) shown.push({ label: t("otherFields", { n: rest.length }), count: rest.reduce((sum, field) => sum + field.count, 0) });
  const most = Math.max(...shown.map((each) => each.count));
  return h("dl", { class: "wz-bars" }, ...shown.map((each) => {
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.width = `${Math.max(4, (each.count / most) * 100)}%`;
    return h("div", {}, h("dt", { title: each.label }, each.label), h("dd", {}, h("span", {}, bar), each.count.toLocaleString("en")));
  }));
}
