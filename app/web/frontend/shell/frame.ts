/** The frame: theme, menu width, menus that close, messages that can be dismissed, parts of the page by F6. */
import { all, one, remember } from "./dom";

const root = document.documentElement;

const verbs: Record<string, (button: HTMLElement) => void> = {
  theme() {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = theme;
    remember("tz_theme", theme);
    document.dispatchEvent(new CustomEvent("tz:theme", { detail: theme }));
  },
  menu(button) {
    const small = root.dataset.tzMenu !== "small";
    if (small) root.dataset.tzMenu = "small";
    else delete root.dataset.tzMenu;
    button.setAttribute("aria-pressed", String(small));
    remember("tz_menu", small ? "small" : "wide");
    window.dispatchEvent(new Event("resize"));
  },
  dismiss: (button) => button.closest(".tz-flash")?.remove(),
  back: () => history.back(),
};

/** Wire the frame's buttons and keys. */
export function frame(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const button = target.closest<HTMLElement>("[data-tz]");
    if (button) verbs[button.dataset.tz ?? ""]?.(button);
    for (const open of all<HTMLDetailsElement>("details.tz-dropdown[open]")) if (!open.contains(target)) open.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (event.key === "Escape") closeOne();
    if (event.key === "F6" && !event.ctrlKey && !event.altKey && nextRegion(event.shiftKey)) event.preventDefault();
  });
  one("[data-focus]")?.focus();
}

function closeOne(): void {
  const open = one<HTMLDetailsElement>("details.tz-dropdown[open]");
  if (open) {
    open.open = false;
    one("summary", open)?.focus();
  } else if (location.hash === "#menu") location.hash = "";
}

/** F6 walks menu, top bar, content; a page may add its own with data-region. False when there is nowhere to go. */
function nextRegion(backwards: boolean): boolean {
  const regions = all(".tz-menu, .tz-top, [data-region], .tz-main:not(:has([data-region])), .tz-record-side, .tz-log-detail, .tz-bar")
    .filter((region) => region.offsetParent !== null || getComputedStyle(region).position === "fixed");
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const region = regions[(at + (backwards ? -1 : 1) + regions.length) % regions.length];
  const target = region && one("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]", region);
  (target ?? region)?.focus();
  return Boolean(region);
}
