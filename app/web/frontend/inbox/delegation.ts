/** Who decides for me while I am away: what holds now, one more, or an end to it. Written by the gate like any record. */

import { addDays, parseInstant, showInstant, today } from "../core/dates.ts";
import { newKey } from "../core/save.ts";
import { fillWith, h, icon } from "../dom.ts";
import { send, sentence } from "../request.ts";
import { datesIn } from "../shell/dates.ts";
import { toast } from "../ui/toast.ts";
import { personField } from "./ask.ts";
import { button, note, section } from "./parts.ts";
import { t } from "./words.ts";

const ENTITY = "approval_delegation";

interface Delegation {
  id: number;
  version: number;
  values: { from_user_id: number; to_user_id: number; entity: string | null; starts_at: string; ends_at: string; reason: string | null };
  titles: { to_user_id?: string };
}

/** The panel of delegations; `me` is the reader. */
export class Delegations {
  readonly element: HTMLElement;
  readonly #me: number;
  readonly #list = h("div", { class: "ib-delegations", role: "status" });
  readonly #said = h("div", {});

  constructor(me: number, close: () => void) {
    this.#me = me;
    this.element = h("div", { class: "ib-panel" },
      h("header", { class: "ib-head" },
        h("button", { type: "button", class: "btn btn-icon btn-ghost ib-back", "aria-label": t("back"), onclick: close }, icon("chevron-left", 20)),
        h("div", { class: "ib-head-text" }, h("h2", { tabindex: -1 }, t("delegation")), h("p", { class: "ib-about" }, t("delegationText"))),
        h("div", { class: "ib-head-verbs" }, button(t("close"), close))),
      h("div", { class: "ib-body" }, section(t("delegateCurrent"), [], this.#list), section(t("delegateNew"), [], this.#form(), this.#said)));
    void this.#load();
  }

  async #load(): Promise<void> {
    const filter = { and: [{ field: "from_user_id", op: "eq", value: this.#me }, { field: "ends_at", op: "gt", value: now() }] };
    try {
      const { rows } = await send<{ rows: Delegation[] }>(`${ENTITY}/rows`, { filter, sort: [["starts_at", "asc"]], limit: 100 });
      const labels = await labelsOf(rows);
      fillWith(this.#list, ...(rows.length ? rows.map((row) => this.#row(row, labels)) : [h("p", { class: "tz-muted" }, t("delegateNone"))]));
    } catch (problem) {
      fillWith(this.#list, note("red", sentence(problem), " ", button(t("retry"), () => void this.#load())));
    }
  }

  #row(row: Delegation, labels: Map<string, string>): HTMLElement {
    const { values } = row;
    // It holds until a moment; people say the last day it holds on.
    const last = showInstant(new Date(Date.parse(values.ends_at) - 1).toISOString());
    const spell = t("delegateTill", { from: day(values.starts_at), to: last.slice(0, 10) });
    return h("article", { class: "ib-delegation" }, h("div", {}, h("b", {}, row.titles.to_user_id ?? ""),
      h("p", { class: "tz-muted" }, [spell, values.entity && t("delegateEntity", { entity: labels.get(values.entity) ?? values.entity }), values.reason].filter(Boolean).join(" · "))),
    button(t("delegateEnd"), () => void this.#end(row)));
  }

  #form(): HTMLElement {
    const to = personField("ib-delegate", t("delegateTo"));
    const [from, until] = [dayField("ib-from", t("fromDay"), today()), dayField("ib-until", t("toDay"), addDays(today(), 6))];
    const reason = h("input", { id: "ib-reason", class: "form-control", type: "text", maxlength: 200 });
    const go = async (): Promise<void> => {
      const [id] = to.ids();
      const [start, end] = [parseInstant(from.value()), parseInstant(addDays(until.value() || today(), 1))];
      if (!id || !start || !end || !until.value()) return this.#refuse(t("delegateNeeds"));
      if (end <= start) return this.#refuse(t("delegateOrder"));
      const values = { from_user_id: this.#me, to_user_id: id, starts_at: start, ends_at: end, reason: reason.value.trim() || null };
      await this.#write({ op: "insert", values }, t("delegated", { name: to.element.querySelector("input")?.value ?? "" }));
    };
    const form = h("form", { class: "ib-form" }, to.element, from.element, until.element,
      h("div", { class: "ib-field ib-grow" }, h("label", { class: "form-label", for: "ib-reason" }, t("delegateReason")), reason),
      h("button", { class: "btn btn-primary" }, t("delegateGo")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void go();
    });
    queueMicrotask(() => datesIn(form));
    return form;
  }

  #end(row: Delegation): Promise<void> {
    const over = row.values.starts_at > now();
    const change = over
      ? { op: "delete", id: row.id, version: row.version }
      : { op: "update", id: row.id, version: row.version, values: { ends_at: now() } };
    return this.#write(change, t("delegateEnded"));
  }

  async #write(change: Record<string, unknown>, done: string): Promise<void> {
    try {
      await send("change_set", { key: newKey(), source: "api", changes: [{ entity: ENTITY, ...change }] });
      fillWith(this.#said);
      toast(done);
      await this.#load();
    } catch (problem) {
      this.#refuse(sentence(problem));
    }
  }

  #refuse(text: string): void {
    fillWith(this.#said, note("red", text));
  }
}

const now = (): string => new Date().toISOString().replace("Z", "000Z");
const day = (instant: string): string => showInstant(instant).slice(0, 10);

/** What the sheets are called that delegations are limited to. */
async function labelsOf(rows: Delegation[]): Promise<Map<string, string>> {
  const names = [...new Set(rows.map((row) => row.values.entity))].filter((name) => name !== null);
  const asked = names.map((name) => send<{ label: string }>(`${encodeURIComponent(name)}/sheet`).then(({ label }): [string, string] => [name, label], () => null));
  return new Map((await Promise.all(asked)).filter((found) => found !== null));
}

function dayField(id: string, label: string, value: string): { element: HTMLElement; value: () => string } {
  const input = h("input", { id, class: "form-control", type: "date", value });
  return { element: h("div", { class: "ib-field" }, h("label", { class: "form-label", for: id }, label), input), value: () => input.value };
}
