/** Forms: unsaved changes are not lost by accident, Ctrl+Enter saves, a second click does not send twice. */
import { all, word } from "./dom";

/** Wire every form with data-guard. */
export function forms(): void {
  for (const form of all<HTMLFormElement>("form[data-guard]")) guard(form);
}

function guard(form: HTMLFormElement): void {
  let changed = false;
  let sending = false;
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    if (sending) event.preventDefault();
    sending = true;
  });
  window.addEventListener("pageshow", () => { sending = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!changed || sending) return;
    event.preventDefault();
    event.returnValue = word("leave");
  });
}
