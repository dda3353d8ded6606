"""Person × entity × route × record: 200, 403 or 404 as `decide()` says, and nothing altered by what is refused."""

from __future__ import annotations

import pytest

from app.access.decide import decide
from app.entity import registry
from seeds.data.people import PEOPLE
from seeds.roles import ROLES
from tests.cast import NAMES
from tests.matrix.ground import TARGETS, Ground, difference, plain
from tests.matrix.routes import ELSEWHERE, FRAME, ROUTES, Route

import models  # noqa: F401  isort: skip  declares the entities walked

PATTERNS = ("customer", "customer_contact", "employee", "region")
"""One entity of each pattern of scope: the sales line, a line of it, personal, public."""
ONE_OF_EACH_ROLE = [next(p.username for p in PEOPLE if p.role == role) for role in ROLES]


def test_every_route_is_walked(ground: Ground) -> None:
    """Whoever adds a route says here who may use it."""
    walked = {(route.method, route.rule) for route in ROUTES}
    unknown = []
    for rule in ground.app.url_map.iter_rules():
        path = str(rule)
        for entity in registry:
            for start in (f"/{entity.name}/", f"/api/v1/{entity.name}/"):
                path = (
                    path.replace(start, start.replace(entity.name, "{e}")) if path.startswith(start) else path
                )
        if path in ELSEWHERE or path == "/" or any(path.startswith(known) for known in FRAME if known != "/"):
            continue
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        unknown += [f"{method} {path}" for method in methods if (method, path) not in walked]
    assert unknown == []


def walk(ground: Ground, person: str, name: str) -> list[str]:
    """Ask for everything; what was not as it should be."""
    entity, grants, wrong = registry.get(name), ground.grants(person), list[str]()
    before = ground.content()
    for route in ROUTES:
        refused = dict[str, str]()
        for target in TARGETS if route.record else ("own",):
            inside = ground.reaches(person, entity, target) if route.record else None
            expected = decide(grants, route.verb, name, inside)
            log, mark = ground.last_log() if route.writes else 0, ground.last_set() if route.writes else 0
            answer = _ask(ground, person, route, name, target)
            good = (
                answer.status_code in route.good
                if expected.allowed
                else answer.status_code == expected.status
            )
            if not good:
                wrong.append(f"{person}: {route} {name} of {target}: {answer.status_code} instead of "
                             f"{route.good if expected.allowed else expected.status}; {answer.text[:200]!r}")  # fmt: skip
            if not expected.allowed:
                refused[target] = plain(answer.text)
                if route.writes and ground.last_log() != log:
                    wrong.append(
                        f"{person}: {route} {name} of {target} was refused, and something was written"
                    )
            elif route.writes:
                ground.take_back(mark)
        if "missing" in refused:
            wrong += [f"{person}: {route} {name} tells {target} from missing: {difference(text, refused['missing'])}"
                      for target, text in refused.items()
                      if not ground.reaches(person, entity, target) and text != refused["missing"]]  # fmt: skip
    after = ground.content()
    for table, rows in before.items():
        if _without_versions(rows) != _without_versions(after[table]):
            wrong.append(f"{person}, {name}: the content of {table} changed")
    return wrong


def _ask(ground: Ground, person: str, route: Route, name: str, target: str):  # type: ignore[no-untyped-def]
    entity, record = registry.get(name), ground.target(name, target)
    path = route.path(name, record).replace("<name>", name)
    return ground.ask(person, route.method, path, **route.send(ground, entity, record))


def _without_versions(rows: dict[int, dict[str, object]]) -> dict[int, dict[str, object]]:
    taken_back = ("version", "updated_at", "updated_by_id")
    return {i: {n: v for n, v in row.items() if n not in taken_back} for i, row in rows.items()}


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("person", NAMES)
def test_the_cast_on_each_pattern(ground: Ground, person: str, name: str) -> None:
    wrong = walk(ground, person, name)
    assert not wrong, "\n".join(wrong)


@pytest.mark.full
@pytest.mark.parametrize("person", ONE_OF_EACH_ROLE)
def test_every_role_on_every_entity(ground: Ground, person: str) -> None:
    for entity in sorted(registry, key=lambda e: e.name):
        wrong = walk(ground, person, entity.name)
        assert not wrong, "\n".join(wrong)
