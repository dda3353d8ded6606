"""What the templates need beyond Jinja: icons, assets, values as people read them, and who is looking.

``install(app)`` puts ``icon``, ``asset``, ``shell``, ``palette``, ``rights_matrix`` and ``role_reach`` into
Jinja's globals and ``shown``, ``initial`` and ``hue`` into its filters. FAB renders its widgets without a
template context, so globals and filters are the only things every template can reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from app import clock
from app.access.labels import role_label
from app.access.load import person_name
from app.entity.keys import text_key
from app.web import rights

THEMES = ("light", "dark")
HUES = 6


@dataclass(frozen=True)
class Person:
    """Who is signed in, as the top bar says it."""

    name: str
    note: str


@dataclass(frozen=True)
class Shell:
    """What the frame round every page shows. Until a theme is chosen the browser's preference decides."""

    lang: str
    theme: str
    theme_chosen: bool
    menu_small: bool
    zone: str
    product: str
    company: str
    person: Person | None
    languages: tuple[tuple[str, str, bool], ...]


def icon(name: str, size: int = 16) -> Markup:
    """An icon of the sprite, `size` css pixels square; decoration only: the words beside it say it all."""
    if not name or name.startswith("fa-"):
        return Markup("")
    url = asset("icons.svg")
    return Markup(
        '<svg class="tz-icon" width="{0}" height="{0}" aria-hidden="true"><use href="{1}#{2}"/></svg>'
    ).format(size, url, name)


def asset(name: str) -> str:
    """The address of a built file, with its time of building so that a browser never keeps an old one."""
    path = Path(current_app.static_folder or "") / "build" / name
    version = int(path.stat().st_mtime) if path.exists() else 0
    return url_for("static", filename=f"build/{name}", v=version)


def shell(*, bare: bool = False) -> Shell:
    """The frame's facts for this request. With `bare` nothing asks the database: for pages about failures."""
    config, cookies = current_app.config, request.cookies
    language = str(get_locale() or "zh").split("_")[0]
    theme = cookies.get("tz_theme", "")
    return Shell(
        lang="zh-CN" if language == "zh" else language,
        theme=theme if theme in THEMES else "light",
        theme_chosen=theme in THEMES,
        menu_small=cookies.get("tz_menu") == "small",
        zone=str(clock.zone()),
        product=_("Taizhang"),
        company=str(getattr(config.get("TAIZHANG"), "company", "")),
        person=None if bare else person(getattr(g, "user", None)),
        languages=tuple(
            (code, str(entry["name"]), code == language)
            for code, entry in config.get("LANGUAGES", {}).items()
        ),
    )


def person(user: Any) -> Person | None:
    """The signed-in user's name and roles; None for somebody who is not signed in."""
    if user is None or not getattr(user, "is_authenticated", False):
        return None
    roles = "、".join(role_label(role.name) for role in user.roles[:2])
    return Person(name=person_name(user.first_name, user.last_name) or str(user.username), note=roles)


def palette(menu: Iterable[Mapping[str, Any]], trail: str = "") -> list[dict[str, str]]:
    """Every page the menu leads to, flat, for the search box: label, path, address, pinyin keys."""
    found: list[dict[str, str]] = []
    for item in menu:
        label = str(item["label"])
        if item.get("url"):
            key = text_key(label).replace("\x1f", " ")
            found.append({"label": label, "trail": trail, "url": str(item["url"]), "key": key})
        found += palette(item.get("children") or (), label if not trail else f"{trail} / {label}")
    return found


def shown(value: Any) -> Any:
    """A value as people read it: nothing for None, 是/否, 2026-01-02 03:04, 1,234.50; Markup stays Markup."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        # FAB keeps its own times without a zone, in the zone of the machine; so astimezone reads them.
        return value.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, Enum):
        return shown(value.value)
    if isinstance(value, list | tuple | set):
        return "、".join(str(shown(each)) for each in value)
    if hasattr(value, "first_name") and hasattr(value, "username"):
        return person_name(value.first_name, value.last_name)
    if hasattr(value, "permissions") and hasattr(value, "name"):
        return role_label(value.name)
    return value


def initial(name: str) -> str:
    """The one character in a person's round badge."""
    return str(name).strip()[:1].upper()


def hue(name: str) -> int:
    """A stable number below six for a person's badge colour."""
    return sum(map(ord, str(name))) % HUES


def install(app: Flask) -> None:
    """Give every template of `app` the helpers of this module."""
    app.jinja_env.globals.update(
        icon=icon,
        asset=asset,
        shell=shell,
        palette=palette,
        rights_matrix=rights.matrix,
        role_reach=rights.reach,
    )
    app.jinja_env.globals.setdefault("csp_nonce", lambda: "")
    app.jinja_env.globals.setdefault("menu", list)
    app.jinja_env.filters.update(shown=shown, initial=initial, hue=hue)
