"""Alerts: a send that stops alerts the author by email, once."""

import sqlite3
from contextlib import closing

import pytest

from tests.acceptance.mail_servers import query
from tests.acceptance.ses_publication import READERS, SEND, SesPublication

pytestmark = pytest.mark.slow


def test_a_send_stopped_by_the_quota_alerts_the_author_once(
    ses_publication: SesPublication,
) -> None:
    ses_publication.publication.write(
        "newsletter.toml",
        (ses_publication.publication.folder / "newsletter.toml").read_text()
        + '\n[operations]\nalert = ["ines@lamplighter.example"]\n',
    )
    ses_publication.account.quota = 100
    first, second = (ses_publication.publication.run(*SEND, "--no-wait") for _ in range(2))
    assert (first.code, second.code) == (75, 75)
    assert "an alert could not be mailed" in first.err
    assert "an alert" not in second.err
    notices = "SELECT status, recipient, text FROM notices WHERE kind = 'alert'"
    ((status, recipient, detail),) = query(ses_publication.publication, notices)
    assert (status, recipient) == ("planned", "ines@lamplighter.example")
    assert "of 'lamp' to crowd is waiting: SES: " in detail
    ses_publication.account.quota = 10_000
    with closing(sqlite3.connect(ses_publication.publication.folder / "var" / "newsletter.db")) as database:
        database.execute("UPDATE notices SET due_at = 0")  # it is put off for a minute
        database.commit()
    sent = ses_publication.publication.run_ok(*SEND)
    assert (sent.json["submitted"], sent.json["planned"]) == (READERS, 0)
    assert "1 notice submitted" in sent.err
    assert [row[0] for row in query(ses_publication.publication, notices)] == ["submitted"]
