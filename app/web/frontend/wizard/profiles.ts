/** Remembered mappings: choose one, save the present one under a name, delete one's own. */

import { fillWith, h, icon } from "../dom.ts";
import { sentence } from "../request.ts";
import { Popover } from "../ui/popover.ts";
import { dropProfile, keepProfile } from "./api.ts";
import { asked, automatic, type Chosen, type Options, remembered } from "./options.ts";
import { note, tick } from "./parts.ts";
import type { Look, Place, Profile } from "./types.ts";
import { t } from "./words.ts";

const NAMED = 8;

/** Which mapping the columns follow now; kept while the page goes to and fro. */
export interface Following {
  profile: number | "last" | null;
}

/** The choice of a mapping; `use` starts the columns anew from its options. */
export function profileBar(place: Place, look: Look, chosen: Chosen, following: Following, use: (options: Partial<Options>) => void): HTMLElement {
  const profiles = (look.profiles ??= []);
  const bar = h("div", { class: "wz-profiles" });
  const said = h("span", { class: "wz-hint wz-hint-red", role: "status" });

  function draw(): void {
    const current = profiles.find((each) => each.id === following.profile);
    const select = h("select", { class: "form-select", "aria-label": t("profile") },
      remembered(look) ? h("option", { value: "last", selected: following.profile === "last" }, t("profileLast")) : null,
      h("option", { value: "", selected: following.profile === null }, t("profileAuto")),
      ...profiles.map((each) => h("option", { value: each.id, selected: each.id === following.profile }, each.shared ? t("profileShared", { name: each.name }) : each.name)));
    select.addEventListener("change", () => {
      const picked = profiles.find((each) => String(each.id) === select.value);
      following.profile = picked?.id ?? (select.value === "last" ? "last" : null);
      use(picked ? picked.options : select.value === "last" ? (look.remembered?.options ?? {}) : automatic(look));
    });
    const save = h("button", { type: "button", class: "btn btn-ghost", "aria-haspopup": "dialog", onclick: () => saveAs(save) }, icon("device-floppy", 14), t("profileSave"));
    const drop = current?.mine ? h("button", { type: "button", class: "btn btn-ghost", onclick: () => void remove(current) }, icon("trash", 14), t("profileDrop")) : null;
    fillWith(bar, h("label", { class: "wz-choose" }, h("span", {}, t("profile")), select), save, drop, said);
  }

  function saveAs(anchor: HTMLElement): void {
    const current = profiles.find((each) => each.id === following.profile && each.mine);
    const pop = new Popover("wz-treat", { label: t("profileSave") });
    const name = h("input", { class: "form-control", maxlength: 60, value: current?.name ?? "", required: true, "aria-label": t("profileName"), placeholder: t("profileName") });
    let shared = current?.shared ?? false;
    const wrong = h("p", { class: "sh-problem", role: "alert" });
    const form = h("form", {}, h("h3", {}, t("profileSave")), name, tick(t("profileShare"), shared, (on) => (shared = on)), wrong,
      h("div", { class: "wz-pop-bar" }, h("button", { type: "submit", class: "btn btn-primary" }, t("save"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!name.value.trim()) return;
      keepProfile(place.entity, name.value.trim(), shared, asked(look, chosen), look.headers.filter(Boolean)).then((kept) => {
        profiles.splice(0, profiles.length, ...profiles.filter((each) => each.id !== kept.id), kept);
        following.profile = kept.id;
        pop.remove();
        draw();
        bar.querySelector("select")?.focus();
      }, (problem: unknown) => (wrong.textContent = sentence(problem)));
    });
    pop.element.append(form);
    pop.onClose = () => setTimeout(() => pop.element.remove());
    pop.open(anchor);
    name.focus();
  }

  async function remove(profile: Profile): Promise<void> {
    try {
      await dropProfile(profile.id);
      profiles.splice(profiles.indexOf(profile), 1);
      following.profile = null;
      draw();
    } catch (problem) {
      said.textContent = sentence(problem);
    }
  }
  draw();
  return bar;
}

/** What the person must know of the mapping followed: columns that are new or gone, fields that are no more. */
export function mappingNotes(look: Look, following: Following): HTMLElement[] {
  const some = (names: string[]): string => names.slice(0, NAMED).join(t("listComma")) + (names.length > NAMED ? "…" : "");
  const followed = following.profile === "last" ? look.remembered : look.profiles?.find((each) => each.id === following.profile);
  const dropped = followed?.dropped ?? [];
  const { added = [], gone = [] } = (following.profile === "last" && look.remembered) || {};
  const changed = added.length || gone.length
    ? [t("columnsChanged"), added.length ? t("columnsAdded", { names: some(added) }) : "", gone.length ? t("columnsGone", { names: some(gone) }) : ""].filter(Boolean).join("") : "";
  return [changed, dropped.length ? t("profileDropped", { names: some(dropped) }) : ""].filter(Boolean).map((text) => note("blue", text));
}
