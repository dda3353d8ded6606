"""What administrators and people declare of approvals, as entities: flows, policies, delegations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.entity import (
    About,
    Entity,
    Lifecycle,
    Transition,
    Workbook,
    choice,
    choices,
    instant,
    integer,
    json_value,
    long_text,
    multi_choice,
    number,
    person,
    registry,
    sheets,
    text,
    yes_no,
)

registry.workbook(Workbook("approval", _l("Approval settings"), icon="checks", order=90))

FlowStatus = choices(
    ("draft", _l("Draft")), ("published", _l("Published"), "green"), ("retired", _l("Retired")),
)  # fmt: skip

PolicyOn = choices(
    ("insert", _l("New records")), ("update", _l("Changes")), ("delete", _l("Deletions")),
    ("import", _l("Imports")),
)  # fmt: skip


class ApprovalFlow(Entity):
    """One version of who has to agree; published it never changes, and running cases keep theirs."""

    __tablename__ = "approval_flow"
    about = About(
        _l("Approval flows"), key=("code", "version_no"), title="name", workbook="approval", pattern="settings",
        order=10, note=_l("Who has to agree to what, version by version."),
        lifecycle=Lifecycle("status", (
            Transition("publish", _l("Publish"), ("draft",), "published"),
            Transition("retire", _l("Retire"), ("published",), "retired"),
        )),
    )  # fmt: skip

    code = text(_l("Flow code"), 20, search=True)
    version_no = integer(_l("Flow version"), default=1)
    name = text(_l("Flow name"), 80, required=True, search=True)
    for_entity = choice(_l("Applies to"), sheets(), length=60, required=True)
    status = choice(_l("Flow status"), FlowStatus, computed=True, default="draft")
    outline = long_text(_l("In words"), computed=True)
    spec = json_value(_l("Steps"), required=True)
    published_at = instant(_l("Published at"), computed=True)
    remark = long_text(_l("Flow remarks"))


class ApprovalPolicy(Entity):
    """Which edits of a sheet wait for an approval, and through which flow."""

    __tablename__ = "approval_policy"
    about = About(
        _l("Approval policies"), key=("code",), title="name", workbook="approval", pattern="settings",
        order=20, note=_l("Which edits, fields, conditions or imports need somebody's agreement first."),
    )  # fmt: skip

    code = text(_l("Policy code"), 20, search=True)
    name = text(_l("Policy name"), 80, required=True, search=True)
    for_entity = choice(_l("Applies to"), sheets(), length=60, required=True)
    operations = multi_choice(_l("On"), PolicyOn, required=True)
    fields = long_text(
        _l("Fields"), help=_l("Names or labels, separated by commas; empty means every field.")
    )
    condition = json_value(
        _l("Condition"), help=_l("Empty means always; the grammar is that of the flows' conditions.")
    )
    flow_code = text(_l("Flow code"), 20, required=True)
    is_active = yes_no(_l("In use"), default=True)


class ApprovalDelegation(Entity):
    """Who decides in somebody's stead from one moment until another: a holiday, say."""

    __tablename__ = "approval_delegation"
    about = About(
        _l("Delegations"), key=("code",), title="code", workbook="approval", pattern="own",
        order=30, note=_l("Who takes whose part in approvals while they are away."),
    )  # fmt: skip

    code = number(_l("Delegation number"), "DG-{seq:5}")
    from_user_id = person(_l("On behalf of"), required=True)
    to_user_id = person(_l("Delegate"), required=True)
    entity = choice(_l("Only for"), sheets(), length=60, help=_l("Empty means everything."))
    starts_at = instant(_l("From"), required=True)
    ends_at = instant(_l("Until"), required=True, help=_l("From this moment on it holds no more."))
    reason = text(_l("Reason of absence"), 200)
