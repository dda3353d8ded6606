import type { Describe, Field, Kind, Row } from "../../app/web/frontend/types.ts";

export const field = (kind: Kind, more: Partial<Field> = {}): Field => ({ name: "f", label: "F", kind, editable: true, ...more });

export const row = (id: number, values: Row["values"] = {}, version = 1): Row => ({ id, version, locked: null, values, titles: {} });

export const describeOf = (...fields: Field[]): Describe => ({
  entity: "customer", label: "客户", key: ["code"], title: "name", sort: [], sheets: [], urls: {}, fields,
  rights: { list: true, add: true, edit: true, delete: true, import: true, export: true, history: true },
});
