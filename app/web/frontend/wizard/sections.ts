/** What stands folded beside the columns: finding records, lines, links that are missing, what to know of the file. */

import { h } from "../dom.ts";
import { labelOf, type Table } from "./column.ts";
import { valueBox } from "./editor.ts";
import { creatable, fed, feedLines, fieldsOf, flatLines, grouping, ignored, keyWithoutColumn, type Options, sheetsOf } from "./options.ts";
import { choose, fold, type Fold, redraw, tick } from "./parts.ts";
import type { FieldInfo, Look } from "./types.ts";
import { t } from "./words.ts";

/** A folded part that can be brought in step with what was chosen. */
export interface Section {
  element: HTMLElement;
  refresh: () => void;
}

function section(title: string, draw: (body: HTMLElement, part: Fold) => void): Section {
  const body = h("div", {});
  const part = fold(title, "", body);
  return { element: part.element, refresh: () => draw(body, part) };
}

const MODES = ["both", "new", "update"] as const;

/** How records are found, and whether rows may be new, or change some. */
export function matchSection(table: Table): Section {
  const { look, chosen } = table;
  const usual = look.key ?? look.options.key ?? [];
  const labels = (names: string[]): string => names.map((name) => labelOf(look, name)).join(t("listComma"));
  const pick = (match: Options["match"]): void => {
    chosen.match = match;
    chosen.key = match === "fields" ? chosen.key.filter((name) => fed(chosen).has(name)) : [...usual];
    table.changed();
  };
  return section(t("findBy"), (body, part) => {
    const columns = fed(chosen);
    const able = look.fields.filter((field) => field.key && (columns.has(field.name) || field.name in chosen.constants));
    const absent = chosen.match === "key" && keyWithoutColumn(look, chosen).length > 0;
    const radio = (match: Options["match"], words: string): HTMLElement =>
      tick(words, chosen.match === match, () => pick(match), { type: "radio", name: "match", key: `match:${match}` });
    redraw(body,
      look.trip ? radio("id", t("matchId")) : null,
      usual.length ? radio("key", t("matchKey", { labels: labels(usual) })) : null,
      radio("fields", t("matchFields")),
      chosen.match === "fields" ? h("div", { class: "wz-indent" }, ...(able.length ? able.map((field) => tick(field.label, chosen.key.includes(field.name), (on) => {
        chosen.key = on ? [...chosen.key, field.name] : chosen.key.filter((each) => each !== field.name);
        table.changed();
      }, { key: `key:${field.name}` })) : [h("p", { class: "tz-muted" }, t("matchNone"))])) : null,
      choose(t("mode"), MODES.map((mode) => [mode, t(`mode_${mode}`)]), chosen.mode, (mode) => {
        chosen.mode = mode as Options["mode"];
        table.changed();
      }, "mode"),
      h("p", { class: "tz-muted" }, absent ? t("keyNone", { labels: labels(chosen.key) }) : t(`modeHow_${chosen.mode}`)));
    const by = chosen.match === "id" ? t("byId") : chosen.key.length ? labels(chosen.key) : t("byNothing");
    part.say(absent && chosen.mode === "both" ? t("allNew") : t("matchSaid", { by, mode: t(`mode_${chosen.mode}`) }), chosen.match === "fields" && !chosen.key.length);
  });
}

/** Links whose record is not there: an error, or made along with the import. */
export function createSection(table: Table): Section | null {
  const { look, chosen } = table;
  if (![...fieldsOf(look)].some(([, field]) => field.target?.may_add && field.editable)) return null;
  let drawn = "";
  return section(t("createTitle"), (body, part) => {
    const able = creatable(look, chosen);
    const on = able.filter(([name]) => chosen.create[name]);
    // Drawn anew only for other links: somebody may be typing in one of the boxes.
    const now = JSON.stringify([able.map(([name]) => name), on.map(([name]) => name)]);
    if (now !== drawn) redraw(body, h("p", { class: "tz-muted" }, t(able.length ? "createHow" : "createNone")),
      ...able.flatMap(([name, field]) => [tick(t("createOne", { label: labelOf(look, name), target: field.target?.label ?? "" }), name in chosen.create, (yes) => {
        if (yes) chosen.create[name] = {};
        else delete chosen.create[name];
        table.changed();
      }, { key: `create:${name}` }), newOnes(table, name, field)]));
    drawn = now;
    part.say(on.length ? t("createSaid", { labels: on.map(([name]) => labelOf(look, name)).join(t("listComma")) }) : t("createOff"));
  });
}

/** What all records made for a link get, beside the name the file gives each. */
function newOnes(table: Table, name: string, field: FieldInfo): HTMLElement | null {
  const given = table.chosen.create[name];
  const needed = field.target?.required ?? [];
  if (!given || !needed.length) return null;
  return h("div", { class: "wz-indent wz-new-ones" }, h("p", { class: "tz-muted" }, t("createWith")), ...needed.map((each) =>
    h("label", { class: "wz-choose" }, h("span", {}, each.label), valueBox(each, each.label, given[each.name] ?? "", {
      change: (text) => {
        given[each.name] = text.trim();
        table.changed();
      }, key: `new:${name}:${each.name}`,
    }).element)));
}

