"""`create_draft` writes a new issue's file and never replaces another."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from newsletter.content import Status, create_draft, read_issue
from newsletter.errors import UsageError
from newsletter.settings import Settings, read_settings

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "newsletter.toml").write_text('[publication]\ntitle = "Times"\n', encoding="utf-8")
    return read_settings(tmp_path, {})


def test_a_draft_is_read_back_with_its_title_and_date(settings: Settings) -> None:
    path = create_draft(settings, 'What "the harbour" keeps: part #2', now=NOW)
    assert path == settings.issues / "what-the-harbour-keeps-part-2" / "index.md"
    issue = read_issue(settings, "what-the-harbour-keeps-part-2")
    assert issue.title == 'What "the harbour" keeps: part #2'
    assert issue.status is Status.DRAFT
    assert issue.date == datetime(2026, 11, 23, tzinfo=UTC)
    assert issue.preheader == ""
    assert not issue.findings


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Über Łódź", "uber-lodz"),
        ("Große Straße", "grosse-strasse"),
        ("d’Artagnan's friends", "dartagnans-friends"),
        ("Привет, мир", "privet-mir"),
        ("Καλημέρα", "kalimera"),
        ("灯台", "2026-11-23"),
        ("灯台 2", "2026-11-23"),
        ("אור", "2026-11-23"),
        ("!!!", "2026-11-23"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 200, "x" * 60),
        (f"{'word ' * 30}", "word-" * 11 + "word"),
    ],
)
def test_the_slug_is_made_from_any_script(settings: Settings, title: str, slug: str) -> None:
    assert create_draft(settings, title, now=NOW).parent.name == slug


@given(st.text(min_size=1, max_size=100))
@profile(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_title_survives_the_trip_through_its_file(settings: Settings, title: str) -> None:
    try:
        path = create_draft(settings, title, now=NOW)
    except (UsageError, UnicodeEncodeError):
        return
    assert path.parent.parent == settings.issues
    assert read_issue(settings, path.parent.name).status is Status.DRAFT
    path.unlink()
    path.parent.rmdir()


def test_an_issue_that_is_there_is_never_replaced(settings: Settings) -> None:
    path = create_draft(settings, "Lights", now=NOW)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="issues/lights already exists"):
        create_draft(settings, "Lights", now=NOW)
    assert path.read_text(encoding="utf-8") == "mine"


def test_an_issue_in_a_single_file_is_not_shadowed(settings: Settings) -> None:
    settings.issues.mkdir()
    (settings.issues / "lights.md").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"issues/lights\.md"):
        create_draft(settings, "Lights", now=NOW)


def test_titles_that_share_a_day_are_numbered(settings: Settings) -> None:
    names = [create_draft(settings, title, now=NOW).parent.name for title in ("灯", "台")]
    assert names == ["2026-11-23", "2026-11-23-2"]


@pytest.mark.parametrize("title", ["", "  ", "\n\t"])
def test_a_title_is_needed(settings: Settings, title: str) -> None:
    with pytest.raises(UsageError, match="needs a title"):
        create_draft(settings, title, now=NOW)
    assert not settings.issues.exists()
