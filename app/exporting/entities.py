"""What is declared of exports, as entities: limits of roles, requests to go beyond them, exports that come round."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.access.options import ROLES
from app.entity import (
    About,
    Choice,
    Entity,
    FieldError,
    Lifecycle,
    Transition,
    Workbook,
    choice,
    choices,
    instant,
    integer,
    json_value,
    long_text,
    number,
    registry,
    sheets,
    text,
    yes_no,
)

registry.workbook(Workbook("export", _l("Exports"), icon="package-export", order=95))

EVERY = "*"
"""Stands for every sheet in a limit."""
_EVERY_WORDS = {EVERY, "all", "全部", "所有"}
_DIALOG = _l("The “Export” dialog of a sheet fills this in: begin there.")
OPEN = ("draft", "returned", "rejected")
"""States in which a request may still be changed."""

Format = choices(
    ("xlsx", _l("Excel workbook"), "green"), ("csv", _l("CSV text")), ("pdf", _l("PDF pages"), "red"),
)  # fmt: skip

RequestStatus = choices(
    ("draft", _l("Draft")),
    ("pending", _l("Awaiting approval"), "amber"),
    ("returned", _l("Sent back for changes"), "amber"),
    ("rejected", _l("Rejected"), "red"),
    ("approved", _l("Approved, being made"), "blue"),
    ("done", _l("Handed out"), "green"),
)

Period = choices(("daily", _l("Every day")), ("weekly", _l("Every week")), ("monthly", _l("Every month")))

Weekday = choices(
    ("mon", _l("Monday")), ("tue", _l("Tuesday")), ("wed", _l("Wednesday")), ("thu", _l("Thursday")),
    ("fri", _l("Friday")), ("sat", _l("Saturday")), ("sun", _l("Sunday")),
)  # fmt: skip

Language = choices(("zh", _l("In Chinese")), ("en", _l("In English")))


def within(low: int, high: int):  # type: ignore[no-untyped-def]
    """A check that a whole number lies between two others."""

    def check(value: int) -> None:
        if not low <= value <= high:
            message = _l("Please enter a whole number from %(low)s to %(high)s.", low=low, high=high)
            raise FieldError("OUT_OF_RANGE", message)

    return check


def _every(text: str) -> str:
    return EVERY if text.strip().lower() in _EVERY_WORDS else text


class ExportLimit(Entity):
    """How much a role may export of a sheet at once. Over several roles the most permissive counts, as rights do."""

    __tablename__ = "export_limit"
    about = About(
        _l("Export limits"), key=("role", "for_entity"), title="role", workbook="export", pattern="settings",
        order=30, note=_l("How many rows each role may export at once, with or without a watermark."),
    )  # fmt: skip

    role = choice(_l("Limited role"), ROLES, length=64, required=True, search=True)
    for_entity = choice(_l("Limited sheet"), sheets(Choice(EVERY, _l("Every sheet"))), length=60, required=True,
                        default=EVERY, search=True, tidy=_every)  # fmt: skip
    max_rows = integer(_l("Most rows"), check=within(0, 10_000_000), help=_l("Empty means no limit."))
    watermark = yes_no(_l("Watermark"), required=True, default=True, width=96,
                       help=_l("A CSV cannot bear one, so with a watermark there is no CSV."))  # fmt: skip
    approve = yes_no(_l("More with approval"), required=True, default=True, width=150,
                     help=_l("Whether more rows may be asked for; else they are refused."))  # fmt: skip
    remark = long_text(_l("Limit remarks"))


class ExportRequest(Entity):
    """Somebody asks to export more than their role may; agreed to, the file is made with their rights of then."""

    __tablename__ = "export_request"
    about = About(
        _l("Export requests"), key=("request_no",), sort=(("request_no", "desc"),), title="what",
        workbook="export", pattern="request", order=10,
        note=_l("Exports of more rows than a role may take at once. Begin one at “Export” in its sheet."),
        lifecycle=Lifecycle("status", (
            Transition("submit", _l("Submit"), OPEN, "pending", "submit", case="submit"),
            Transition("approved", _l("Approval given"), ("pending",), "approved", "approve", case="approved"),
            Transition("returned", _l("Approval sent back"), ("pending",), "returned", "approve", case="returned"),
            Transition("rejected", _l("Approval refused"), ("pending",), "rejected", "approve", case="rejected"),
            Transition("withdrawn", _l("Request taken back"), ("pending", "returned"), "draft", "approve",
                       case="withdrawn"),
            Transition("hand_out", _l("Hand out"), ("approved",), "done", "approve", case="job"),
        )),
    )  # fmt: skip

    request_no = number(_l("Request number"), "ER-{year}-{seq:5}")
    what = text(_l("What is asked for"), 200, computed=True, search=True, width=320)
    status = choice(_l("Request status"), RequestStatus, computed=True, default="draft", width=140)
    for_entity = choice(_l("Exported sheet"), sheets(), length=60, required=True)
    rows = integer(_l("Rows asked for"), required=True, check=within(1, 10_000_000))
    format = choice(_l("File format"), Format, required=True, default="xlsx")
    reason = long_text(_l("Reason for the export"), required=True)
    contents = long_text(_l("Rows and columns in words"), computed=True, pii=True)
    # A filter may name a person.
    asked = json_value(_l("Definition of the export"), required=True, pii=True, help=_DIALOG)


class ScheduledExport(Entity):
    """An export that comes round by itself and is sent by mail or put into a folder, with its owner's rights of then."""

    __tablename__ = "scheduled_export"
    about = About(
        _l("Scheduled exports"), key=("code",), title="name", workbook="export", pattern="own", order=20,
        note=_l("Exports that are made and sent by themselves. Begin one at “Export” in its sheet."),
    )  # fmt: skip

    code = number(_l("Schedule number"), "SE-{seq:5}")
    name = text(_l("Name of the export"), 80, required=True, search=True, width=220)
    for_entity = choice(_l("Exported sheet"), sheets(), length=60, required=True)
    format = choice(_l("File format"), Format, required=True, default="xlsx")
    period = choice(_l("How often"), Period, required=True, default="weekly")
    weekday = choice(_l("Day of the week"), Weekday)
    month_day = integer(_l("Day of the month"), check=within(1, 31),
                        help=_l("In a shorter month its last day."))  # fmt: skip
    hour = integer(_l("From what hour"), required=True, default=7, check=within(0, 23))
    mail_to = long_text(_l("Mail to"), length=2000, help=_l("Addresses, separated by commas."))
    folder = text(_l("Put into folder"), 200, help=_l("A folder's name below the one set up for exports."))
    language = choice(_l("Language of the file"), Language, required=True, default="zh")
    is_active = yes_no(_l("Running"), default=True)
    next_run = instant(_l("Next run"), computed=True)
    last_run = instant(_l("Last run"), computed=True)
    last_result = long_text(_l("Last result"), computed=True, width=260)
    # A filter may name a person.
    asked = json_value(_l("Definition of the export"), required=True, pii=True, help=_DIALOG)
