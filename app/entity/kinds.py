"""The field kinds: how a value of each kind is read, kept and shown.

A value lives in three forms: *raw* (whatever a person, a file or a client sent), *wire* (the JSON form of
``docs/architecture.md``, in which the gate compares and the log writes) and *stored* (what SQLAlchemy binds).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from app import clock
from app.entity.keys import half_width, visible_text
from app.entity.sentences import listed

if TYPE_CHECKING:
    from app.entity.field import Field

MAX_INTEGER = 2**53 - 1
MAX_FILES = 50
MOST_NAMED = 20
MAX_DEPTH, MAX_PARTS = 40, 5_000
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
_HALF = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_YES = {"1", "true", "yes", "y", "on", "是", "√", "对", "✓"}
_NO = {"0", "false", "no", "n", "off", "否", "×", "✗"}


class FieldError(ValueError):
    """A value a field cannot hold. `code` is stable, `message` is a lazy zh/en sentence that says what to do."""

    def __init__(self, code: str, message: Any, **details: Any) -> None:
        self.code = code
        self.message = message
        self.details = details
        super().__init__(code)


def clean_text(raw: Any) -> str | None:
    """Text without what nobody can see (zero-width, NUL, outer blanks); None when nothing is left.

    Raises FieldError BAD_TEXT for text that no encoding can carry.
    """
    text = raw if isinstance(raw, str) else str(raw)
    if _HALF.search(text):
        raise FieldError(
            "BAD_TEXT", _l("This text holds characters that cannot be saved. Please type it again.")
        )
    return visible_text(text) or None


def _plain(raw: Any) -> str:
    """Half-width, without blanks and thousands separators: how numbers, dates and codes are read."""
    return half_width(str(raw)).strip()


def _not(raw: Any, message: Any, code: str) -> FieldError:
    return FieldError(code, message, value=str(raw)[:80])


def parse_text(field: Field, raw: Any) -> str | None:
    """Text, cleaned and within its length."""
    if isinstance(raw, (bool, list, dict)):
        raise _not(raw, _l("Please enter text."), "NOT_TEXT")
    text = clean_text(raw)
    if text is not None and field.kind != "long_text":
        text = " ".join(text.split("\n"))
    if text is not None and field.length and len(text) > field.length:
        raise FieldError(
            "TOO_LONG",
            _l(
                "At most %(limit)s characters fit here, this has %(length)s.",
                limit=field.length,
                length=len(text),
            ),
        )
    return text


def parse_integer(field: Field, raw: Any) -> int | None:
    """A whole number within ±(2^53 − 1)."""
    number = parse_number(raw)
    if number != number.to_integral_value():
        raise _not(raw, _l("Please enter a whole number."), "NOT_INTEGER")
    if abs(number) > MAX_INTEGER:
        raise _not(raw, _l("This number is too large."), "TOO_LARGE")
    return int(number)


def parse_number(raw: Any) -> Decimal:
    """The exact number a raw value stands for. A float is read as its shortest decimal form."""
    if isinstance(raw, bool):
        raise _not(raw, _l("Please enter a number."), "NOT_NUMBER")
    if isinstance(raw, float):
        raw = repr(raw)
    text = _plain(raw).replace(",", "").replace(" ", "").lstrip("¥￥")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _not(raw, _l("Please enter a number."), "NOT_NUMBER") from None
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise _not(raw, _l("Please enter a number."), "NOT_NUMBER")
    return number


def parse_decimal(field: Field, raw: Any) -> str | None:
    """A canonical decimal string with exactly the field's decimals; finer numbers are refused, never rounded."""
    percent = field.kind == "percent" and isinstance(raw, str) and _plain(raw).endswith("%")
    number = parse_number(_plain(raw).rstrip("%")) / 100 if percent else parse_number(raw)
    if number and number.adjusted() >= field.digits - field.scale:
        raise _not(raw, _l("This number is too large."), "TOO_LARGE")
    exact = number.quantize(Decimal(1).scaleb(-field.scale))
    if exact != number:
        raise _not(
            raw,
            _l("At most %(scale)s decimals fit here. Please round the number yourself.", scale=field.scale),
            "TOO_MANY_DECIMALS",
        )
    return format(exact if exact else abs(exact), "f")


def parse_date(field: Field, raw: Any) -> str | None:
    """A day, from a date or from 2026-01-02, 2026/1/2, 2026年1月2日."""
    if isinstance(raw, datetime):
        raw = raw.date() if raw.tzinfo is None else clock.local(raw).date()
    if not isinstance(raw, date):
        match = _DATE.match(_plain(raw))
        try:
            raw = date(*map(int, match.groups())) if match else date.fromisoformat(_plain(raw)[:10])
        except ValueError:
            raise _not(raw, _l("Please enter a date such as 2026-01-02."), "NOT_DATE") from None
    if not EARLIEST <= raw <= LATEST:
        raise _not(raw, _l("This date is out of range."), "DATE_RANGE")
    return str(raw.isoformat())


def parse_datetime(field: Field, raw: Any) -> str | None:
    """An instant; without a zone it is the company's wall clock."""
    try:
        if isinstance(raw, datetime):
            instant = raw if raw.tzinfo else raw.replace(tzinfo=clock.zone())
        elif isinstance(raw, date):
            instant = datetime(raw.year, raw.month, raw.day, tzinfo=clock.zone())
        else:
            instant = clock.parse_instant(_plain(raw).replace("/", "-"))
        return clock.instant_text(instant)
    except (ValueError, OverflowError):
        raise _not(raw, _l("Please enter a time such as 2026-01-02 15:30."), "NOT_DATETIME") from None


