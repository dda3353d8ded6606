"""Compiles the Chinese catalogue, and says which texts of the product still lack a Chinese form.

The catalogue is ``translations/zh/LC_MESSAGES/messages.po`` and every file in ``translations/parts``.

    python -m app.i18n_build            write messages.mo
    python -m app.i18n_build --check    write nothing; exit 1 and list what is missing or does not fit
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("app", "models", "views", "seeds")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|\{\w*\}")

# What identifies a text: the English text (singular and plural where both exist) and its context.
Key = tuple[str | tuple[str, ...], str | None]


class CatalogError(ValueError):
    """The catalogues cannot be made one; the message names the file and the text."""


def key(message: Message) -> Key:
    """What identifies a text of a catalogue."""
    text = message.id
    return (text if isinstance(text, str) else tuple(text)), message.context


def sources() -> list[Path]:
    """The files the catalogue is made of, the main one first."""
    folder = ROOT / "translations"
    return [*folder.glob("zh/LC_MESSAGES/messages.po"), *sorted(folder.glob("parts/*.po"))]


def merged(files: list[Path]) -> Catalog:
    """One catalogue of all files. Raises `CatalogError` when two give one text different translations."""
    total = Catalog(locale="zh", domain="messages", project="taizhang", fuzzy=False)
    origin: dict[Key, Path] = {}
    for path in files:
        try:
            with path.open("rb") as source:
                part = read_po(source, locale="zh", abort_invalid=True)
        except (PoFileError, UnicodeDecodeError) as error:
            raise CatalogError(f"{path.relative_to(ROOT)}: {error}") from None
        for message in part:
            if not message.id or not message.string:
                continue
            known = total.get(message.id, message.context)
            if known is not None and known.string != message.string:
                places = f"{origin[key(message)].name} and {path.name}"
                raise CatalogError(
                    f"{message.id!r} is {known.string!r} and {message.string!r} in {places}: keep one"
                )
            total.add(message.id, message.string, context=message.context)
            origin.setdefault(key(message), path)
    return total


def used() -> dict[Key, str]:
    """Every translatable text of the product, with the place where it stands first."""
    found: dict[Key, str] = {}
    for room in ROOMS:
        if not (ROOT / room).is_dir():
            continue
        options = {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}}
        for file, line, text, _comments, context in extract_from_dir(
            ROOT / room, METHODS, options, KEYWORDS, strip_comment_tags=True
        ):
            found.setdefault((text, context), f"{room}/{file}:{line}")
    return found


def problems(catalog: Catalog) -> Iterator[str]:
    """One line for each text without a Chinese form, or whose Chinese form has other placeholders."""
    for (text, context), place in used().items():
        message = catalog.get(text, context)
        english = text if isinstance(text, str) else text[-1]
        if message is None or not message.string:
            yield f"{place}: no Chinese text for {english!r}"
            continue
        chinese = message.string if isinstance(message.string, str) else message.string[0]
        if set(PLACEHOLDER.findall(chinese)) != set(PLACEHOLDER.findall(english)):
            yield f"{place}: placeholders differ: {english!r} and {chinese!r}"


def compile_zh() -> Path:
    """Write messages.mo from all catalogues and return its path. Raises `CatalogError`."""
    catalog = merged(sources())
    target = ROOT / "translations/zh/LC_MESSAGES/messages.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".mo.new")
    with fresh.open("wb") as out:
        write_mo(out, catalog)
    fresh.replace(target)
    return target


def main() -> int:
    """Command line: 0 done, 1 a catalogue is wrong or incomplete."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="list what is missing, write nothing")
    try:
        if not parser.parse_args().check:
            compile_zh()
            return 0
        lines = list(problems(merged(sources())))
    except CatalogError as error:
        lines = [str(error)]
    print("\n".join(lines) or "translations are complete")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
