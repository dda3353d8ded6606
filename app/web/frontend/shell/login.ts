/** Sign in: says that caps lock is on, shows the password on request. */
import { all, one } from "./dom";

/** Wire the sign-in form, where there is one. */
export function login(): void {
  const form = one<HTMLFormElement>("form[data-login]");
  const password = form && one<HTMLInputElement>("input[type=password]", form);
  const caps = form && one(".tz-caps", form);
  if (!form || !password || !caps) return;
  const look = (event: KeyboardEvent): void => { caps.hidden = !event.getModifierState?.("CapsLock"); };
  for (const input of all<HTMLInputElement>("input", form)) {
    input.addEventListener("keydown", look);
    input.addEventListener("keyup", look);
  }
  one("[data-tz=eye]", form)?.addEventListener("click", (event) => {
    const shown = password.type === "password";
    password.type = shown ? "text" : "password";
    (event.currentTarget as Element).setAttribute("aria-pressed", String(shown));
    password.focus();
  });
}
