/** Making what a link lacks, from the error that says so: its column is set to create what is missing, and the file checked again. */

import { h, icon } from "../dom.ts";
import { Popover } from "../ui/popover.ts";
import { valueBox } from "./editor.ts";
import type { Column, Preview, RowProblem } from "./types.ts";
import { t } from "./words.ts";

const NAMED = 12;
const MISSING = new Set(["LINK_NOT_FOUND", "LINK_NOT_CREATED"]);

/** Hears the field, as the summary names it, and what is the same for all its new records. */
export type Create = (field: string, given: Record<string, string>) => void;

/** The button beside a problem, where it is a link whose record this person may make; `field` is named as in the summary. */
export function createButton(preview: Preview, problem: RowProblem, field: string, create: Create): HTMLElement | null {
  const column = preview.columns.find((each) => each.name === field);
  if (!column?.target?.may_add || !MISSING.has(problem.code)) return null;
  const kinds = preview.kinds.filter((kind) => kind.name === field && MISSING.has(kind.code ?? ""));
  const names = [...new Set(kinds.flatMap((kind) => kind.texts ?? []))];
  const label = names.length > 1 ? t("createThese", { n: names.length }) : t("createIt");
  const needed = column.target.required ?? [];
  const button = h("button", {
    type: "button", class: "btn wz-create", title: `${t("createIn", { target: column.target.label })}${t("colon")}${names.slice(0, NAMED).join(t("listComma"))}`,
    onclick: () => (needed.length ? askFor(column, names, button, (given) => create(field, given)) : create(field, {})),
  }, icon("plus", 14), label);
  return button;
}

/** What all new records need beside the name, asked for beside the button. */
function askFor(column: Column, names: string[], at: HTMLElement, done: (given: Record<string, string>) => void): void {
  const label = column.target?.label ?? "";
  const pop = new Popover("wz-treat", { label });
  const given: Record<string, string> = {};
  const needed = column.target?.required ?? [];
  const boxes = needed.map((field) => valueBox(field, field.label, "", { change: (text) => (given[field.name] = text.trim()), enter: () => send() }));
  const problem = h("p", { class: "wz-hint wz-hint-red", role: "alert" });
  const send = (): void => {
    const lacks = needed.filter((field) => !given[field.name]).map((field) => field.label);
    problem.textContent = lacks.length ? t("fillInFirst", { labels: lacks.join(t("listComma")) }) : "";
    if (lacks.length) return;
    pop.close();
    done(given);
  };
  pop.element.append(h("h3", {}, t("createIn", { target: label })), h("p", {}, names.slice(0, NAMED).join(t("listComma")) + (names.length > NAMED ? "…" : "")),
    h("p", { class: "tz-muted" }, t("createWith")),
    ...needed.map((field, place) => h("label", { class: "wz-choose" }, h("span", {}, field.label), boxes[place]?.element ?? null)), problem,
    h("div", {}, h("button", { type: "button", class: "btn btn-primary", onclick: send }, t("createGo"))));
  pop.onClose = () => {
    for (const box of boxes) box.close();
    pop.element.remove();
    at.focus({ preventScroll: true });
  };
  pop.open(at);
  boxes[0]?.element.focus();
}