def parse_time(field: Field, raw: Any) -> str | None:
    """A time of day."""
    try:
        value = raw if isinstance(raw, time) else time.fromisoformat(_plain(raw).zfill(5))
    except ValueError:
        raise _not(raw, _l("Please enter a time such as 15:30."), "NOT_TIME") from None
    return value.replace(microsecond=0, tzinfo=None).isoformat()


def parse_yes_no(field: Field, raw: Any) -> bool | None:
    """True or false from 是/否, yes/no, 1/0."""
    if isinstance(raw, bool):
        return raw
    text = _plain(raw).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise _not(raw, _l("Please enter yes or no."), "NOT_YES_NO")


def parse_choice(field: Field, raw: Any) -> str | None:
    """A code, from a code or a zh or en label."""
    code = field.choice_code(_plain(raw))
    if code is None:
        named = [c.label for c in field.choices if not c.retired]
        named[MOST_NAMED:] = ["…"] if len(named) > MOST_NAMED else []
        raise _not(
            raw,
            _l("“%(value)s” is not in the list. Choose one of: %(choices)s", value=str(raw)[:40],
               choices=listed(named)),
            "NOT_A_CHOICE",
        )  # fmt: skip
    return code


def parse_multi_choice(field: Field, raw: Any) -> list[str] | None:
    """Codes in declared order, from a list or from labels separated by 、."""
    parts = raw if isinstance(raw, list) else re.split(r"[、,，;；\n]", str(raw))
    chosen = {parse_choice(field, part) for part in parts if str(part).strip()}
    return [c.code for c in field.choices if c.code in chosen] or None


def parse_link(field: Field, raw: Any) -> int | None:
    """An id. Names and codes are resolved before, in batches, by whoever reads them."""
    if isinstance(raw, dict) and isinstance(raw.get("ref"), str):
        return raw  # type: ignore[return-value]  # a reference into the same change set, resolved by the gate
    try:
        number = parse_integer(field, raw)
    except FieldError:
        number = None
    if number is None or number <= 0:
        raise _not(raw, _l("Please choose from the list."), "NOT_A_LINK")
    return number


def parse_attachment(field: Field, raw: Any) -> list[int] | None:
    """Attachment ids in the order given, each once, at most `MAX_FILES`."""
    if not isinstance(raw, list) or not all(type(n) is int and 0 < n <= MAX_INTEGER for n in raw):
        raise _not(raw, _l("Please choose files."), "NOT_FILES")
    if len(raw) > MAX_FILES:
        raise _not(raw, _l("At most %(n)s files fit into one field.", n=MAX_FILES), "TOO_MANY_FILES")
    return list(dict.fromkeys(raw)) or None


def parse_json(field: Field, raw: Any) -> Any:
    """Any JSON value, or text that holds one, of a size that people can read."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise _not(raw, _l("This is not valid JSON."), "NOT_JSON") from None
    level, count = [raw], 0
    for _depth in range(MAX_DEPTH):
        for part in level:
            if isinstance(part, str):
                clean_text(part)
            elif isinstance(part, float) and not math.isfinite(
                part
            ):  # Python reads NaN and 1e400; nobody else does
                raise _not(raw, _l("This is not valid JSON."), "NOT_JSON")
        level = [part for whole in level for part in _parts(whole)]
        count += len(level)
        if not level:
            return raw
        if count > MAX_PARTS:
            break
    raise FieldError("TOO_LARGE", _l("This is too long or nested too deeply. Please shorten it."))


def _parts(whole: Any) -> list[Any]:
    if isinstance(whole, dict):
        return [*whole, *whole.values()]
    return whole if isinstance(whole, list) else []


def _same(value: Any) -> Any:
    return value


def _from_instant(value: datetime | str) -> str:
    return value if isinstance(value, str) else clock.instant_text(value.astimezone(UTC))


@dataclass(frozen=True)
class Kind:
    """One field kind: its reader, and the ways between stored and wire form."""

    name: str
    parse: Callable[[Field, Any], Any]
    to_wire: Callable[[Any], Any] = _same
    to_stored: Callable[[Any], Any] = _same
    numeric: bool = False

    @property
    def converts(self) -> bool:
        """Whether stored and wire form differ at all."""
        return self.to_wire is not _same


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("text", parse_text),
        Kind("long_text", parse_text),
        Kind("number", parse_text),
        Kind("integer", parse_integer, numeric=True),
        Kind("decimal", parse_decimal, lambda v: format(v, "f"), Decimal, numeric=True),
        Kind("money", parse_decimal, lambda v: format(v, "f"), Decimal, numeric=True),
        Kind("percent", parse_decimal, lambda v: format(v, "f"), Decimal, numeric=True),
        Kind("date", parse_date, lambda v: v.isoformat(), date.fromisoformat),
        Kind("datetime", parse_datetime, _from_instant, clock.parse_instant),
        Kind("time", parse_time, lambda v: v.isoformat(), time.fromisoformat),
        Kind("yes_no", parse_yes_no),
        Kind("choice", parse_choice),
        Kind("multi_choice", parse_multi_choice),
        Kind("link", parse_link),
        Kind("person", parse_link),
        Kind("attachment", parse_attachment),
        Kind("json", parse_json),
    )
}
