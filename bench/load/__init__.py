"""A letter and a publication for the benchmarks: 50 KB as it goes out, with six slots."""

from datetime import UTC, datetime
from pathlib import Path

from newsletter.compose import Edition, EscapeContext, MergeTag
from newsletter.delivery import Mailing, MailingKind

PUBLICATION = """
[publication]
title = "Bench"
url = "https://bench.example"
postal_address = "1 Bench Street"

[lists.all]
title = "Bench"
from = "Bench <news@bench.example>"
list_id = "all.bench.example"

[replies]
domain = "replies.bench.example"

[web]
url = "https://letters.bench.example"

[delivery]
transport = "{transport}"
in_flight = {in_flight}

[delivery.smtp]
host = "127.0.0.1"
port = {port}
connections = {connections}
"""
_SENTENCE = "Nobody had lit the lamp for eleven years, and still the keeper’s widow trimmed the wick each dusk. "


def make_edition() -> Edition:
    """Return an edition of about 36 KB of HTML and 8 KB of text."""
    style = "padding:0 24px 16px;font:400 17px/1.6 Charter,Georgia,serif;color:#1f2328"
    row = f'<tr><td style="{style}">{_SENTENCE}</td></tr>\n'
    name = MergeTag(name="subscriber.first_name", default="friend", context=EscapeContext.HTML)
    leave = MergeTag(name="links.unsubscribe", context=EscapeContext.LINK)
    answer = MergeTag(name="links.reply", context=EscapeContext.LINK)
    plain_name = MergeTag(name="subscriber.first_name", default="friend", context=EscapeContext.PLAIN)
    plain_leave = MergeTag(name="links.unsubscribe", context=EscapeContext.PLAIN)
    plain_answer = MergeTag(name="links.reply", context=EscapeContext.PLAIN)
    return Edition(
        slug="bench",
        list_name="all",
        title="Bench",
        language="en",
        subject=("A letter about lamps",),
        preheader="",
        html=(
            "<p>Dear ",
            name,
            "</p><table>\n",
            row * 180,
            '</table><a href="',
            leave,
            '">leave</a> <a href="',
            answer,
            '">answer</a>\n',
        ),
        text=("Dear ", plain_name, "\n\n", f"{_SENTENCE}\n" * 80, plain_leave, "\n", plain_answer, "\n"),
        web="",
    )


def make_mailing(edition: Edition) -> Mailing:
    """Return a mailing of it that is in no ledger."""
    return Mailing(
        id=1,
        kind=MailingKind.ISSUE,
        slug=edition.slug,
        list_name=edition.list_name,
        edition_digest=edition.digest,
        transport="smtp",
        created_at=datetime.now(UTC),
    )


def write_publication(
    folder: Path, *, transport: str = "outbox", port: int = 25, connections: int = 4, in_flight: int = 64
) -> None:
    """Write newsletter.toml."""
    text = PUBLICATION.format(transport=transport, port=port, connections=connections, in_flight=in_flight)
    (folder / "newsletter.toml").write_text(text)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
