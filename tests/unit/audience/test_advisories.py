"""What went wrong in imports, exports and links elsewhere; each test names its advisory."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from newsletter.address import Address
from newsletter.audience import ImportReport, candidates, export_csv, export_json, list_members
from newsletter.compose import Context, Slot, filled
from newsletter.database import Database
from newsletter.delivery import Notice, write_letter
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

Bring = Callable[..., ImportReport]
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"


def test_csv_injection_is_guarded_in_cells_and_headings(bring: Bring, database: Database) -> None:
    """CVE-2018-8092 (Mautic)."""
    bring("email,first_name,=HYPERLINK(1)\nada@example.org,=1+1,@x\n")
    out = io.StringIO()
    export_csv(database, "weekly", out)
    cells = [cell for row in csv.reader(io.StringIO(out.getvalue())) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("hostile", ["x'; DROP TABLE subscribers; --", 'a") OR 1=1 --', "$.x", "?", ":a", "%(b)s"])
def test_no_cell_heading_or_tag_becomes_sql(bring: Bring, database: Database, hostile: str) -> None:
    """CVE-2017-20029, 20030, 20032 (phpList), CVE-2026-22596 (Ghost)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["email", "tags", "status", hostile])
    writer.writerow(["ada@example.org", hostile, hostile, hostile])
    bring(out.getvalue())
    bring(out.getvalue())
    (member,) = list_members(database, "weekly")
    assert hostile in member.subscription.subscriber.fields.values()
    with database.read() as connection:
        assert len(connection.execute(candidates(hostile)).all()) == 0


def test_a_name_with_markup_stays_text_in_a_letter(bring: Bring, database: Database) -> None:
    """CVE-2021-24556, CVE-2021-27911 (names), CVE-2026-70588 (Ghost's import)."""
    bring(f"email,first_name\nada@example.org,{SCRIPT}\n")
    (member,) = list_members(database, "weekly")
    name = member.subscription.subscriber.first_name
    part = (Slot(name="subscriber.first_name", context=Context.HTML),)
    assert "<" not in filled(part, {"subscriber.first_name": name})


def test_no_name_adds_a_header(bring: Bring, database: Database, tmp_path: object, keyring: Keyring) -> None:
    """CVE-2026-1299, CVE-2024-6923 (CPython's header newlines)."""
    bring('email,first_name\nada@example.org,"A\r\nBcc: eve@example.org\u2028X: y"\n')
    (member,) = list_members(database, "weekly")
    person = member.subscription.subscriber
    entry = {"title": "T", "from": "T <t@example.org>", "list_id": "t.example.org"}
    settings = Settings.model_validate(
        {"publication": {"title": "T"}, "lists": {"weekly": entry}, "root": tmp_path}
    )
    notice = Notice(
        id=1,
        kind="welcome",
        about="x",
        recipient=str(person.address),
        recipient_name=person.name,
        list_name="weekly",
        subject=f"Hi {person.name}",
        text="x",
        is_automatic=True,
    )
    mail = message_from_bytes(write_letter(notice, settings, keyring, NOW).message, policy=default)
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert len(mail["To"].addresses) == 1


def test_two_addresses_in_a_cell_are_none(bring: Bring) -> None:
    """CVE-2023-27043 (CPython), CVE-2026-41259 (Mastodon)."""
    cells = [
        "ada@example.org,eve@example.org",
        "ada@example.org <eve@example.org>",
        "a@b@example.org",
        "ada@exa\x00mple.org",
    ]
    for cell in cells:
        with pytest.raises(ValueError):
            Address.parse(cell)
    report = bring("email\n" + "\n".join(f'"{cell}"' for cell in cells[:3]) + "\n")
    assert report.fates == {"rejected": 3}


def test_no_token_is_found_by_counting(keyring: Keyring) -> None:
    """CVE-2018-10189 (Mautic): sequential numbers impersonate people."""
    token = keyring.sign(Purpose.UNSUBSCRIBE, 7)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    for place in range(len(token)):
        for letter in letters:
            changed = f"{token[:place]}{letter}{token[place + 1 :]}"
            assert changed == token or keyring.read(Purpose.UNSUBSCRIBE, changed) is None


def test_an_export_holds_no_secret_and_no_token(bring: Bring, database: Database, keyring: Keyring) -> None:
    """CVE-2025-49136 (listmonk) and CVE-2017-20031 (phpList): what is private leaks sideways."""
    bring("email\nada@example.org\n")
    out = io.StringIO()
    export_json(database, keyring, "weekly", out)
    assert keyring.keys[0].decode() not in out.getvalue()
    assert set(json.loads(out.getvalue())) == {
        "email", "first_name", "last_name", "state", "changed_at", "suppressed", "fields", "tags", "consents",
    }  # fmt: skip
