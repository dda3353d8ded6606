"""FAB's pages in our frame: every one renders, loads nothing of FAB's own, and posts only with a token."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.access.load import SYSTEM_ROLE
from app.audit.actor import SYSTEM, acting

PASSWORD = "Mountain-river-58"
PAGES = [
    *("/", "/users/list/", "/users/show/{user}", "/users/edit/{user}", "/users/add", "/users/userinfo/"),
    *("/resetmypassword/form", "/resetpassword/form?pk={user}", "/userinfoeditview/form"),
    *("/roles/list/", "/roles/show/{role}", "/groups/list/", "/changelog/"),
    *("/region/add", "/customer/list/", "/users/list/?_flt_0_username=nobody", "/nothing/here"),
]


class Page(HTMLParser):
    """What a page loads and how its forms send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.forms: list[dict[str, bool]] = []
        self.lang = self.title = ""
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "html":
            self.lang = given["lang"]
        elif tag in {"script", "link", "img"}:
            self.loads += [given[name] for name in ("src", "href") if name in given]
        elif tag == "label":
            self.labelled.add(given.get("for", ""))
        elif tag == "form":
            self.forms.append({"post": given.get("method", "get").lower() == "post", "token": False})
        elif tag == "input" and given.get("name") == "csrf_token" and given.get("value"):
            self.forms[-1]["token"] = True
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data.strip()


@pytest.fixture
def ids(app: Flask) -> dict[str, int]:
    """Somebody who may everything, and the role that makes them so."""
    manager = app.appbuilder.sm  # type: ignore[attr-defined]
    with app.app_context(), acting(SYSTEM):
        role = manager.find_role(SYSTEM_ROLE)
        user = manager.add_user("keeper", "岚", "沈", "keeper@example.com", role, PASSWORD)
        return {"user": user.id, "role": role.id}


@pytest.fixture
def administrator(app: Flask, ids: dict[str, int]) -> FlaskClient:
    """A browser signed in as that person."""
    client = app.test_client()
    page = client.get("/login/").text
    token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    answer = client.post("/login/", data={"username": "keeper", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_ours_from_head_to_foot(
    administrator: FlaskClient, ids: dict[str, int], path: str, language: str
) -> None:
    administrator.get(f"/lang/{language}")
    answer = administrator.get(path.format(**ids))
    assert answer.status_code == (404 if path == "/nothing/here" else 200)
    page = Page(answer.text)
    assert page.lang == {"zh": "zh-CN", "en": "en"}[language]
    assert page.title.rstrip("·").strip()
    assert [url for url in page.loads if not url.startswith("/static/")] == []
    assert page.inline == []
    assert [form for form in page.forms if form["post"] and not form["token"]] == []
    assert sorted(page.ids) == sorted(set(page.ids))
    assert "main" in page.ids
    for foreign in ("glyphicon", "select2.", "col-md-", "panel-body", "data-toggle", ">None<", ">True<"):
        assert foreign not in answer.text


def test_what_is_wrong_stands_on_top_and_at_its_field(administrator: FlaskClient) -> None:
    page = administrator.get("/users/add").text
    token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    answer = administrator.post("/users/add", data={"csrf_token": token, "username": "only"})
    assert '<a href="#email">' in answer.text
    assert 'id="email-error"' in answer.text
    assert 'aria-describedby="email-help email-error"' in answer.text


def test_a_role_page_has_a_line_for_each_entity(administrator: FlaskClient, ids: dict[str, int]) -> None:
    text = administrator.get(f"/roles/show/{ids['role']}").text
    assert 'title="Customer"' in text
    assert 'title="Region"' in text
    assert "can list on" not in text


def test_the_error_page_of_the_server_needs_no_database(app: Flask) -> None:
    from app.fab.errors import page

    with app.test_request_context("/x"):
        before = app.jinja_env.globals["menu"]
        app.jinja_env.globals["menu"] = None  # would fail if the page asked for it
        try:
            text, status = page(500, number="7f3a")  # type: ignore[misc]
        finally:
            app.jinja_env.globals["menu"] = before
    assert status == 500
    assert "7f3a" in text
    assert 'class="tz-menu"' not in text
