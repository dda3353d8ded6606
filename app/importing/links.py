"""Texts of links made ids: by key, title or login, as equal texts are told apart everywhere; never guessed.

What several records answer to is an error with the candidates, what none does an error with the nearest name, or a
new record where that was asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.grants import Grants
from app.change import Change
from app.entity import EntityType, Field, FieldError, registry
from app.entity.field import PERSON
from app.entity.keys import SEPARATOR, normal_form, text_key
from app.entity.sentences import listed
from app.importing.treat import ColumnReader, Wrong

_CANDIDATES = 5
_NAMES = 5_000
_SUGGESTIONS = 200
_NEAR = 0.6


class WrongLink(Wrong):
    """A text that names no record, or several. `suggest` and `candidates` are those of `RowError`."""

    __slots__ = ("candidates",)

    def __init__(
        self,
        code: str,
        message: Any,
        text: str,
        *,
        suggest: str | None = None,
        candidates: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, message, text, suggest)
        object.__setattr__(self, "candidates", candidates)

    candidates: tuple[str, ...]


class Links:
    """Looks texts up for one import, each once. `made` are the records that would be created, by their ref."""

    def __init__(self, session: Session, grants: Grants) -> None:
        self._session, self._grants = session, grants
        self._known: dict[tuple[str, frozenset[tuple[str, str]] | None], dict[str, Any]] = defaultdict(dict)
        self._given: dict[tuple[str, frozenset[tuple[str, str]]], dict[str, Any] | Wrong] = {}
        self._names: dict[str, _Names] = {}
        self.made: dict[str, Change] = {}

    def look_up(
        self, spec: Field, texts: Collection[str], *, create: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """For each text an id, a ``{"ref"}`` into `made`, or what is `WrongLink`.

        With `create` what is missing is made, with these texts in its other fields.
        """
        known = self._known[spec.target, None if create is None else frozenset(create.items())]
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            found = resolve(self._session, spec.target, fresh, open_names(spec.target, self._grants))
            for text in fresh:
                ids = sorted(set(found.get(normal_form(text), ())))
                known[text] = ids[0] if len(ids) == 1 else self._several(spec, text, ids) if ids else None
            for text in fresh:
                if known[text] is None:
                    known[text] = self._missing(spec, text, create)
        return known

    def _several(self, spec: Field, text: str, ids: list[int]) -> WrongLink:
        shown, texts = _candidates(self._session, spec.target, ids[:_CANDIDATES], self._grants)
        message = _l(
            "“%(text)s” fits several records: %(candidates)s. Use the code instead.",
            text=text[:60],
            candidates="、".join(shown) + ("…" if len(ids) > _CANDIDATES else ""),
        )
        return WrongLink("AMBIGUOUS", message, text, candidates=tuple(texts))

    def _missing(self, spec: Field, text: str, create: Mapping[str, str] | None) -> Any:
        label = _l("Person") if spec.target == PERSON else registry.get(spec.target).label
        if create is not None:
            return self._create(spec, text, label, create)
        names = self._names.get(spec.target)
        if names is None:
            names = self._names[spec.target] = _Names(
                self._session, spec.target, open_names(spec.target, self._grants)
            )
        near = names.near(text)
        if near is not None:
            message = _l("“%(text)s” is not in “%(label)s”. Did you mean “%(near)s”?",
                         text=text[:60], label=label, near=near[:60])  # fmt: skip
            return WrongLink("LINK_NOT_FOUND", message, text, suggest=near)
        if spec.target in registry and "add" in self._grants.verbs(spec.target):
            message = _l("There is no “%(text)s” in “%(label)s”. Correct it, or add it there first.",
                         text=text[:60], label=label)  # fmt: skip
        else:
            message = _barred(text, label)
        return WrongLink("LINK_NOT_FOUND", message, text)

    def _create(self, spec: Field, text: str, label: Any, given: Mapping[str, str]) -> Any:
        needed = creatable(spec.target, self._grants)
        if needed is None:
            return WrongLink("LINK_NOT_CREATED", _barred(text, label), text)
        fields = registry.get(spec.target).fields
        lacking = [fields[n].label for n in needed if n not in given]
        if lacking:
            message = _l(
                "There is no “%(text)s” in “%(label)s”. To add it, “%(fields)s” must be given as well: choose it for "
                "all new ones, or add it there first.",
                text=text[:60], label=label, fields=listed(lacking),
            )  # fmt: skip
            return WrongLink("LINK_NOT_CREATED", message, text)
        try:
            values = {name: fields[name].parse(text) for name in _named(registry.get(spec.target))}
        except FieldError as problem:
            return WrongLink(problem.code, problem.message, text)
        others = self._others(spec.target, given)
        if isinstance(others, Wrong):
            return WrongLink("LINK_NOT_CREATED", others.message, text)
        ref = f"new:{spec.target}:{normal_form(text)}"
        self.made.setdefault(ref, Change(spec.target, "insert", {**others, **values}, ref=ref))
        return {"ref": ref}

    def _others(self, target: str, given: Mapping[str, str]) -> dict[str, Any] | Wrong:
        """The other values of new records, read as cells are: the same for all; or what is wrong with one."""
        at = (target, frozenset(given.items()))
        if at not in self._given:
            self._given[at] = self._read(target, given)
        return self._given[at]

    def _read(self, target: str, given: Mapping[str, str]) -> dict[str, Any] | Wrong:
        entity, found = registry.get(target), dict[str, Any]()
        editable, seen = self._grants.editable_fields(target), self._grants.visible_fields(target)
        for name, text in given.items():
            spec = entity.fields.get(name)
            if spec is None or name not in editable:
                shown = entity.fields[name].label if name in seen else name
                message = _l("New records of “%(label)s” cannot be given “%(name)s”. Leave it out.",
                             label=entity.about.label, name=shown)  # fmt: skip
                return Wrong("NO_FIELD", message, text)
            value = ColumnReader(spec).read_one(text)
            if spec.is_link and isinstance(value, str):
                value = self.look_up(spec, [value])[value]
            if isinstance(value, Wrong):
                message = _l(
                    "“%(label)s” of the new records: %(message)s", label=spec.label, message=value.message
                )
                return Wrong(value.code, message, text)
            found[name] = value
        return found


def open_names(target: str, grants: Grants) -> list[str] | None:
    """Only what the reader sees in full is looked in: nobody learns a masked value by trying. None for people."""
    if target == PERSON:
        return None
    return [n for n in named_by(registry.get(target)) if n in grants.open_fields(target)]


def named_by(entity: EntityType) -> list[str]:
    """The text fields by which a record is named: its key, its title, its own numbers."""
    numbers = (n for n, f in entity.fields.items() if f.kind == "number")
    return [
        n for n in dict.fromkeys([*entity.about.key, entity.about.title, *numbers]) if n in entity.key_columns
    ]


def _barred(text: str, label: Any) -> Any:
    return _l("There is no “%(text)s” in “%(label)s”, and your role may not add there. "
              "Correct it, or ask who may.", text=text[:60], label=label)  # fmt: skip


def creatable(target: str, grants: Grants) -> list[str] | None:
    """The fields that must be given beside the name for a new record; None where this person cannot add one."""
    if target not in registry or not grants.verbs(target) >= {"add", "import"}:
        return None
    entity, editable = registry.get(target), grants.editable_fields(target)
    named = _named(entity)
    needed = [n for n in _needed(entity) if n not in named]
    texts = all(n in editable and entity.fields[n].kind in ("text", "long_text") for n in named)
    others = all(n in editable and entity.fields[n].kind not in ("attachment", "json") for n in needed)
    return needed if texts and others else None


def _needed(entity: EntityType) -> list[str]:
    return [
        n for n, f in entity.fields.items()
        if f.required and f.written_by_people and not f.auto and f.kind != "number" and f.default_value() is None
    ]  # fmt: skip


def _named(entity: EntityType) -> list[str]:
    """The fields that a name fills: the title, and a key that must be given."""
    needed = _needed(entity)
    return [
        n
        for n in dict.fromkeys([entity.about.title, *entity.about.key])
        if n in needed or n == entity.about.title
    ]


def resolve(
    session: Session, target: str, texts: Iterable[str], names: Collection[str] | None = None
) -> dict[str, list[int]]:
    """Ids by normal form of the texts that name them (see `named_by`) or, for people, login names. Passes the wall."""
    found: dict[str, list[int]] = defaultdict(list)
    if target == PERSON:
        user = registry.target_class(PERSON)
        for row in session.execute(select(user.id, user.username, user.last_name, user.first_name)):
            for text in {normal_form(row[1]), normal_form(f"{row[2] or ''}{row[3] or ''}")}:
                found[text].append(row[0])
        return found
    entity = registry.get(target)
    cls: Any = entity.cls
    columns = [getattr(cls, entity.key_columns[n]) for n in named_by(entity) if names is None or n in names]
    if not columns:
        return found
    by_key = {text_key(t): normal_form(t) for t in texts}
    ordered = sorted(by_key)
    for start in range(0, len(ordered), 200):
        part = ordered[start : start + 200]
        for row in session.execute(select(cls.id, *columns).where(or_(*(c.in_(part) for c in columns)))):
            for value in set(row[1:]):
                if value in by_key:
                    found[by_key[value]].append(row[0])
    return found


def _candidates(session: Session, target: str, ids: list[int], grants: Grants) -> tuple[list[str], list[str]]:
    """Of some records, how each is shown to this person, and a text that names only it where there is one."""
    shown, texts = [], []
    if target == PERSON:
        user = registry.target_class(PERSON)
        query = (
            select(user.username, user.last_name, user.first_name).where(user.id.in_(ids)).order_by(user.id)
        )
        for login, last, first in session.execute(query):
            shown.append(f"{last or ''}{first or ''} ({login})")
            texts.append(login)
        return shown, texts
    entity = registry.get(target)
    cls: Any = entity.cls
    names = [n for n in named_by(entity) if n in (entity.about.title, *entity.about.key)]
    opened = set(grants.open_fields(target))
    columns = [getattr(cls, n) for n in dict.fromkeys([entity.about.title, *names]) if n in opened]
    for row in session.execute(select(*columns, cls.id).where(cls.id.in_(ids)).order_by(cls.id)):
        title, *codes = [str(value) for value in row[:-1] if value is not None] or [f"#{row[-1]}"]
        shown.append(f"{title} ({' / '.join(codes)})" if codes else title)
        texts += codes[:1]
    return shown, texts


class _Names:
    """The names of one target, to suggest one that is near. Of large targets only the first are looked at."""

    def __init__(self, session: Session, target: str, columns: Collection[str] | None) -> None:
        self._left = _SUGGESTIONS
        self._by_form: dict[str, str] = {}
        self._by_sound: dict[str, set[str]] = defaultdict(set)
        if target == PERSON:
            user = registry.target_class(PERSON)
            rows = session.execute(select(user.last_name, user.first_name).limit(_NAMES))
            titles = [f"{last or ''}{first or ''}" for last, first in rows]
        else:
            entity = registry.get(target)
            title = entity.about.title
            if title not in (columns or ()):
                return
            column = getattr(entity.cls, title)
            titles = [t for t in session.execute(select(column).limit(_NAMES)).scalars() if t]
        for text in titles:
            self._by_form[normal_form(text)] = text
            self._by_sound[_sound(text)].add(text)

    def near(self, text: str) -> str | None:
        """The one name that sounds the same, else the nearest in writing, if one is near."""
        if self._left <= 0:
            return None
        self._left -= 1
        alike = self._by_sound.get(_sound(text), set())
        if len(alike) == 1:
            return next(iter(alike))
        found = get_close_matches(normal_form(text), self._by_form, n=1, cutoff=_NEAR)
        return self._by_form[found[0]] if found else None


def _sound(text: str) -> str:
    return text_key(text).partition(SEPARATOR)[0]
