/** The error workbook: the user's own file back with its errors marked, made by a job and then fetched. */

import { fillWith, h, icon } from "../dom.ts";
import { sentence } from "../request.ts";
import { bookAddress, errorBook, job as ask } from "./api.ts";
import { t } from "./words.ts";

const PAUSE = 400;

/** A button that has the workbook of `set` made and saved; what goes wrong is said beside it. */
export function bookButton(set: () => number, look = "btn"): HTMLElement {
  const said = h("small", { class: "wz-hint wz-hint-red", role: "status" });
  const words = h("span", {}, t("errorBook"));
  const button = h("button", { type: "button", class: look, onclick: () => void make() }, icon("file-download", 14), words);

  async function make(): Promise<void> {
    button.disabled = true;
    said.textContent = "";
    words.textContent = t("bookMaking");
    try {
      const { job } = await errorBook(set());
      for (;;) {
        const now = await ask(job);
        if (now.state === "done") break;
        if (now.state === "failed" || now.state === "cancelled") throw new Error(now.message || t("bookFailed"));
        if (now.total) words.textContent = `${t("bookMaking")} ${Math.round((now.done / now.total) * 100)}%`;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
      const link = h("a", { href: bookAddress(job), download: "" });
      document.body.append(link);
      link.click();
      link.remove();
    } catch (problem) {
      fillWith(said, sentence(problem));
    }
    words.textContent = t("errorBook");
    button.disabled = false;
  }
  return h("span", { class: "wz-book" }, button, said);
}
