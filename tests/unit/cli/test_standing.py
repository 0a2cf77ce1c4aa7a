"""What a send says when nobody was left to send to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.cli.views.mailing import say_result
from newsletter.delivery import Counts, Mailing, MailingKind
from newsletter.settings import PublicationSettings, Settings

MAILING = Mailing(
    id=7,
    kind=MailingKind.ISSUE,
    slug="on-patience",
    list_name="weekly",
    edition_digest="0" * 64,
    transport="smtp",
    created_at=datetime(2026, 11, 2, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (Counts(submitted=3, excluded={}), "everybody on list weekly has 'on-patience' already"),
        (Counts(submitted=1, uncertain=2, excluded={}), "2 are uncertain: newsletter resolve 7"),
        (Counts(submitted=1, failed=2, excluded={}), "2 failed"),
        (Counts(excluded={}), "list weekly has nobody on it"),
    ],
)
def test_nothing_to_do_is_never_said_of_the_uncertain(
    counts: Counts, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(root=Path("/nowhere"), publication=PublicationSettings(title="Letters"))
    say_result(MAILING, counts, counts, settings)
    said = " ".join(capsys.readouterr().out.split())
    assert says in said
    assert ("has 'on-patience' already" in said) == (
        not counts.uncertain and not counts.failed and counts.submitted > 0
    )
