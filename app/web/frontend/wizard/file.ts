/** Step 1: choose files or drop them. */

import { fillWith, h, icon } from "../dom.ts";
import { sentence } from "../request.ts";
import { upload } from "./api.ts";
import { note, PRESS } from "./parts.ts";
import type { Queue } from "./queue.ts";
import type { Look, Place, Screen } from "./types.ts";
import { t } from "./words.ts";

const MB = 1024 * 1024;
const TYPES = [".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt"];

/**
 * The first step; `done` gets what was found in the uploaded file. `problem` says why we are here again. A file the
 * queue is at is uploaded at once.
 */
export function fileScreen(place: Place, queue: Queue, done: (look: Look) => void, problem = ""): Screen {
  const input = h("input", { type: "file", accept: TYPES.join(","), multiple: true, class: "sh-hidden", id: "wz-file", tabindex: -1 });
  const said = h("div", { class: "wz-notes" });
  const chips = h("div", {});
  const box = h("div", { class: "wz-drop" });
  const mb = Math.round(place.maxBytes / MB);
  const complain = (text: string): void => fillWith(said, text && note("red", text, queue.next ? skip() : null));

  function skip(): HTMLElement {
    return h("button", { type: "button", class: "btn wz-in-note", onclick: () => start() }, t("queueSkip", { name: queue.next?.name ?? "" }));
  }

  function ready(): void {
    fillWith(box,
      h("span", { class: "wz-drop-glyph" }, icon("upload", 24)),
      h("p", { class: "wz-drop-title" }, t("dropHere")),
      h("button", { type: "button", class: "btn btn-primary btn-lg", title: PRESS, onclick: () => input.click() }, t("chooseFile")),
      h("p", { class: "tz-muted" }, t("formats", { mb })));
  }

  function take(files: File[]): void {
    const wrong = files.map(unfit).find(Boolean);
    const fit = files.filter((file) => !unfit(file));
    queue.add(fit);
    if (fit.length && !queue.current) start();
    if (wrong) complain(wrong);
  }

  function unfit(file: File): string {
    if (file.size > place.maxBytes) return t("tooBig", { name: file.name, size: (file.size / MB).toFixed(1), mb });
    const known = TYPES.some((type) => file.name.toLowerCase().endsWith(type));
    return known ? "" : t("notAType", { name: file.name });
  }

  function start(): void {
    const file = queue.advance();
    if (file) void send(file);
  }

  async function send(file: File): Promise<void> {
    complain("");
    fillWith(chips, queue.chips());
    const share = h("progress", { class: "wz-progress", max: 1, value: 0, "aria-label": t("uploading", { name: file.name }) });
    const words = h("p", { class: "tz-muted", role: "status" }, t("uploading", { name: file.name }));
    fillWith(box, h("span", { class: "wz-drop-glyph" }, icon("file-spreadsheet", 24)), words, share);
    try {
      const look = await upload(place.entity, file, (arrived) => {
        share.value = arrived;
        if (arrived < 1) return;
        share.removeAttribute("value");
        words.textContent = t("reading");
      });
      if (box.isConnected) done(look);
    } catch (refusal) {
      queue.end("failed");
      ready();
      fillWith(chips, queue.chips());
      complain(`${file.name}${t("colon")}${sentence(refusal)}`);
    }
  }

  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    take(files);
  });
  ready();
  complain(problem);
  fillWith(chips, queue.chips());
  if (queue.current && !problem) void send(queue.current);
  const how = (["how1", "how2", "how3"] as const).map((key, index) => h("li", {}, h("span", { class: "wz-dot", "aria-hidden": "true" }, String(index + 1)), t(key)));
  const body = h("div", { class: "wz-narrow" }, said, input, box, chips,
    h("div", { class: "wz-card wz-help" },
      h("ol", {}, ...how),
      h("div", { class: "wz-template" },
        h("p", { class: "tz-muted" }, t("templateText")),
        h("a", { class: "btn", href: `/api/v1/${place.entity}/template` }, icon("download"), t("template")),
        h("a", { class: "wz-more", href: `/import/history?entity=${place.entity}` }, icon("history", 14), t("history")))));
  acceptDrops(body, box, (files) => take([...files]));
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
