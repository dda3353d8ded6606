/** One column of the file in the mapping: its header, its first values, the field it feeds and what is done to its cells. */

import { fillWith, h, icon } from "../dom.ts";
import { Combo, type Item, matching } from "./combo.ts";
import { type Chosen, fed, feedLines, fieldsOf, flatLines, asWritten, ordersOf, type Problem, treated, unitOf } from "./options.ts";
import { letters, NUMERIC } from "./parts.ts";
import { openTreatment, saidOf } from "./treat.ts";
import type { FieldInfo, Look } from "./types.ts";
import { t } from "./words.ts";

/** A line of the table that can be brought in step with what was chosen. */
export interface Line {
  row: HTMLElement;
  refresh: (found: Problem[]) => void;
}

/** What a line needs: the file, what is chosen, texts that were wrong in the last check, and whom to tell. */
export interface Table {
  look: Look;
  chosen: Chosen;
  wrong: Map<string, string[]>;
  changed: () => void;
}

/** The fields a column can feed, those of lines named with their entity, and which column feeds each already. */
export function fieldItems(look: Look, chosen: Chosen): Item[] {
  const columns = fed(chosen);
  const item = (field: FieldInfo, name: string, label: string): Item => {
    const by = columns.get(name)?.[0];
    const note = by ? `← ${by}` : !field.editable ? t("comparedOnly") : field.required ? t("requiredMark") : "";
    return { value: name, label, ...(note ? { note } : {}) };
  };
  return [
    { value: "", label: t("leaveOut") },
    ...look.fields.map((field) => item(field, field.name, field.label)),
    ...(look.lines ?? []).filter((line) => !chosen.lines || chosen.lines.entity === line.entity)
      .flatMap((line) => line.fields.map((field) => item(field, field.name, t("lineField", { line: line.label, field: field.label })))),
  ];
}

/** The name of a field as the picker shows it. */
export function labelOf(look: Look, name: string): string {
  const line = look.lines?.find((each) => name.startsWith(`${each.entity}.`));
  const field = fieldsOf(look).get(name);
  return field ? (line ? t("lineField", { line: line.label, field: field.label }) : field.label) : "";
}

/** `from` is the look the header stands in: that of the sheet itself, or of the sheet of its lines. */
export function columnLine(table: Table, from: Look, header: string, index: number): Line {
  const { look, chosen } = table;
  const samples = from.examples[index] ?? [];
  const name = h("th", { scope: "row", title: header }, h("span", { class: "wz-letter" }, letters(index)), header || "—");
  const sample = h("td", { class: "tz-muted wz-sample", title: samples.join("\n") }, samples.slice(0, 4).join("　"));
  if (!header) {
    const row = h("tr", { class: "wz-left-out" }, name, sample, h("td", { class: "tz-muted", colspan: 2 }, t("noHeader")), h("td", {}));
    return { row, refresh: () => undefined };
  }
  const combo = new Combo({
    label: t("fieldFor", { header }), placeholder: t("leaveOut"), key: `field:${header}`,
    find: (typed) => matching(fieldItems(look, chosen), typed),
    pick: (item) => {
      const kept = chosen.columns[header];
      settled();
      const next = item.value ? (kept && sameKind(look, kept.field, item.value) ? { ...kept, field: item.value } : { field: item.value }) : null;
      chosen.columns[header] = asWritten(from, header, next);
      const line = look.lines?.find((each) => item.value.startsWith(`${each.entity}.`));
      // Who feeds a line's field from this sheet has the lines in it.
      if (line && !chosen.lines) {
        chosen.lines = flatLines(look, chosen, line.entity);
        feedLines(look, look, chosen);
      }
      combo.show(item.value ? item.label : "");
      table.changed();
    },
    clear: () => {
      settled();
      chosen.columns[header] = null;
      table.changed();
    },
  });
  /** Who chose the field has looked at it. */
  function settled(): void {
    from.guessed = from.guessed?.filter((each) => each !== header) ?? [];
  }
  const treat = h("button", { type: "button", class: "btn btn-ghost wz-treat-button", "aria-haspopup": "dialog" });
  const state = h("td", { class: "wz-state" });
  treat.addEventListener("click", () => {
    const given = chosen.columns[header];
    const field = given && fieldsOf(look).get(given.field);
    if (!given || !field) return;
    openTreatment(treat, header, field, given, [...samples, ...(table.wrong.get(given.field) ?? [])], (next) => {
      chosen.columns[header] = next;
      table.changed();
    });
  });
  const row = h("tr", { "data-header": header }, name, sample, h("td", {}, combo.input), h("td", {}, treat), state);
  return {
    row,
    refresh(found) {
      const given = chosen.columns[header] ?? null;
      const field = given ? fieldsOf(look).get(given.field) : undefined;
      const bad = found.some((each) => (each.kind === "doubled" && each.headers.includes(header)) || (each.kind === "duplicate" && each.header === header));
      if (document.activeElement !== combo.input) combo.show(given ? labelOf(look, given.field) : "");
      row.classList.toggle("wz-left-out", !field);
      combo.input.setAttribute("aria-invalid", String(bad));
      treat.hidden = !field?.editable;
      if (given && field) {
        const said = saidOf(given);
        fillWith(treat, icon("adjustments", 14), h("span", {}, said || t("treat")));
        treat.classList.toggle("wz-treated", treated(given));
        treat.setAttribute("aria-label", `${header}: ${t("treat")}${said ? `, ${said}` : ""}`);
      }
      const guessed = field && from.guessed?.includes(header) && given?.field === from.mapping?.[header];
      const [order, other] = ordersOf(from, header, given);
      const unsaid = other && (given?.order ?? "ymd") === "ymd";
      const unit = unitOf(from, header, given);
      const asFound = (order && order === given?.order) || (unit && unit === given?.unit);
      fillWith(state, bad ? chip("red", t("stateTwice")) : !field ? chip("grey", t(from.locked?.includes(header) ? "stateLocked" : "stateOut"))
        : !field.editable ? chip("grey", t("stateCompared")) : guessed ? chip("amber", t("stateGuessed"))
        : unsaid ? chip("amber", t("stateOrder")) : asFound ? chip("amber", t("stateOrdered")) : chip("green", t("stateMapped")));
      state.title = !field && from.locked?.includes(header) ? t("lockedHow") : guessed ? t("guessedHow") : unsaid ? t("orderHow") : asFound ? t("orderedHow") : "";
    },
  };
}

export function chip(tone: string, words: string): HTMLElement {
  return h("span", { class: `tz-chip tz-${tone}` }, words);
}

function sameKind(look: Look, one: string, other: string): boolean {
  const fields = fieldsOf(look);
  const kind = (name: string): string => {
    const found = fields.get(name)?.kind ?? "";
    return NUMERIC.has(found) ? "number" : found;
  };
  return kind(one) === kind(other);
}
