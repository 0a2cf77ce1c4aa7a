"""JSON Lines hold all that is known, and an import brings all of it back, for ever the same."""

import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.address import Address
from newsletter.audience import (
    ConsentProof,
    SuppressionReason,
    add_subscriber,
    candidates,
    erase_subscriber,
    export_csv,
    export_json,
    find_subscriber_id,
    grant_click_consent,
    read_subscriber_record,
    set_first_name,
    suppress,
    unsubscribe,
)
from newsletter.audience.importer import import_csv
from newsletter.audience.tables import suppressions, tags
from newsletter.database import Database
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database
from tests.hypothesis_examples import examples

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))
WORDS = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("'=+-@\t\r\n\x00,;\"|\u202e\u2028")), max_size=10
)
PEOPLE = st.lists(
    st.tuples(
        st.from_regex(r"[a-z'=+]{1,8}", fullmatch=True),
        WORDS,
        st.dictionaries(st.sampled_from(["city", "age", "città", "2024"]), WORDS, max_size=3),
        st.lists(WORDS, max_size=3),
        st.sampled_from(["stay", "left", "left all", "bounced", "erased"]),
    ),
    max_size=5,
    unique_by=lambda row: row[0],
)


@examples(15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(PEOPLE, st.booleans())
def test_what_was_exported_comes_back_in_both_formats(
    rows: list[tuple[str, str, dict[str, str], list[str], str]], is_json: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = opened(Path(folder, "a")), opened(Path(folder, "b"))
        for number, row in enumerate(rows):
            fill(first, row, NOW + timedelta(minutes=number))
        text = exported(first, is_json=is_json)
        path = Path(folder, "weekly.jsonl" if is_json else "weekly.csv")
        path.write_text(text, encoding="utf-8", newline="")
        import_csv(second, KEYRING, path, "weekly", now=NOW)
        assert people(second) == people(first)
        if is_json:
            assert hashes(second) == hashes(first)
            for local, *_ in rows:
                assert told(second, local) == told(first, local)
        assert exported(second, is_json=is_json) == text
        import_csv(second, KEYRING, path, "weekly", now=NOW)
        assert exported(second, is_json=is_json) == text
        first.close()
        second.close()


def test_hashes_of_another_key_are_refused_by_name(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "b")
    erase_subscriber(first, KEYRING, Address.parse("gone@example.org"), origin="command line", now=NOW)
    path = tmp_path / "weekly.jsonl"
    path.write_text(exported(first, is_json=True))
    report = import_csv(second, Keyring((b"x" * 32,)), path, "weekly", now=NOW)
    assert "another key" in report.findings[0].message
    assert hashes(second) == set()
    assert "gone" not in path.read_text()


def test_an_invalid_line_is_reported_and_the_rest_is_imported(tmp_path: Path) -> None:
    database = opened(tmp_path)
    path = tmp_path / "weekly.jsonl"
    deep = "[" * 200_000
    path.write_text(
        '{"email":"ada@example.org"}\nno json\n[]\n{"email":"bob@example.org","state":"dancing"}\n'
        f'{deep}\n{{"email":"eve@example.org","consents":[{{"act":"x"}}]}}\n{{"suppressed_hash":"zz"}}\n'
        '{"email":"zoe@example.org","fields":{"n":7},"tags":["a,b"]}\n'
    )
    report = import_csv(database, KEYRING, path, "weekly", now=NOW)
    assert [finding.line for finding in report.findings] == [2, 3, 4, 5, 6, 7]
    assert [person[0] for person in people(database)] == ["ada@example.org", "zoe@example.org", "a", "b"]
    database.close()


def named(database: Database, local: str = "ada") -> tuple[str, datetime | None]:
    """By which first name somebody is greeted, and when they chose it."""
    found = read_subscriber_record(database, KEYRING, Address.parse(f"{local}@example.org"))
    assert found is not None
    assert found.subscriber is not None
    return found.subscriber.first_name, found.subscriber.named_at


@pytest.mark.parametrize("chosen", ["Countess", ""])
def test_a_first_name_that_somebody_chose_stays_theirs_elsewhere(tmp_path: Path, chosen: str) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "b")
    path, sheet = tmp_path / "weekly.jsonl", tmp_path / "weekly.csv"
    sheet.write_text("email,first_name\nada@example.org,Augusta\n")
    for database in (first, second):
        import_csv(database, KEYRING, sheet, "weekly", now=NOW)
    number = find_subscriber_id(first, Address.parse("ada@example.org"))
    assert number is not None
    set_first_name(first, number, chosen, now=NOW)
    path.write_text(exported(first, is_json=True))
    third = opened(tmp_path / "c")
    for database in (second, third):
        import_csv(database, KEYRING, path, "weekly", now=NOW + timedelta(days=1))
        assert named(database) == (chosen, NOW)
        import_csv(database, KEYRING, sheet, "weekly", now=NOW + timedelta(days=1))
        assert named(database) == (chosen, NOW), "an import says no other"
    for database in (first, second, third):
        database.close()


def test_of_two_names_that_somebody_chose_the_later_one_is_theirs(tmp_path: Path) -> None:
    database = opened(tmp_path)
    add_subscriber(database, KEYRING, Address.parse("ada@example.org"), "weekly", origin="test", now=NOW)
    number = find_subscriber_id(database, Address.parse("ada@example.org"))
    assert number is not None
    set_first_name(database, number, "Here", now=NOW)
    path = tmp_path / "weekly.jsonl"
    for day, expected in ((-1, "Here"), (1, "There")):
        at = NOW + timedelta(days=day)
        line = {"email": "ada@example.org", "first_name": "There", "named_at": at.isoformat()}
        path.write_text(json.dumps(line))
        import_csv(database, KEYRING, path, "weekly", now=NOW)
        assert named(database)[0] == expected
    database.close()


def test_no_import_makes_anybody_agree_to_clicks(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "b")
    add_subscriber(first, KEYRING, Address.parse("ada@example.org"), "weekly", origin="test", now=NOW)
    with first.write() as connection:
        assert grant_click_consent(connection, 1, origin="web", proof=ConsentProof(consent_text="May we?"), now=NOW)
    path = tmp_path / "weekly.jsonl"
    line = json.loads(exported(first, is_json=True)) | {"clicks_agreed_at": NOW.isoformat()}
    path.write_text(json.dumps(line))
    import_csv(second, KEYRING, path, "weekly", now=NOW)
    found = read_subscriber_record(second, KEYRING, Address.parse("ada@example.org"))
    assert found is not None
    assert found.subscriber is not None
    assert found.subscriber.clicks_agreed_at is None
    assert "clicks agreed" in [each.act for _, consents in found.subscriptions for each in consents], "it is history"
    first.close()
    second.close()


def fill(database: Database, row: tuple[str, str, dict[str, str], list[str], str], now: datetime) -> None:
    """Put one person on the list, as tags come by import, and let happen what is to happen."""
    local, name, fields, names, fate = row
    address = Address.parse(f"{local}@example.org")
    add_subscriber(
        database, KEYRING, address, "weekly", first_name=name, fields=fields, tags=names, origin="test", now=now
    )
    number = find_subscriber_id(database, address)
    assert number is not None
    if fate in {"left", "left all"}:
        unsubscribe(database, number, "weekly" if fate == "left" else None, origin="mail", now=now)
    elif fate == "bounced":
        suppress(database, KEYRING, address, SuppressionReason.BOUNCED, origin="mail", now=now)
    elif fate == "erased":
        erase_subscriber(database, KEYRING, address, origin="mail", now=now)


def opened(folder: Path) -> Database:
    folder.mkdir(exist_ok=True)
    return fresh_database(f"sqlite:///{folder / 'newsletter.db'}")


def exported(database: Database, *, is_json: bool) -> str:
    out = io.StringIO()
    if is_json:
        export_json(database, KEYRING, "weekly", out)
        assert all(json.loads(line) for line in out.getvalue().splitlines() if line)
    else:
        export_csv(database, "weekly", out)
    return out.getvalue()


def people(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        found = [
            (
                row.address,
                row.first_name,
                row.last_name,
                str(sorted(field for field in row.fields.items() if field[1])),
                row.exclusion,
            )
            for row in connection.execute(candidates("weekly"))
        ]
        tagged = connection.execute(select(tags.c.tag)).all()
    return [*sorted(found), *sorted(tuple(row) for row in tagged)]


def hashes(database: Database) -> set[tuple[bytes, str]]:
    with database.read() as connection:
        return {(row.address_hash, row.reason) for row in connection.execute(select(suppressions))}


def told(database: Database, local: str) -> list[object]:
    record = read_subscriber_record(database, KEYRING, Address.parse(f"{local}@example.org"))
    return list(record.subscriptions[0][1]) if record and record.subscriptions else []
