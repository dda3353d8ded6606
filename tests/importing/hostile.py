"""Values that files spoil: for every kind of field those that spreadsheet programs take for something else."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from app.entity import EntityType, Field, FieldError

TEXTS = (
    "=1+1", "'x", "'", "00123", "1E5", "-5", "+86", "@x", "＝1＋1", "Ａ１２", "1,234.50", "12%", "0.10", "½", "#N/A",
    "#5", "TRUE", "是", "null", "合计", "示例：不导入", "2026-01-02", "_x0041_", "<b>&amp;", "“引”\"q\"", "a、b;c,d",
    "in  ner", "a\tb", "中文😀👩‍💻", "e\u0301", "\u200fRTL", "\ufffd", "A" * 40,
)  # fmt: skip
LONG = ("一\n二\n\n=1", "-\n", "长" * 20_000)
MOMENTS = (
    "2026-01-01T16:00:00.000000Z", "2026-01-02T03:04:05.999999Z", "2026-01-02T03:04:59.500001Z",
    # Summer time ended in Shanghai between these two: the clock on the wall showed the same.
    "1988-09-10T16:30:00.123456Z", "1988-09-10T17:30:00.123456Z",
)  # fmt: skip
DAYS = ("1900-01-01", "1900-02-28", "1900-03-01", "1999-02-28", "2024-02-29", "2999-12-31")
NUMBERS = (0, 1, 12, 31, -7, 10**15, 2**53 - 1, 1 - 2**53)
JSON = ({"a": [1, "=x", None, 1.5]}, [1, 2], "text", "5", 5, True, {"深": {"x": {}}})


def records_of(entity: EntityType, ids: dict[str, list[int]]) -> st.SearchStrategy[dict[str, Any]]:
    """Wire values for some fields of an entity, as far as the fields take them; `ids` are records to link to.

    What makes a record somebody's or puts it somewhere stays.
    """
    state = entity.about.lifecycle.field if entity.about.lifecycle else ""
    fixed = {"parent_id", "owner_id", "department_id", "parent_department_id", "user_id", state}
    specs = {n: s for n, s in entity.fields.items() if n not in fixed and s.kind != "attachment"}
    raw = {n: _raw(s, ids) for n, s in specs.items() if not s.is_link or ids.get(s.target)}

    def taken(values: dict[str, Any]) -> dict[str, Any]:
        found = {name: _taken(specs[name], value) for name, value in values.items()}
        return {name: value for name, value in found.items() if value is not None}

    return st.fixed_dictionaries({}, optional=raw).map(taken)


def _taken(spec: Field, raw: Any) -> Any:
    try:
        return spec.parse(raw)
    except FieldError:
        return None


def _raw(spec: Field, ids: dict[str, list[int]]) -> st.SearchStrategy[Any]:
    if spec.digits:
        most = "9" * (spec.digits - spec.scale) or "0"
        edges = [
            f"{most}.{'9' * spec.scale}",
            f"-{most}.{'1' * spec.scale}",
            "-0.01",
            "0.1",
            "0.3333",
            "0.0001",
            "16.67",
        ]
        return st.sampled_from([*edges, "0", "1"]) | st.decimals(
            -10, 10, places=spec.scale, allow_nan=False
        ).map(str)  # fmt: skip
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.sampled_from(NUMBERS),
        "date": st.sampled_from(DAYS),
        "datetime": st.sampled_from(MOMENTS),
        "time": st.sampled_from(("00:00:00", "08:30:00", "23:59:59")),
        "yes_no": st.booleans(),
        "json": st.sampled_from(JSON),
        "long_text": st.sampled_from((*TEXTS, *LONG)) | st.text(max_size=30),
    }
    if spec.kind in kinds:
        return kinds[spec.kind]
    if spec.kind == "choice":
        return st.sampled_from([c.code for c in spec.choices])
    if spec.kind == "multi_choice":
        return st.lists(st.sampled_from([c.code for c in spec.choices]), min_size=1, unique=True)
    if spec.is_link:
        return st.sampled_from(ids[spec.target])
    return st.sampled_from(TEXTS) | st.text(max_size=30)
