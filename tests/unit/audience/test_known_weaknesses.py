"""Weaknesses that others had in imports, exports and tokens, one test each with its number."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import candidates, export_csv, export_json, list_members
from newsletter.audience.importer import ImportReport, import_file, open_import_files
from newsletter.compose import EscapeContext, MergeTag, fill_merge_tags
from newsletter.database import Database
from newsletter.delivery.notices import Notice, build_notice_message
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

Bring = Callable[..., ImportReport]
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"


def test_formulas_in_a_spreadsheet_export(bring: Bring, database: Database) -> None:
    """CVE-2018-8092 (Mautic)."""
    bring("email,first_name,=HYPERLINK(1)\nada@example.org,=1+1,@x\n")
    out = io.StringIO()
    export_csv(database, "weekly", out)
    cells = [cell for row in csv.reader(io.StringIO(out.getvalue())) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("hostile", ["x'; DROP TABLE subscribers; --", 'a") OR 1=1 --', "$.x", "?", ":a", "%(b)s"])
def test_sql_injection_by_an_imported_file(bring: Bring, database: Database, hostile: str) -> None:
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


def test_scripts_in_an_imported_name(bring: Bring, database: Database) -> None:
    """CVE-2021-24556, CVE-2021-27911 (names), CVE-2026-70588 (Ghost's import)."""
    bring(f"email,first_name\nada@example.org,{SCRIPT}\n")
    (member,) = list_members(database, "weekly")
    name = member.subscription.subscriber.first_name
    part = (MergeTag(name="subscriber.first_name", context=EscapeContext.HTML),)
    assert "<" not in fill_merge_tags(part, {"subscriber.first_name": name})


def test_a_header_smuggled_in_by_a_name(bring: Bring, database: Database, tmp_path: object, keyring: Keyring) -> None:
    """CVE-2026-1299, CVE-2024-6923 (CPython's header newlines)."""
    bring('email,first_name\nada@example.org,"A\r\nBcc: eve@example.org\u2028X: y"\n')
    (member,) = list_members(database, "weekly")
    person = member.subscription.subscriber
    entry = {"title": "T", "from": "T <t@example.org>", "list_id": "t.example.org"}
    settings = Settings.model_validate({"publication": {"title": "T"}, "lists": {"weekly": entry}, "root": tmp_path})
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
    mail = message_from_bytes(build_notice_message(notice, settings, keyring, NOW).message, policy=default)
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert len(mail["To"].addresses) == 1


def test_one_address_that_is_read_as_another(bring: Bring) -> None:
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
    assert report.counts == {"rejected": 3}


def test_tokens_that_can_be_counted_up(keyring: Keyring) -> None:
    """CVE-2018-10189 (Mautic): sequential numbers impersonate people."""
    token = keyring.sign(Purpose.UNSUBSCRIBE, 7)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    for place in range(len(token)):
        for letter in letters:
            changed = f"{token[:place]}{letter}{token[place + 1 :]}"
            assert changed == token or keyring.verify(Purpose.UNSUBSCRIBE, changed) is None


def test_secrets_that_leak_through_an_export(bring: Bring, database: Database, keyring: Keyring) -> None:
    """CVE-2025-49136 (listmonk) and CVE-2017-20031 (phpList): what is private leaks sideways."""
    bring("email\nada@example.org\n")
    out = io.StringIO()
    export_json(database, keyring, "weekly", out)
    assert keyring.keys[0].decode() not in out.getvalue()
    assert set(json.loads(out.getvalue())) == {
        "email", "first_name", "last_name", "named_at", "state", "changed_at", "suppressed", "fields", "tags",
        "consents",
    }  # fmt: skip


def test_a_path_out_of_the_folder_in_an_imported_archive(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    """GHSA-6r9h-4h75-7q4x (Mautic): a member of the archive names the file that it overwrites."""
    (inner := tmp_path / "a" / "b").mkdir(parents=True)
    with zipfile.ZipFile(inner / "evil.zip", "w") as bundle:
        for name in ("../../evil.csv", "/tmp/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv"):
            bundle.writestr(name, "email\nada@example.org\n")
    before = sorted(tmp_path.rglob("*"))
    with open_import_files(inner / "evil.zip") as sheets:
        for sheet in sheets:
            list(import_file(database, keyring, sheet, "weekly", now=NOW))
    assert sorted(tmp_path.rglob("*")) == before


def test_an_import_that_makes_the_private_public(bring: Bring, database: Database) -> None:
    """CVE-2021-33038 (HyperKitty): what was private is not, once it is imported. Here nobody comes back by it."""
    bring("email,status\nada@example.org,unsubscribed\nbea@example.org,bounced\n")
    bring("email,status\nada@example.org,subscribed\nbea@example.org,subscribed\n")
    with database.read() as connection:
        assert {row.exclusion for row in connection.execute(candidates("weekly"))} == {
            "unsubscribed",
            "suppressed",
        }


def test_a_token_equal_to_another_as_a_number(keyring: Keyring) -> None:
    """phpList 3.5 (2020): two hashes that read as numbers were equal; here octets are compared."""
    token = keyring.sign(Purpose.CONFIRM, 7)
    for wrong in (
        "0",
        "0e1",
        "7",
        "0e" + "2" * (len(token) - 2),
        token + "0",
        " " + token,
        token.replace(token[0], "0", 1),
    ):
        assert keyring.verify(Purpose.CONFIRM, wrong) is None


def test_a_token_that_tells_of_its_key(keyring: Keyring) -> None:
    """CVE-2021-43332 (Mailman): a form's token held what the administrator's password could be guessed from."""
    other = Keyring((b"j" * 32,))
    for purpose in Purpose:
        token = keyring.sign(purpose, 7)
        assert other.verify(purpose, token) is None
        assert keyring.keys[0].hex()[:8] not in token.encode().hex()


def test_scripts_through_an_imported_field_in_an_export(bring: Bring, database: Database, keyring: Keyring) -> None:
    """CVE-2026-70588 (Ghost), phpList #667: what an import brought comes to life where it is read again."""
    bring(f'email,note\nada@example.org,"{SCRIPT}"\n')
    out = io.StringIO()
    export_json(database, keyring, "weekly", out)
    assert json.loads(out.getvalue())["fields"] == {"note": SCRIPT}
    assert (
        fill_merge_tags(
            (MergeTag(name="subscriber.note", context=EscapeContext.HTML),), {"subscriber.note": SCRIPT}
        ).count("<")
        == 0
    )
