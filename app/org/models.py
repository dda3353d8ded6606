"""Department (部门, E01) and Membership: the tree that scope, managers and "my department" are answered from."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Workbook,
    choice,
    choices,
    integer,
    link,
    long_text,
    person,
    registry,
    text,
    yes_no,
)

registry.workbook(Workbook("base", _l("Organisation and products"), icon="building", order=10))

DepartmentType = choices(
    ("sales", _l("Sales")), ("marketing", _l("Marketing")), ("logistics", _l("Logistics")),
    ("finance", _l("Finance")), ("legal", _l("Legal")), ("service", _l("After-sales")),
    ("quality", _l("Quality")), ("production", _l("Production")), ("hr", _l("Human resources")),
    ("management", _l("Management")), ("it", _l("IT")), ("audit", _l("Audit")),
)  # fmt: skip


class Department(Entity):
    """A part of the company, one node of the tree that decides who sees what."""

    __tablename__ = "department"
    about = About(
        _l("Departments"), key=("code",), title="name", workbook="base", order=10,
        note=_l("The tree of departments; who sees what follows from it."),
    )  # fmt: skip

    code = text(_l("Department code"), 20, search=True)
    name = text(_l("Department name"), 60, required=True, search=True)
    parent_department_id = link(_l("Upper department"), "department")
    department_type = choice(_l("Department type"), DepartmentType, required=True)
    manager_id = person(_l("Head"))
    duties = long_text(_l("Duties"))
    cost_center = text(_l("Cost centre"), 20)
    is_active = yes_no(_l("Active"), default=True)
    path = text(_l("Path in the tree"), 200, computed=True, system=True)


class Membership(Entity):
    """One person's place in one department, and whom they report to there."""

    __tablename__ = "membership"
    about = About(
        _l("Memberships"),
        key=("user_id", "of_department_id"),
        title="title",
        workbook="base",
        order=20,
        note=_l("Who belongs to which department, and to whom they report."),
    )

    user_id = person(_l("Member"), required=True)
    of_department_id = link(_l("Member of"), "department", required=True)
    manager_id = person(_l("Reports to"))
    title = text(_l("Position"), 60)
    rank = integer(_l("Order"))
