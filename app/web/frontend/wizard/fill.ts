/** One value for all rows that lack a field which must be filled in. */

import { h } from "../dom.ts";
import { sentence } from "../request.ts";
import { mend } from "./api.ts";
import { type Kind as FieldKind, valueBox } from "./editor.ts";
import type { Kind, Preview } from "./types.ts";
import { t } from "./words.ts";

/** Can the rows of this kind of error be filled at once? */
export const fillable = (kind: Kind): boolean => kind.code === "REQUIRED" && kind.name !== null && kind.count > 1;

/** The box for it; `done` hears the summary once the rows were planned again. */
export function fillForm(set: number, kind: Kind, field: FieldKind, done: (summary: Preview) => void): HTMLElement {
  const said = h("span", { class: "wz-mend-said", role: "status" });
  const words = t("fillAll", { n: kind.count });
  const go = h("button", { type: "button", class: "btn", onclick: () => void send() }, t("fill"));
  const box = valueBox(field, `${words} ${kind.field}`, "", { change: () => undefined, enter: () => void send(), key: "fill" });
  const form = h("div", { class: "wz-fill" }, h("span", {}, words), box.element, go, said);

  async function send(): Promise<void> {
    const text = box.element.value.trim();
    if (!text) return box.element.focus();
    go.disabled = true;
    said.textContent = t("rechecking");
    try {
      done((await mend(set, { replace: { field: kind.name ?? "", text: "", with: text } })).summary);
    } catch (problem) {
      go.disabled = false;
      said.textContent = sentence(problem);
    }
  }
  return form;
}
