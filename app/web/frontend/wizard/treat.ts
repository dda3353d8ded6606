/** What is done to the cells of a column before they are read: a small panel beside the column. */

import { fillWith, h, icon } from "../dom.ts";
import { Popover } from "../ui/popover.ts";
import { choicesOf, valueBox } from "./editor.ts";
import { type Order, ORDERS, tidy, type Treatment } from "./options.ts";
import { choose, NUMERIC, tick } from "./parts.ts";
import type { FieldInfo } from "./types.ts";
import { t } from "./words.ts";

const DATES = new Set(["date", "datetime"]);
const TEXTS = new Set(["text", "long_text", "link", "person", "multi_choice"]);
const EXAMPLES = { ymd: "2026-03-04", mdy: "03/04/2026", dmy: "04/03/2026" } as const;
const SAMPLES = 12;

/** What is set, in a few words; empty when nothing is. */
export function saidOf(given: Treatment): string {
  const values = Object.keys(given.values ?? {}).length;
  return [
    given.width ? t("saidHalf") : "", given.unit ? t("saidUnit", { unit: given.unit }) : "",
    given.order && given.order !== "ymd" ? t(`order_${given.order}`) : "", given.round ? t("saidRound") : "",
    values ? t("saidValues", { n: values }) : "",
  ].filter(Boolean).join(" · ");
}

/** Open the panel at `anchor`; `changed` hears every change at once. */
export function openTreatment(
  anchor: HTMLElement, header: string, field: FieldInfo, given: Treatment, texts: string[], changed: (next: Treatment) => void,
): void {
  const pop = new Popover("wz-treat", { label: t("treatOf", { header }) });
  const now: Treatment = { ...given, values: { ...given.values } };
  const told = (): void => changed(tidy(now));
  const numeric = NUMERIC.has(field.kind);
  const unit = h("input", { class: "form-control", value: now.unit ?? "", maxlength: 8, placeholder: field.unit || t("unitExample"), "aria-label": t("unitOff") });
  unit.addEventListener("input", () => {
    now.unit = unit.value.trim();
    told();
  });
  const parts = [
    h("h3", {}, t("treatOf", { header }), h("small", { class: "tz-muted" }, field.label)),
    TEXTS.has(field.kind) ? tick(t("half"), now.width === "half", (on) => {
      if (on) now.width = "half";
      else delete now.width;
      told();
    }, { hint: t("halfHint") }) : null,
    numeric ? h("label", { class: "wz-choose" }, h("span", {}, t("unitOff")), unit) : null,
    numeric ? tick(t("round"), now.round ?? false, (on) => {
      now.round = on;
      told();
    }, { hint: t("roundHint") }) : null,
    DATES.has(field.kind) ? choose(t("order"), ORDERS.map((order) => [order, `${t(`order_${order}`)}　${EXAMPLES[order]}`]), now.order ?? "ymd", (value) => {
      now.order = value as Order;
      told();
    }) : null,
    translations(field, now, texts, told),
  ];
  pop.element.append(...parts.filter((part) => part !== null));
  pop.onClose = () => {
    anchor.setAttribute("aria-expanded", "false");
    if (pop.element.contains(document.activeElement) || document.activeElement === document.body) anchor.focus({ preventScroll: true });
    setTimeout(() => pop.element.remove());
  };
  anchor.setAttribute("aria-expanded", "true");
  pop.open(anchor);
  pop.element.querySelector<HTMLElement>("input, select, button")?.focus({ preventScroll: true });
}

/** The table of translations: texts of the file left, what they mean right. */
function translations(field: FieldInfo, now: Treatment, texts: string[], told: () => void): HTMLElement {
  const values = (now.values ??= {});
  const meanings = choicesOf(field);
  const known = new Set(meanings?.map((item) => item.label.toLowerCase()));
  const unknown = meanings ? [...new Set(texts)].filter((text) => !known.has(text.trim().toLowerCase())) : [];
  const body = h("tbody", {});
  const line = (old: string): HTMLElement => {
    let from = old;
    const left = h("input", { class: "form-control", value: old, placeholder: t("inFile"), "aria-label": t("inFile") });
    const right = valueBox(field, t("meansFor", { text: old }), values[old] ?? "", {
      change: (text) => {
        if (from) values[from] = text.trim();
        told();
      },
    });
    left.addEventListener("input", () => {
      delete values[from];
      from = left.value.trim();
      if (from) values[from] = right.element.value.trim();
      told();
    });
    const row = h("tr", {}, h("td", {}, left), h("td", { class: "tz-muted" }, "→"), h("td", {}, right.element),
      h("td", {}, h("button", { type: "button", class: "btn btn-ghost btn-icon", "aria-label": t("removeValue", { text: old }), onclick: () => {
        delete values[from];
        row.remove();
        told();
      } }, icon("x", 14))));
    return row;
  };
  fillWith(body, ...[...new Set([...Object.keys(values), ...unknown.slice(0, SAMPLES)])].map(line));
  const add = h("button", { type: "button", class: "btn btn-ghost", onclick: () => {
    const row = line("");
    body.append(row);
    row.querySelector("input")?.focus();
  } }, icon("plus", 14), t("addValue"));
  return h("div", { class: "wz-values" }, h("p", { class: "tz-muted" }, t(meanings ? "valuesChoice" : "values")), h("table", {}, body), add);
}
