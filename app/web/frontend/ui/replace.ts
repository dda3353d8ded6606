/** Find and replace in texts: the selection, or the active column when one cell is selected. One undo takes it back. */

import { show } from "../core/format.ts";
import { h } from "../dom.ts";
import { fieldsOf, rowsOf, tooMany } from "../grid/gestures.ts";
import type { Sheet } from "../grid/sheet.ts";
import { type Put, write } from "../grid/write.ts";
import { t } from "../i18n.ts";
import { Popover } from "./popover.ts";

const TEXTS = new Set(["text", "long_text"]);

/** Open the panel beside `at`. */
export function openReplace(sheet: Sheet, at: Element): void {
  const pop = new Popover("sh-filter", { label: t("replace") });
  const find = h("input", { class: "sh-field", "aria-label": t("findWhat"), placeholder: t("findWhat") });
  const by = h("input", { class: "sh-field", "aria-label": t("replaceBy"), placeholder: t("replaceBy") });
  const said = h("div", { class: "sh-problem", role: "alert" });
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!find.value) return;
    void replaceAll(sheet, find.value, by.value).then((count) => {
      if (count) pop.close();
      else said.textContent = t("noMatch", { text: find.value });
    });
  };
  const one = sheet.selection.single;
  const scope = one ? t("replaceColumn", { label: sheet.columns[sheet.selection.active.col]?.label ?? "" }) : t("replaceSelection");
  pop.element.append(
    h("form", { onsubmit: submit },
      h("div", { class: "sh-filter-title" }, t("replace")), find, by, h("div", { class: "sh-quiet" }, scope), said,
      h("div", { class: "sh-buttons" }, h("button", { type: "submit", class: "sh-btn sh-primary" }, t("replaceGo")))),
  );
  pop.onClose = () => {
    pop.element.remove();
    sheet.emit("focus", undefined);
  };
  pop.open(at);
  find.focus();
}

/** Replace every occurrence; answers in how many cells. */
async function replaceAll(sheet: Sheet, find: string, by: string): Promise<number> {
  const { range, single } = sheet.selection;
  const area = single ? { ...range, top: 0, bottom: Math.max(sheet.store.length - 1, 0) } : range;
  if (tooMany(sheet, area)) return 0;
  const fields = fieldsOf(sheet, area).filter(({ kind }) => TEXTS.has(kind));
  const puts: Put[] = [];
  for (const { at, row } of await rowsOf(sheet, area)) {
    for (const field of fields) {
      const { value, title } = sheet.value(row, field);
      const text = show(field, value, title);
      if (text.includes(find) && !sheet.whyReadOnly(row, field)) puts.push({ row: at, field, text: text.replaceAll(find, () => by) });
    }
  }
  await write(sheet, puts, "bulk");
  return puts.length;
}
