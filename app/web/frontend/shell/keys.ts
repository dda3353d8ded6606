/** The list of all keys, opened by ? or by its button. */
import { all, one, typing } from "./dom";

/** Wire the keys dialog. */
export function keys(): void {
  const dialog = one<HTMLDialogElement>("#tz-keys");
  if (!dialog) return;
  const open = (): void => { if (!one("dialog[open]")) dialog.showModal(); };
  for (const button of all("[data-tz=keys]")) button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && !event.isComposing && !event.ctrlKey && !typing(event.target)) open();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
