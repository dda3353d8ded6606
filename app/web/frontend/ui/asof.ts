/** Looking back: the sheet as it was at a moment, read-only, with what has become of it since. */

import type { Api } from "../api.ts";
import { addressAt, momentIn, type Pick, picks } from "../core/asof.ts";
import { parseInstant, showInstant, today } from "../core/dates.ts";
import { newKey } from "../core/save.ts";
import { show } from "../core/format.ts";
import { h, icon } from "../dom.ts";
import type { Sheet } from "../grid/sheet.ts";
import { send, sentence } from "../request.ts";
import type { Describe, Field, Outcome, Row, Since } from "../types.ts";
import { speaker } from "../words.ts";
import { ask } from "./dialog.ts";
import { Popover } from "./popover.ts";
import { toast } from "./toast.ts";

const t = speaker({
  lookBack: { zh: "回看", en: "Look back" },
  lookBackTo: { zh: "看看这张表那时的样子", en: "See this sheet as it was" },
  thisMorning: { zh: "今天零点", en: "Midnight" },
  dayAgo: { zh: "昨天这时", en: "A day ago" },
  weekAgo: { zh: "一周前", en: "A week ago" },
  monthEnd: { zh: "上月底", en: "End of last month" },
  moment: { zh: "日期和时间", en: "Date and time" },
  go: { zh: "看那时", en: "Show" },
  notYet: { zh: "这个时刻还没到", en: "This moment has not come yet" },
  unread: { zh: "请写成 2026-01-02 08:00 或 昨天 08:00", en: "Write it like 2026-01-02 08:00 or yesterday 08:00" },
  looking: { zh: "正在看 {moment} 的样子", en: "As it was on {moment}" },
  readOnly: { zh: "只能看，不能改", en: "Read-only" },
  moved: { zh: "紫色：之后被别人改过", en: "Violet: changed by others since" },
  movedByMe: { zh: "灰色：你自己改的", en: "Grey: changed by you" },
  gone: { zh: "红字：之后被删除", en: "Red: deleted since" },
  other: { zh: "换个时刻", en: "Another moment" },
  back: { zh: "回到现在", en: "Back to now" },
  now: { zh: "现在：{value}", en: "Now: {value}" },
  deletedBy: { zh: "{by} 在 {at} 删除", en: "Deleted by {by} on {at}" },
  nothing: { zh: "（空）", en: "(empty)" },
  restore: { zh: "恢复到这时", en: "Restore to this" },
  restoreCell: { zh: "恢复这个值", en: "Restore this value" },
  restoreTitle: { zh: "把「{title}」恢复到 {moment}？", en: "Restore “{title}” to {moment}?" },
  restoreText: { zh: "这是一次新的修改，照常检查，历史不会少。", en: "This is a new change, checked as always; nothing is taken out of the history." },
  bringText: { zh: "记录会带着明细一起回来，编号不变。", en: "The record comes back under its own number, with its lines." },
  version: { zh: "看这一版", en: "See this version" },
  restored: { zh: "已恢复", en: "Restored" },
  unchanged: { zh: "和现在一样，没有改动", en: "It is as it was; nothing to change" },
  held: { zh: "已送审批", en: "Sent for approval" },
  partly: { zh: "已恢复，但有 {n} 处你不能改", en: "Restored, except for {n} fields you may not change" },
});

const able = new WeakMap<Describe, { edit: boolean; add: boolean }>();

/** When the address names a moment, the sheet reads that moment, and nobody can write in it. */
export function lookBack(describe: Describe, api: Api): void {
  const moment = momentIn(location.search);
  if (!moment || !describe.rights.history) return;
  const { edit, add } = describe.rights;
  able.set(describe, { edit, add });
  api.moment = moment;
  describe.rights = { ...describe.rights, add: false, edit: false, delete: false, import: false, export: false };
  describe.actions = [];
}

/** The toolbar's way to another moment. */
export function asofButton(sheet: Sheet): HTMLButtonElement {
  const open = (): void => chooseMoment(sheet, button);
  const button = h("button", { type: "button", class: "sh-btn sh-ghost", title: t("lookBackTo"), onclick: open },
    icon("calendar-time"), h("span", { class: "sh-label" }, t("lookBack")));
  return button;
}

