/** Asking before what cannot be undone: a submit button with data-confirm waits for a yes. */
import { one } from "./dom";

/** Ask a question in our own dialog. `yes` names the button, `danger` paints it red. */
export function ask(question: string, yes?: string, danger = false): Promise<boolean> {
  const dialog = one<HTMLDialogElement>("#tz-confirm");
  const text = dialog && one("#tz-confirm-text", dialog);
  const button = dialog && one<HTMLButtonElement>("[value=yes]", dialog);
  if (!dialog || !text || !button) return Promise.resolve(window.confirm(question));
  text.textContent = question;
  button.textContent = yes || button.dataset.default || "";
  button.classList.toggle("btn-danger", danger);
  button.classList.toggle("btn-primary", !danger);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Hold back every submit by a button with data-confirm until the person agrees. */
export function confirmations(): void {
  let agreed: Element | null = null;
  document.addEventListener("submit", (event) => {
    const button = event.submitter as HTMLButtonElement | null;
    const question = button?.dataset.confirm;
    if (!button || !question || agreed === button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void ask(question, button.dataset.confirmYes, "danger" in button.dataset).then((yes) => {
      if (!yes) return button.focus();
      agreed = button;
      button.form?.requestSubmit(button);
      agreed = null;
    });
  }, true);
}
