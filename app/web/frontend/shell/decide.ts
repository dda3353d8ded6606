/** Deciding on the record page: a button that needs a reason asks for it in place, then sends it. */
import { all, one } from "./dom";

export function decisions(): void {
  for (const form of all<HTMLFormElement>("[data-tz-decide]")) {
    const comment = one<HTMLInputElement>("[name=comment]", form);
    form.addEventListener("submit", (event) => {
      const button = event.submitter as HTMLButtonElement | null;
      if (!comment || !button || !("saysWhy" in button.dataset) || comment.value.trim()) return;
      event.preventDefault();
      form.classList.add("tz-asks");
      comment.focus();
    });
  }
}
