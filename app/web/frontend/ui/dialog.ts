/** A modal question, for what should not happen by a slip of the hand. */

import { h } from "../dom.ts";
import { t } from "../i18n.ts";

/** Ask; true when the user chose to go on. The dangerous button is not the default. */
export function ask(title: string, text: string, go: string): Promise<boolean> {
  return new Promise((answer) => {
    const cancel = h("button", { type: "submit", class: "sh-btn", value: "no", autofocus: true }, t("cancel"));
    const dialog = h(
      "dialog", { class: "sh-dialog", "aria-label": title },
      h("form", { method: "dialog" },
        h("h2", {}, title), h("p", {}, text),
        h("div", { class: "sh-buttons" }, cancel, h("button", { type: "submit", class: "sh-btn sh-danger", value: "yes" }, go)),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