function chooseMoment(sheet: Sheet, at: HTMLElement): void {
  const pop = new Popover("sh-menu sh-asof", { label: t("lookBackTo") });
  const go = (moment: string): void => location.assign(addressAt(location, moment));
  const quick = Object.entries(picks()).map(([name, moment]) =>
    h("button", { type: "button", class: "sh-menu-item", onclick: () => go(moment) }, t(name as Pick), h("span", { class: "sh-list-code" }, moment)));
  const value = (sheet.api.moment ?? `${today()} 00:00`).slice(0, 16);
  const input = h("input", { class: "sh-field", value, "aria-label": t("moment"), placeholder: "2026-01-02 08:00", maxlength: 30 });
  const problem = h("p", { class: "sh-problem", role: "alert" });
  const submit = (): void => {
    const instant = parseInstant(input.value);
    if (!instant) problem.textContent = t("unread");
    else if (Date.parse(instant.slice(0, 23) + "Z") > Date.now()) problem.textContent = t("notYet");
    else go(showInstant(instant));
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && submit());
  pop.element.append(h("div", { class: "sh-menu-list" }, ...quick),
    h("div", { class: "sh-asof-form" }, input, h("button", { type: "button", class: "sh-btn sh-primary", onclick: submit }, t("go"))), problem);
  pop.onClose = () => {
    pop.element.remove();
    sheet.emit("focus", undefined);
  };
  pop.open(at);
  input.select();
}

/** The strip over a sheet of the past: which moment, what the colours say, the way back. */
export function makePast(sheet: Sheet): HTMLElement | null {
  const { moment } = sheet.api;
  if (!moment) return null;
  const other: HTMLButtonElement = h("button", { type: "button", class: "sh-btn sh-small", onclick: () => chooseMoment(sheet, other) }, t("other"));
  return h("div", { class: "sh-strip sh-strip-past", role: "status" }, icon("calendar-time"),
    h("b", {}, t("looking", { moment })), h("span", {}, t("readOnly")),
    h("span", { class: "sh-key sh-key-moved" }, t("moved")), h("span", { class: "sh-key sh-key-mine" }, t("movedByMe")),
    h("span", { class: "sh-key sh-key-gone" }, t("gone")), h("span", { class: "sh-grow" }), other,
    h("a", { class: "sh-btn sh-small sh-primary", href: addressAt(location, null) }, t("back")));
}

/** Why nothing can be changed in a sheet of the past. */
export const pastReason = (moment: string): string => `${t("looking", { moment })}，${t("readOnly")}`;

/** What a cell holds now, who changed it and when, in one line. */
export function nowWords(field: Field, since: Since): string {
  return `${t("now", { value: show(field, since.value, since.title) || t("nothing") })} · ${since.by} ${showInstant(since.at)}`;
}

/** Who deleted a row of the past, and when. */
export function goneWords(row: Row): string {
  return row.now?.gone ? t("deletedBy", { by: row.now.by ?? "", at: showInstant(row.now.at ?? "") }) : "";
}

/** The way to a record's page as a log entry left it. */
export function versionLink({ describe }: Sheet, id: number, log: number): HTMLElement {
  return h("a", { href: `/${describe.entity}/version/${id}/${log}` }, t("version"));
}

/** The button that restores a record, or with `field` one value of it, to the sheet's moment; null without the right. */
export function restoreButton(sheet: Sheet, row: Row, field?: Field): HTMLElement | null {
  const { describe, api } = sheet;
  const rights = able.get(describe);
  if (!api.moment || !row.now || !(row.now.gone ? rights?.add : rights?.edit)) return null;
  if (field && (field.computed || field.editable === false)) return null;
  const act = async (): Promise<void> => {
    const title = String(row.values[describe.title] ?? `#${row.id}`);
    const text = row.now?.gone ? t("bringText") : t("restoreText");
    const label = field ? t("restoreCell") : t("restore");
    if (!(await ask(t("restoreTitle", { title: field ? `${title} · ${field.label}` : title, moment: api.moment ?? "" }), text, label))) return;
    try {
      const body = { moment: api.moment, fields: field ? [field.name] : null, version: row.now?.version ?? null, key: newKey() };
      const done = await send<Outcome>(`${describe.entity}/${row.id}/restore`, body);
      const left = done.left?.length ?? 0;
      toast(done.state === "held" ? t("held") : done.state === "unchanged" ? t("unchanged") : left ? t("partly", { n: left }) : t("restored"));
      sheet.reload();
    } catch (problem) {
      sheet.emit("say", { text: sentence(problem), tone: "warn" });
    }
  };
  return h("button", { type: "button", class: field ? "sh-plain" : "sh-btn sh-small", onclick: () => void act() }, field ? t("restoreCell") : t("restore"));
}
