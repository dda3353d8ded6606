"""What `make check` relies on: a missing, contradictory or unfitting translation is found."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from app import i18n_build


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("app", "translations/parts", "translations/zh/LC_MESSAGES"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(i18n_build, "ROOT", tmp_path)
    return tmp_path


def catalog(project: Path, name: str, *entries: str) -> None:
    path = project / "translations" / "parts" / f"{name}.po"
    path.write_text("\n\n".join(entries) + "\n", encoding="utf-8")


def found() -> list[str]:
    return list(i18n_build.problems(i18n_build.merged(i18n_build.sources())))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rooms.py", 'label = _l("Region")'),
        ("rooms.py", 'label = gettext("Region")'),
        ("rooms.py", 'label = ngettext("Region", "Regions", 2)'),
        ("page.html", '<p title="{{ _("Region") }}"></p>'),
        ("page.html", "{% trans %}Region{% endtrans %}"),
    ],
)
def test_a_text_without_a_chinese_form_is_named_with_its_place(project: Path, file: str, text: str) -> None:
    (project / "app" / file).write_text(text, encoding="utf-8")
    (line,) = found()
    assert line.startswith(f"app/{file}:1: no Chinese text for 'Region")


def test_a_text_of_any_part_counts(project: Path) -> None:
    (project / "app/rooms.py").write_text('_("Region")', encoding="utf-8")
    catalog(project, "one", 'msgid "Region"\nmsgstr "区域"')
    assert found() == []


def test_other_placeholders_are_refused(project: Path) -> None:
    (project / "app/rooms.py").write_text('_("%(number)s rows")', encoding="utf-8")
    catalog(project, "one", 'msgid "%(number)s rows"\nmsgstr "%(count)s 行"')
    (line,) = found()
    assert "placeholders differ" in line


def test_two_parts_may_agree_and_may_not_contradict(project: Path) -> None:
    catalog(project, "one", 'msgid "Region"\nmsgstr "区域"')
    catalog(project, "two", 'msgid "Region"\nmsgstr "区域"')
    assert found() == []
    catalog(project, "two", 'msgid "Region"\nmsgstr "大区"')
    with pytest.raises(i18n_build.CatalogError, match=r"one\.po and two\.po"):
        found()


def test_the_compiled_catalogue_answers_in_chinese(project: Path) -> None:
    catalog(
        project,
        "one",
        'msgid "Region"\nmsgstr "区域"',
        'msgid "%(num)s row"\nmsgid_plural "%(num)s rows"\nmsgstr[0] "%(num)s 行"',
    )
    with i18n_build.compile_zh().open("rb") as compiled:
        zh = gettext.GNUTranslations(compiled)
    assert zh.gettext("Region") == "区域"
    assert zh.ngettext("%(num)s row", "%(num)s rows", 3) == "%(num)s 行"
