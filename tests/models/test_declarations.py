"""Declarations: every label has its Chinese form, no two things in one list are called alike, names are the domain's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from app.entity import EntityType, registry
from app.entity.labels import LANGUAGES
from app.org.parameters import declared

ROOT = Path(__file__).resolve().parents[2]
OURS = ("region", "employee", "product", "customer", "customer_contact", "price_list", "price_list_item",
        "sales_order", "sales_order_line", "order_check_log", "discount_policy", "discount_tier", "price_adjustment",
        "price_adjustment_line", "price_notice")  # fmt: skip
COLOURS = {"grey", "blue", "amber", "red", "violet", "green", "cyan", "pink", "brown"}
# What is written alike in both languages.
SAME = {"A", "B", "C", "D", "IT"}


@pytest.fixture
def inside(app: Flask) -> object:
    with app.app_context():
        yield app


def repeated(labels: list[str]) -> list[str]:
    return [label for label, count in Counter(labels).items() if count > 1]


def for_every_entity(test: Callable[[EntityType], list[object]]) -> dict[str, list[object]]:
    """What is wrong, by entity."""
    return {entity.name: wrong for entity in registry if (wrong := test(entity))}


def test_every_label_has_a_chinese_form(inside: Flask) -> None:
    def lacking(entity: EntityType) -> list[object]:
        labels = [entity.label, *(f.label for f in entity.fields.values())]
        labels += [c.label for f in entity.fields.values() for c in f.choices]
        labels += [t.label for t in entity.about.lifecycle.transitions] if entity.about.lifecycle else []
        labels += [f.help for f in entity.fields.values() if f.help]
        with force_locale("zh"):
            return [str(label) for label in labels if str(label).isascii() and str(label) not in SAME]

    with force_locale("zh"):
        books = [str(book.label) for book in registry.workbooks.values()]
        meanings = [str(spec.meaning) for spec in declared.values()]
    assert for_every_entity(lacking) == {}
    assert [text for text in books + meanings if text.isascii()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_options_of_a_field_and_no_two_fields_are_called_alike(inside: Flask, language: str) -> None:
    """Excel cells carry the label of an option, import maps columns by the label of a field."""

    def alike(entity: EntityType) -> list[object]:
        found: list[object] = repeated([str(f.label) for f in entity.fields.values()])
        for field in entity.fields.values():
            found += repeated([str(c.label) for c in field.choices])
        return found

    with force_locale(language):
        assert for_every_entity(alike) == {}


def test_no_label_of_an_option_is_the_code_of_another(inside: Flask) -> None:
    """Import reads codes and labels alike: each must lead to its own option."""

    def misleading(entity: EntityType) -> list[object]:
        wrong = []
        for field in entity.fields.values():
            for language in LANGUAGES:
                with force_locale(language):
                    pairs = [(c.code, str(c.label)) for c in field.choices]
                wrong += [(field.name, text) for code, text in pairs if field.choice_code(text) != code]
        return wrong

    assert for_every_entity(misleading) == {}


def test_options_have_codes_that_can_stay_and_colours_that_exist() -> None:
    for entity in registry:
        for field in entity.fields.values():
            assert {c.color for c in field.choices} <= COLOURS, field.name
            assert all(re.fullmatch(r"[A-D*]|[a-z][a-z0-9_]*", c.code) for c in field.choices), field.name
            assert repeated([c.code for c in field.choices]) == []


def test_lifecycles_move_between_declared_states() -> None:
    for entity in registry:
        lifecycle = entity.about.lifecycle
        if lifecycle is None:
            continue
        field = entity.fields[lifecycle.field]
        states = {c.code for c in field.choices}
        assert field.computed, f"{entity.name}: a state is changed by verbs, not typed"
        assert field.default in states
        for move in lifecycle.transitions:
            assert {*move.source, move.target} <= states
            assert move.target not in move.source


def test_the_foundation_is_declared_in_its_workbooks() -> None:
    tabs = {book: [e.name for e in registry.sheets(book)] for book in ("base", "crm", "price", "order")}
    assert tabs["crm"] == ["customer", "customer_contact"]
    assert tabs["order"] == ["sales_order", "sales_order_line", "order_check_log"]
    assert tabs["price"][:4] == ["price_list", "price_list_item", "discount_policy", "discount_tier"]
    assert tabs["price"][4:] == ["price_adjustment", "price_adjustment_line", "price_notice"]
    assert tabs["base"] == ["department", "membership", "region", "employee", "product", "biz_param"]


def test_personal_data_is_marked_and_numbers_of_customers_are_masked() -> None:
    for name, masked in (
        ("customer", {"mobile", "phone"}),
        ("customer_contact", {"mobile"}),
        ("sales_order", {"receiver_mobile"}),
        ("employee", {"id_no"}),
    ):
        fields = registry.get(name).fields
        assert {f.name for f in fields.values() if f.mask} == masked
        assert all(f.pii for f in fields.values() if f.mask or f.name in ("birthday", "email", "wechat"))


@pytest.mark.parametrize("name", OURS)
def test_an_entity_says_in_one_sentence_what_it_is(name: str) -> None:
    first = (registry.get(name).cls.__doc__ or "").strip().split("\n")[0]
    assert first.endswith(".")
    assert 20 < len(first) <= 120


def test_the_page_of_names_tells_where_the_domains_columns_went() -> None:
    """Every name on the left of the page is one we do not have, every one on the right one we do."""
    text = (ROOT / "docs/names.md").read_text("utf-8")
    fields = {f"{e.name}.{f}" for e in registry for f in e.fields} | {
        f"{e.name}.{c.name}" for e in registry for c in e.table.columns
    }
    left_out = re.findall(r"^\| `(\w+)\.(\w+)` \|", text, re.MULTILINE)
    assert len(left_out) > 5
    for entity, field in left_out:
        assert entity not in registry or f"{entity}.{field}" not in fields, (
            f"{entity}.{field} is there by now"
        )
    renamed = re.findall(r"^\| `[\w, `]+` \| `(\w+)` \|", text, re.MULTILINE)
    common = {c.name for c in registry.get("customer").table.columns}
    anywhere = {f.split(".")[1] for f in fields}
    assert renamed
    assert set(renamed) <= common | anywhere
