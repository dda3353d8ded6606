/** The second face of the export dialog: when it comes round, and where it goes. */

import { newKey } from "../core/save.ts";
import { fillWith, h } from "../dom.ts";
import { language } from "../i18n.ts";
import { Refusal, sentence } from "../request.ts";
import type { Describe, Wire } from "../types.ts";
import { toast } from "../ui/toast.ts";
import { type Asked, plan } from "./api.ts";
import { labelled, option } from "./parts.ts";
import { t } from "./words.ts";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

type Period = "daily" | "weekly" | "monthly";

/** Fill `dialog` with the form; `back` shows the first face again. */
export function scheduleForm(dialog: HTMLDialogElement, describe: Describe, asked: Asked, back: () => void): void {
  const title = t("scheduleTitle", { label: describe.label });
  const name = h("input", { class: "sh-field", value: describe.label, maxlength: 80, required: true, "data-name": "name" });
  const periods: Period[] = ["daily", "weekly", "monthly"];
  const period = h("select", { class: "sh-field", "data-name": "period" }, ...periods.map((one) => option(one, t(one), one === "weekly")));
  const weekday = h("select", { class: "sh-field", "data-name": "weekday" },
    ...t("weekdays").split(" ").map((word, n) => option(WEEKDAYS[n] ?? "", word, n === 0)));
  const monthDay = h("input", { class: "sh-field", type: "number", min: 1, max: 31, value: 1, "data-name": "month_day" });
  const hour = h("select", { class: "sh-field", "data-name": "hour" },
    ...Array.from({ length: 24 }, (_, n) => option(String(n), `${String(n).padStart(2, "0")}:00`, n === 7)));
  const mail = h("input", { class: "sh-field", "data-name": "mail_to", autocomplete: "off" });
  const folder = h("input", { class: "sh-field", "data-name": "folder", autocomplete: "off" });
  const byWeekday = labelled(t("weekday"), weekday);
  const byDay = labelled(t("monthDay"), monthDay);
  const problem = h("p", { class: "ex-problem", role: "alert", hidden: true });
  const go = h("button", { type: "submit", class: "sh-btn sh-primary ex-go" }, t("plan"));
  const key = newKey();

  const draw = (): void => {
    byWeekday.hidden = period.value !== "weekly";
    byDay.hidden = period.value !== "monthly";
  };
  const values = (): Record<string, Wire> => ({
    name: name.value, for_entity: describe.entity, format: asked.format, period: period.value, hour: Number(hour.value),
    weekday: period.value === "weekly" ? weekday.value : null, month_day: period.value === "monthly" ? Number(monthDay.value) : null,
    mail_to: mail.value.trim() || null, folder: folder.value.trim() || null, language, asked: asked as unknown as Wire,
  });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    go.disabled = true;
    try {
      await plan(key, values());
      dialog.close();
      toast(t("planned"), { label: t("toSchedules"), url: "/scheduled_export/list/" });
    } catch (refusal) {
      go.disabled = false;
      problem.textContent = sentence(refusal);
      problem.hidden = false;
      const errors = refusal instanceof Refusal ? (refusal.body as { errors?: { field: string | null; message: string }[] } | null)?.errors : null;
      if (!errors?.length) return;
      problem.textContent = [...new Set(errors.map((error) => error.message))].join(" ");
      dialog.querySelector<HTMLElement>(`[data-name="${errors[0]?.field ?? ""}"]`)?.focus();
    }
  };
  period.addEventListener("change", draw);
  dialog.setAttribute("aria-label", title);
  fillWith(dialog, h("form", { onsubmit: (event: Event) => void submit(event) },
    h("h2", {}, title), h("p", { class: "ex-note" }, t("scheduleNote")),
    labelled(t("name"), name),
    h("div", { class: "ex-row" }, labelled(t("period"), period), byWeekday, byDay, labelled(t("hour"), hour)),
    labelled(t("mail"), mail, t("mailHint")), labelled(t("folder"), folder, t("folderHint")), problem,
    h("div", { class: "sh-buttons" }, h("button", { type: "button", class: "sh-btn sh-ghost", onclick: back }, t("back")), h("span", { class: "sh-grow" }),
      h("button", { type: "button", class: "sh-btn", onclick: () => dialog.close() }, t("cancel")), go)));
  draw();
  name.focus();
  name.select();
}
