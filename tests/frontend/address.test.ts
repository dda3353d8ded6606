// The address of a sheet: what it says of filter, order and search, and what it leaves as it was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { searchFor, type Shown, touchedAddress } from "../../app/web/frontend/core/address.ts";
import { addressAt } from "../../app/web/frontend/core/asof.ts";
import { type Condition, fromAddress, toFilter } from "../../app/web/frontend/core/filter.ts";
import type { Asked, Filter, Sort } from "../../app/web/frontend/types.ts";

const usual: Sort = [["code", "asc"]];
const shown = (conditions: [string, Condition][] = [], sort: Sort = usual, q: string | null = null): Shown => ({ conditions: new Map(conditions), sort, q });
const filterIn = (search: string): Filter => JSON.parse(new URLSearchParams(search).get("filter") ?? "null") as Filter;

test("a sheet as it opens needs nothing in its address", () => {
  assert.equal(searchFor("", shown(), usual, null), "");
  assert.equal(searchFor("?filter=x&sort=y&q=z&parent=4", shown(), usual, 4), "");
});

test("conditions, order and search come back as they went; the titles of links and the moment do not travel with them", () => {
  const search = searchFor("?at=2026-01-02T08:00", shown([["region_id", { op: "in", value: [5, 6], titles: ["华东", "R&D"] }], ["name", { op: "contains", value: "50% & more" }]], [["amount", "desc"], ["name", "asc"]], "酒 #1"), usual, null);
  assert.deepEqual(filterIn(search), { and: [{ field: "region_id", op: "in", value: [5, 6] }, { field: "name", op: "contains", value: "50% & more" }] });
  const said = new URLSearchParams(search);
  assert.equal(said.get("sort"), "-amount,name");
  assert.equal(said.get("q"), "酒 #1");
  assert.equal(said.get("at"), "2026-01-02T08:00");
});

test("lines of one record go by its number as long as they are shown alone", () => {
  const mine: [string, Condition] = ["parent_id", { op: "eq", value: 4, titles: ["A"] }];
  assert.equal(searchFor("?parent=4", shown([mine]), usual, 4), "?parent=4");
  assert.deepEqual(filterIn(searchFor("?parent=4", shown([["parent_id", { op: "eq", value: 5 }]]), usual, 4)), { field: "parent_id", op: "eq", value: 5 });
});

test("a filter too long for an address stays out of it, and the rest stays in", () => {
  const ids = Array.from({ length: 2_000 }, (_, n) => n);
  assert.equal(searchFor("", shown([["region_id", { op: "in", value: ids }]], usual, "x"), usual, null), "?q=x");
});

test("what no column can show is kept whole, and taken off alone", () => {
  const tree: Filter = { or: [{ field: "a", op: "empty" }, { field: "b", op: "empty" }] };
  const asked: Asked[] = [{ field: "c", op: "eq", value: 1, titles: ["x"] }, { tree }];
  const conditions = new Map(fromAddress(asked));
  assert.deepEqual(toFilter(conditions), { and: [{ field: "c", op: "eq", value: 1 }, tree] });
  conditions.delete("c");
  assert.deepEqual(toFilter(conditions), tree);
});

test("the records of a change set are an address away", () => {
  const [path, search] = touchedAddress("customer", 17).split("?");
  assert.equal(path, "/customer/list/");
  assert.deepEqual(filterIn(search ?? ""), { field: "id", op: "changed_by", value: 17 });
});

test("another moment is looked at with the same filter", () => {
  const here = { pathname: "/customer/list/", search: "?at=2026-01-01T00%3A00&filter=%7B%7D" } as Location;
  assert.equal(addressAt(here, "2026-02-03 08:00"), "/customer/list/?at=2026-02-03T08%3A00&filter=%7B%7D");
  assert.equal(addressAt(here, null), "/customer/list/?filter=%7B%7D");
  assert.equal(addressAt({ ...here, search: "" }, null), "/customer/list/");
});
