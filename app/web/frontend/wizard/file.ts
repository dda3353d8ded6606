/** Step 1: choose a file or drop it. Step 2: choose one of its sheets. */

import { fillWith, h, icon } from "../dom.ts";
import { upload } from "./api.ts";
import { bar, button, note } from "./parts.ts";
import { sentence } from "../request.ts";
import type { Look, Place, Screen } from "./types.ts";
import { t } from "./words.ts";

const MB = 1024 * 1024;
const TYPES = ".xlsx,.xls,.ods,.csv";

/** The first step; `done` gets what was found in the uploaded file. `problem` says why we are here again. */
export function fileScreen(place: Place, done: (look: Look) => void, problem = ""): Screen {
  const input = h("input", { type: "file", accept: TYPES, class: "sh-hidden", id: "wz-file", tabindex: -1 });
  const said = h("div", {});
  const box = h("div", { class: "wz-drop" });
  const mb = Math.round(place.maxBytes / MB);
  const complain = (text: string): void => fillWith(said, text && note("red", text));

  function ready(): void {
    fillWith(box,
      h("span", { class: "wz-drop-glyph" }, icon("upload", 24)),
      h("p", { class: "wz-drop-title" }, t("dropHere")),
      h("button", { type: "button", class: "btn btn-primary btn-lg", onclick: () => input.click() }, t("chooseFile")),
      h("p", { class: "tz-muted" }, t("formats", { mb })));
  }

  async function take(file: File): Promise<void> {
    if (file.size > place.maxBytes) {
      return complain(t("tooBig", { size: (file.size / MB).toFixed(1), mb }));
    }
    complain("");
    const share = h("progress", { class: "wz-progress", max: 1, value: 0, "aria-label": t("uploading", { name: file.name }) });
    const words = h("p", { class: "tz-muted", role: "status" }, t("uploading", { name: file.name }));
    fillWith(box, h("span", { class: "wz-drop-glyph" }, icon("file-spreadsheet", 24)), words, share);
    try {
      done(await upload(place.entity, file, (arrived) => {
        share.value = arrived;
        if (arrived === 1) words.textContent = t("reading");
      }));
    } catch (refusal) {
      ready();
      complain(sentence(refusal));
    }
  }

  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) void take(file);
  });
  ready();
  complain(problem);
  const how = (["how1", "how2", "how3"] as const).map((key, index) => h("li", {}, h("span", { class: "wz-dot", "aria-hidden": "true" }, String(index + 1)), t(key)));
  const body = h("div", { class: "wz-narrow" }, said, input, box,
    h("div", { class: "wz-card wz-help" },
      h("ol", {}, ...how),
      h("div", { class: "wz-template" },
        h("p", { class: "tz-muted" }, t("templateText")),
        h("a", { class: "btn", href: `/api/v1/${place.entity}/template` }, icon("download"), t("template")))));
  acceptDrops(body, box, (files) => (files.length === 1 && files[0] ? void take(files[0]) : complain(t("oneFile"))));
  return { body };
}

/** The whole step takes drops, so that a file let go beside the box does not replace the page. */
function acceptDrops(area: HTMLElement, box: HTMLElement, take: (files: FileList) => void): void {
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("wz-over");
  });
  area.addEventListener("dragleave", (event) => {
    if (!area.contains(event.relatedTarget as Node | null)) box.classList.remove("wz-over");
  });
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("wz-over");
    if (event.dataTransfer?.files.length) take(event.dataTransfer.files);
  });
}

/** The second step: which sheet; `choose` gets its name. */
export function sheetScreen(look: Look, choose: (sheet: string) => void, back: () => void, problem = ""): Screen {
  const choices = look.sheets.map((sheet) => h("label", { class: "wz-sheet" },
    h("input", { type: "radio", name: "sheet", class: "form-check-input", value: sheet.name, checked: sheet.name === look.sheet }),
    icon("table"), h("b", {}, sheet.name),
    sheet.hidden ? h("span", { class: "tz-chip tz-grey" }, t("hiddenSheet")) : null,
    h("span", { class: "tz-muted tz-right" }, sheet.rows ? t("nRows", { n: sheet.rows }) : t("emptySheet"))));
  const form = h("form", { class: "wz-card wz-sheets", id: "wz-sheets" }, h("h2", {}, t("whichSheet")), ...choices);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose(String(new FormData(form).get("sheet") ?? look.sheet));
  });
  return {
    body: h("div", { class: "wz-narrow" }, problem ? note("red", problem) : null, form),
    bar: bar([], [button(t("back"), back), button(t("next"), () => form.requestSubmit(), true)]),
  };
}