/** Where the lines of documents stand; `second` is the other sheet once it was looked at, `open` asks for it. */
export function linesSection(table: Table, second: () => Look | null, open: (sheet: string) => void): Section | null {
  const { look, chosen } = table;
  const [first] = look.lines ?? [];
  if (!first) return null;
  const place = (): string => (chosen.lines ? (chosen.lines.sheet ? "sheet" : "flat") : "none");
  function put(where: string): void {
    const flat = flatLines(look, chosen, chosen.lines?.entity ?? first?.entity ?? "");
    const other = sheetsOf(look).find((sheet) => sheet.name !== look.sheet && sheet.rows > 0)?.name ?? "";
    chosen.lines = where === "none" ? null : { ...flat, sheet: where === "sheet" ? { sheet: other, link: "" } : null };
    if (where === "sheet") open(other);
    else if (where === "flat") feedLines(look, look, chosen);
    table.changed();
  }
  return section(t("linesTitle"), (body, part) => {
    const lines = chosen.lines;
    const others = sheetsOf(look).filter((sheet) => sheet.name !== look.sheet && sheet.rows > 0);
    const label = look.lines?.find((line) => line.entity === lines?.entity)?.label ?? first.label;
    redraw(body,
      choose(t("linesWhere"), [["none", t("linesNone")], ["flat", t("linesFlat")], ...(others.length ? [["sheet", t("linesSheet")] as [string, string]] : [])], place(), put, "lines-where"),
      lines && (look.lines?.length ?? 0) > 1 ? choose(t("linesWhich"), (look.lines ?? []).map((line) => [line.entity, line.label]), lines.entity, (entity) => {
        lines.entity = entity;
        table.changed();
      }, "lines-entity") : null,
      lines?.sheet ? choose(t("linesOther"), others.map((sheet) => [sheet.name, sheet.name]), lines.sheet.sheet, (sheet) => {
        lines.sheet = { sheet, link: "" };
        open(sheet);
        table.changed();
      }, "lines-sheet") : null,
      lines?.sheet ? choose(t("linesLink"), [["", t("choose")], ...(second()?.headers ?? []).filter(Boolean).map((header): [string, string] => [header, header])], lines.sheet.link, (link) => {
        if (lines.sheet) lines.sheet.link = link;
        table.changed();
      }, "lines-link") : null,
      lines && !lines.sheet ? h("div", {}, h("p", { class: "tz-muted" }, t("linesGroup")), ...grouping(look, chosen).map((field) => tick(field.label, lines.group.includes(field.name), (on) => {
        lines.group = on ? [...lines.group, field.name] : lines.group.filter((each) => each !== field.name);
        table.changed();
      }, { key: `group:${field.name}` }))) : null,
      lines ? choose(t("linesBy"), [["number", t("linesByNumber")], ["order", t("linesByOrder")]], lines.by, (by) => {
        lines.by = by as "number" | "order";
        table.changed();
      }, "lines-by") : null,
      lines ? choose(t("linesGone"), [["keep", t("linesKeep")], ["remove", t("linesRemove")]], lines.gone, (gone) => {
        lines.gone = gone as "keep" | "remove";
        table.changed();
      }, "lines-gone") : null);
    part.say(!lines ? t("linesNone") : lines.sheet ? t("linesSaidSheet", { label, sheet: lines.sheet.sheet }) : t("linesSaidFlat", { label, by: lines.group.map((name) => labelOf(look, name)).join(t("listComma")) }),
      Boolean(lines && (lines.sheet ? !lines.sheet.link : !lines.group.length)));
  });
}

/** Columns that are left out. */
export function ignoredSection(table: Table): Section {
  return section(t("ignoredTitle"), (body, part) => {
    const left = ignored(table.look, table.chosen);
    redraw(body, left.length ? h("ul", { class: "wz-chips" }, ...left.map((header) => h("li", { class: "tz-chip tz-grey" }, header))) : h("p", { class: "tz-muted" }, t("ignoredNone")));
    part.say(left.length ? t("nColumns", { n: left.length }) : t("nothing"));
  });
}

const PARTS = [
  ["externallinks/", "part_links"], ["embeddings/", "part_embedded"], ["activex/", "part_controls"], ["ctrlprops/", "part_controls"],
  ["connections.xml", "part_connections"], ["querytables/", "part_connections"], ["basic/", "part_macros"],
] as const;

/** What the person may not have seen in the file. */
export function noticesSection(table: Table): Section {
  const { look, chosen } = table;
  return section(t("notices"), (body, part) => {
    const contents = PARTS.filter(([each]) => look.ignored_contents?.some((name) => name.toLowerCase().includes(each))).map(([, key]) => t(key));
    const names = [...new Set(contents)].join(t("listComma"));
    const twice = Object.entries(look.duplicate_headers).filter(([header]) => !chosen.columns[header]);
    const said = [
      look.titles?.length ? t("noticeTitles", { n: look.titles.length }) : "",
      look.totals?.length ? t(chosen.totals === "import" ? "noticeTotalsIn" : "noticeTotals", { n: look.totals.length }) : "",
      look.hidden_rows ? t(chosen.hidden === "skip" ? "hiddenRowsOut" : "hiddenRows", { n: look.hidden_rows }) : "",
      look.hidden_columns ? t("hiddenColumns", { n: look.hidden_columns }) : "",
      look.merged ? t("merged", { n: look.merged }) : "",
      ...twice.map(([header, letters]) => t("twiceUnused", { header, letters: letters.join(t("listComma")) })),
      names ? t("ignoredContents", { names }) : "",
    ].filter(Boolean);
    redraw(body, said.length ? h("ul", { class: "wz-bullets" }, ...said.map((text) => h("li", {}, text))) : h("p", { class: "tz-muted" }, t("noNotices")));
    part.say(said.length ? t("nNotices", { n: said.length }) : t("nothing"), look.merged > 0);
  });
}
