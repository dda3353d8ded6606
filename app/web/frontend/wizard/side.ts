/** What stands beside the list of a preview: errors by kind, columns that change, what was left out. */

import { h, icon } from "../dom.ts";
import { labelBefore } from "./parts.ts";
import type { Kind, Preview } from "./types.ts";
import { t } from "./words.ts";

const BARS = 7;

/** The panel; `choose` is told which kind of error was clicked. */
export function sidePanel(preview: Preview, choose: (kind: Kind) => void): HTMLElement {
  const left = preview.ignored.length ? t("ignoredColumns", { names: preview.ignored.join(t("listComma")) }) : "";
  const blank = preview.blank_rows ? t("blankRows", { n: preview.blank_rows }) : "";
  return h("aside", { class: "wz-panel wz-side" },
    ...(preview.asks.length ? [title(t("asksTitle"), t("nRows", { n: preview.ask_rows })), kinds(preview.asks, "amber", choose)] : []),
    title(t("kindsTitle"), t("nRows", { n: preview.error_rows })),
    preview.kinds.length ? kinds(preview.kinds, "red", choose) : h("p", { class: "wz-text" }, t("noErrors")),
    preview.more_kinds ? h("p", { class: "wz-text tz-muted" }, t("moreKinds", { n: preview.more_kinds })) : null,
    title(t("fieldsTitle"), t("nPlaces", { n: preview.cells })),
    preview.fields.length ? bars(preview) : h("p", { class: "wz-text" }, t("noChanges")),
    left || blank ? h("p", { class: "wz-aside" }, [left, blank].filter(Boolean).join(" ")) : null);
}

function title(words: string, count: string): HTMLElement {
  return h("h2", { class: "wz-panel-head" }, words, h("small", { class: "tz-muted tz-right" }, count));
}

function kinds(found: Kind[], tone: string, choose: (kind: Kind) => void): HTMLElement {
  return h("ul", { class: `wz-kinds wz-${tone}` }, ...found.map((kind) => h("li", {},
    h("button", { type: "button", onclick: () => choose(kind) }, icon("alert-triangle", 14),
      h("span", {}, labelBefore(kind.field, kind.message) + kind.message),
      h("small", { class: "tz-muted" }, t("nPlaces", { n: kind.count }))))));
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
