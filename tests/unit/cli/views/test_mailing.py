"""What a send prints when nobody was left to send to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.app.sending import SendResult
from newsletter.cli.views.mailing import show_result
from newsletter.delivery import Counts, Mailing, MailingKind, MailingStage
from newsletter.settings import PublicationSettings, Settings

NOW = datetime(2026, 11, 2, tzinfo=UTC)
MAILING = Mailing(
    id=7,
    kind=MailingKind.ISSUE,
    slug="on-patience",
    list_name="weekly",
    edition_digest="0" * 64,
    transport="smtp",
    created_at=NOW,
)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(submitted=3, excluded={}), "everybody on list weekly has 'on-patience' already"),
        (Counts(submitted=1, uncertain=2, excluded={}), "2 are uncertain: newsletter resolve 7"),
        (Counts(submitted=1, failed=2, excluded={}), "2 failed"),
        (Counts(excluded={}), "list weekly has nobody on it"),
    ],
)
def test_uncertain_readers_are_never_said_to_have_it(
    counts: Counts, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(root=Path("/nowhere"), publication=PublicationSettings(title="Letters"))
    show_result(SendResult(mailing=MAILING, stage=MailingStage.OPEN, at=NOW, before=counts, counts=counts), settings)
    printed = " ".join(capsys.readouterr().out.split())
    assert expected in printed
    assert ("has 'on-patience' already" in printed) == (
        not counts.uncertain and not counts.failed and counts.submitted > 0
    )
