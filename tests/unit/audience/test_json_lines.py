"""JSON Lines hold all that is known, and an import brings all of it back, for ever the same."""

import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import Phase, given
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.address import Address
from newsletter.audience import (
    SuppressionReason,
    add_subscriber,
    candidates,
    end_subscription,
    erase,
    export_csv,
    export_json,
    find_subscriber_id,
    import_csv,
    show_subscriber,
    suppress,
)
from newsletter.audience.roster import suppressions, tags
from newsletter.database import Database
from newsletter.tokens import Keyring
from tests.drawing import drawn
from tests.fresh import fresh_database

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


@drawn(15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
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
                assert told(second, local)[: len(told(first, local))] == told(first, local)
        before = exported(second, is_json=is_json)
        import_csv(second, KEYRING, path, "weekly", now=NOW)
        assert exported(second, is_json=is_json) == before
        first.close()
        second.close()


def test_hashes_of_another_key_are_refused_by_name(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a"), opened(tmp_path / "b")
    erase(first, KEYRING, Address.parse("gone@example.org"), origin="command line", now=NOW)
    path = tmp_path / "weekly.jsonl"
    path.write_text(exported(first, is_json=True))
    report = import_csv(second, Keyring((b"x" * 32,)), path, "weekly", now=NOW)
    assert "another key" in report.findings[0].message
    assert hashes(second) == set()
    assert "gone" not in path.read_text()


def test_a_line_that_is_none_is_named_and_the_rest_comes_in(tmp_path: Path) -> None:
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
        end_subscription(database, number, "weekly" if fate == "left" else None, origin="mail", now=now)
    elif fate == "bounced":
        suppress(database, KEYRING, address, SuppressionReason.BOUNCED, origin="mail", now=now)
    elif fate == "erased":
        erase(database, KEYRING, address, origin="mail", now=now)


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
    record = show_subscriber(database, KEYRING, Address.parse(f"{local}@example.org"))
    return list(record.subscriptions[0][1]) if record and record.subscriptions else []
