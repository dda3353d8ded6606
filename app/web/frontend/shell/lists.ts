/** Lists: tick all rows, buttons that need ticked rows, tabs of related lists. */
import { all, one, word } from "./dom";

/** Wire every list and every row of tabs on the page. */
export function lists(): void {
  for (const form of all<HTMLFormElement>("form.tz-list")) ticks(form);
  for (const bar of all("[data-tabs]")) tabs(bar);
}

function ticks(form: HTMLFormElement): void {
  const master = one<HTMLInputElement>("[data-check-all]", form);
  const boxes = all<HTMLInputElement>("[name=rowid]", form);
  const buttons = all<HTMLButtonElement>(`button[data-needs-rows][form="${form.id}"]`);
  const count = buttons[0]?.closest("[data-bulk]")?.querySelector(".tz-bulk-count");
  const update = (): void => {
    const ticked = boxes.filter((box) => box.checked).length;
    for (const button of buttons) button.disabled = ticked === 0;
    if (count) count.textContent = ticked ? word("selected", ticked) : "";
    if (master) {
      master.checked = ticked > 0 && ticked === boxes.length;
      master.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  };
  master?.addEventListener("change", () => {
    for (const box of boxes) box.checked = master.checked;
    update();
  });
  form.addEventListener("change", update);
  update();
}

function tabs(bar: HTMLElement): void {
  const links = all<HTMLAnchorElement>("a", bar);
  const show = (id: string): void => {
    for (const link of links) {
      const here = link.hash === id;
      if (here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      const section = document.getElementById(link.hash.slice(1));
      if (section) section.hidden = !here;
    }
  };
  bar.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a");
    if (!link) return;
    event.preventDefault();
    history.replaceState(null, "", link.hash);
    show(link.hash);
  });
  show(links.find((link) => link.hash === location.hash)?.hash ?? links[0]?.hash ?? "");
}
