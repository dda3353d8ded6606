"""Employee (E68): what human resources know of a person, 1:1 with the person who signs in."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    FieldError,
    Lifecycle,
    Transition,
    choice,
    choices,
    day,
    decimal,
    link,
    long_text,
    money,
    person,
    text,
    yes_no,
)
from models.checks import at_least, between, cn_mobile, email, id_number, one_code, one_mobile, past_day

EmploymentStatus = choices(
    ("probation", _l("On probation"), "blue"),
    ("active", _l("Employed"), "green"),
    ("leaving", _l("Leaving"), "amber"),
    ("left", _l("Has left")),
)


def _trained(values: dict[str, Any]) -> None:
    if not values.get("onboard_passed"):
        raise FieldError("NOT_ONBOARDED", _l("The training for the job has not been passed yet."))


class Employee(Entity):
    """An employee's file. Who belongs where and reports to whom is kept in the memberships."""

    __tablename__ = "employee"
    about = About(
        _l("Employees"), key=("emp_no",), title="name", workbook="base", pattern="personal", order=40,
        note=_l("Everybody who works here, whether they sign in or not."),
        lifecycle=Lifecycle("emp_status", (
            Transition("confirm", _l("Confirm in post"), ("probation",), "active", guard=_trained),
            Transition("start_leaving", _l("Start leaving"), ("probation", "active"), "leaving"),
            Transition("stay", _l("Stay after all"), ("leaving",), "active"),
            Transition("leave", _l("Finish leaving"), ("leaving",), "left"),
        )),
    )  # fmt: skip

    emp_no = text(_l("Employee number"), 20, search=True)
    name = text(_l("Full name"), 60, required=True, search=True)
    user_id = person(_l("Signs in as"))
    mobile = text(_l("Mobile"), 20, required=True, tidy=one_mobile, check=cn_mobile, pii=True)
    email = text(_l("E-mail"), 120, check=email, pii=True)
    region_id = link(_l("Region"), "region")
    hire_date = day(_l("Hired on"))
    leave_date = day(_l("Left on"))
    emp_status = choice(_l("Employment status"), EmploymentStatus, computed=True, default="probation")
    onboard_passed = yes_no(_l("Job training passed"), default=False)
    job_level = text(_l("Grade of job"), 20)
    base_salary = money(_l("Base salary"), check=at_least(0))
    discount_authority = decimal(_l("Lowest discount allowed"), 5, 4, check=between("0.0001", 1))
    id_no = text(_l("Identity number"), 18, tidy=one_code, check=id_number, pii=True, mask="3-4")
    birthday = day(_l("Birthday"), check=past_day, pii=True)
    remark = long_text(_l("Remarks"))
