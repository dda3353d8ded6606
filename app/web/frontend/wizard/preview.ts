/** Step 5: everything that would happen, before anything does; what is wrong is corrected here. */

import { fillWith, h, icon } from "../dom.ts";
import type { Create } from "./create.ts";
import type { Wanted } from "./feed.ts";
import { fillForm } from "./fill.ts";
import { footOf, type FootActs, type How } from "./foot.ts";
import { PreviewList } from "./list.ts";
import { note, redraw } from "./parts.ts";
import { sideParts } from "./side.ts";
import { Tiles } from "./tiles.ts";
import type { Only, Place, Preview, Screen } from "./types.ts";
import { t, type WordKey } from "./words.ts";

interface Acts extends FootActs {
  /** Cells were corrected: this is the summary now. */
  told: (summary: Preview) => void;
  /** What a link lacks shall be made: the file is checked again so. */
  create: Create;
}

/** The fifth step. `how` keeps what the person chose to import; `word` says why we are here again. */
export function previewScreen(place: Place, first: Preview, how: How, acts: Acts, word: HTMLElement | null = null): Screen {
  let preview = first;
  const wanted: Wanted = { order: "errors", only: "", kind: null };
  const list = new PreviewList(place.entity, preview, (summary) => {
    preview = summary;
    acts.told(summary);
    draw();
  }, acts.create);
  const head = h("div", { class: "wz-panel-head wz-list-head" });
  const side = h("aside", { class: "wz-panel wz-side" });
  const said = h("div", { class: "wz-notes" });
  const foot = h("div", { class: "wz-foot" });
  const keys = h("div", { class: "wz-legend" });
  const tiles = new Tiles(preview, (only) => show({ ...wanted, only, kind: null }));

  function show(next: Wanted): void {
    Object.assign(wanted, next);
    tiles.mark(wanted.only);
    draw();
    void list.show(wanted);
  }

  function draw(): void {
    fillWith(said, word, preview.held ? note("amber", t("heldNote")) : null);
    tiles.draw(preview);
    redraw(head, ...headOf(preview, wanted, show, list));
    fillWith(keys, ...legend(preview));
    redraw(side, ...sideParts(preview, wanted.kind, {
      kind: (kind) => show({ ...wanted, only: kind === null ? "" : "error", kind }),
      fill: (kind) => fillForm(preview.set, kind, list.field(kind.name ?? ""), (summary) => {
        list.told(summary);
        show({ ...wanted, only: "", kind: null });
      }),
      asks: () => show({ ...wanted, only: "ask", kind: null }),
      created: () => show({ ...wanted, only: "new_links", kind: null }),
    }));
    redraw(foot, footOf(place, preview, how, acts));
  }
  draw();
  void list.show(wanted);
  return {
    body: h("div", { class: "wz-preview" }, said, tiles.element,
      h("div", { class: "wz-wrap" }, h("div", { class: "wz-panel wz-main" }, head, list.element, keys), side)),
    bar: foot,
  };
}

const KINDS: Partial<Record<Only, WordKey>> = { insert: "inserted", update: "updated", delete: "deleted", ask: "asks", error: "errors", conflict: "conflicts", new_links: "createdTitle" };

function headOf(preview: Preview, wanted: Wanted, show: (next: Wanted) => void, list: PreviewList): HTMLElement[] {
  const problems = preview.error_rows + preview.ask_rows + (preview.conflict_rows ?? 0);
  const all = preview.inserted + preview.updated + (preview.deleted ?? 0) + problems;
  const orders = (["errors", "excel"] as const).map((order) => h("button", {
    type: "button", "aria-pressed": String(wanted.order === order && !wanted.only), "data-key": `order:${order}`, onclick: () => show({ order, only: "", kind: null }),
  }, t(order === "errors" ? "errorsFirst" : "excelOrder")));
  const kind = wanted.kind === null ? undefined : preview.kinds[wanted.kind];
  const words = kind ? t("onlyKind", { kind: kind.message }) : wanted.only ? t("onlyOf", { kind: t(KINDS[wanted.only] ?? "errors") }) : t("onlyShown", { n: all, same: preview.unchanged });
  const steps = problems ? [
    h("span", { class: "wz-steppers tz-right" },
      h("button", { type: "button", class: "btn btn-ghost", title: "Shift+F8", onclick: () => void list.step(-1) }, icon("chevron-up", 14), t("previous")),
      h("button", { type: "button", class: "btn btn-ghost", title: "F8", onclick: () => void list.step(1) }, t("nextOne"), icon("chevron-down", 14))),
  ] : [];
  return [h("span", { class: "wz-segment", role: "group" }, ...orders), h("small", { class: "tz-muted wz-shown", title: words }, words), ...steps];
}

function legend(preview: Preview): HTMLElement[] {
  const keys: [string, WordKey][] = [["error", "errors"], ...(preview.conflict_rows ? [["conflict", "conflicts"] as [string, WordKey]] : []),
    ...(preview.ask_rows ? [["ask", "asks"] as [string, WordKey]] : []), ["update", "updated"], ["insert", "inserted"], ...(preview.deleted ? [["delete", "deleted"] as [string, WordKey]] : [])];
  return [...keys.map(([tone, key]) => h("span", { class: `wz-key wz-key-${tone}` }, t(key))),
    ...(preview.error_rows ? [h("span", { class: "tz-right wz-keys-hint" }, h("kbd", {}, "F8"), t("keyNext"))] : [])];
}
