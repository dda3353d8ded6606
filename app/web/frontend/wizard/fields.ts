/** What is known of the fields a preview shows, for the boxes their cells are corrected in. */

import { describe } from "./api.ts";
import type { Kind } from "./editor.ts";
import type { Column, Preview, Row } from "./types.ts";

export class Fields {
  readonly #entity: string;
  readonly #known = new Map<string, Kind>();
  readonly #entities: Set<string>;
  #loaded: Promise<unknown> | null = null;

  constructor(entity: string, preview: Preview) {
    this.#entity = entity;
    this.#entities = new Set([entity, ...preview.columns.map((column) => column.entity ?? entity)]);
    for (const column of preview.columns) this.#known.set(this.#name(column.entity ?? entity, bare(column)), column);
  }

  /** Ask what links name and which choices there are; without an answer the boxes take text. */
  load(): Promise<unknown> {
    this.#loaded ??= Promise.all([...this.#entities].map((entity) => describe(entity).then(({ fields }) => {
      for (const field of fields) {
        const name = this.#name(entity, field.name);
        this.#known.set(name, { ...field, label: this.#known.get(name)?.label ?? field.label });
      }
    }, () => undefined)));
    return this.#loaded;
  }

  /** The field `name` of the row's entity. */
  of(row: Row, name: string): Kind {
    return this.#known.get(this.#name(row.entity ?? this.#entity, name)) ?? this.#known.get(name) ?? { kind: "text", label: "" };
  }

  /** The field of a kind of error, which is named as in the summary. */
  named(name: string): Kind {
    return this.#known.get(this.#name(this.#entity, name)) ?? this.#known.get(name) ?? { kind: "text", label: "" };
  }

  #name(entity: string, name: string): string {
    return `${entity}.${name}`;
  }
}

/** The name of a column's field within its entity. */
export function bare(column: Column): string {
  return column.entity && column.name.startsWith(`${column.entity}.`) ? column.name.slice(column.entity.length + 1) : column.name;
}

/** What a row says in a column: `of` is one of its parts keyed by field. Empty where the column is another entity's. */
export function inColumn<T>(of: Record<string, T> | undefined, column: Column, row: Row, entity: string): T | undefined {
  if (!of) return undefined;
  if (column.name in of) return of[column.name];
  return (column.entity ?? entity) === (row.entity ?? entity) ? of[bare(column)] : undefined;
}
