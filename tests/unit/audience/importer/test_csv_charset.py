"""The charset of an import file is recognised by what its names look like."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import read_subscriber_record
from newsletter.audience.importer import ImportReport
from newsletter.database import Database
from newsletter.tokens import Keyring

EXPORTS = Path(__file__).with_name("exports")
NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
Bring = Callable[..., list[ImportReport]]
Standing = Callable[[], dict[str, str | None]]


ENCODED = {
    "cp1252": "Zoë,François,Köln",
    "mac_roman": "Zoë,François,Köln",
    "gb18030": "王芳,李娜,上海",
    "cp932": "さくら,鈴木,大阪",
    "big5": "陳,美玲,台北",
    "euc_kr": "이영희,김,부산",
    "cp1251": "Анна,Смирнова,Москва",
    "koi8_r": "Анна,Смирнова,Москва",
    "utf-16": "Zoë,王芳,Łódź",
    "utf-32": "Zoë,王芳,Łódź",
    "utf-8-sig": "Zoë,王芳,Łódź",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_names_are_read_whatever_encoding_they_were_saved_in(
    encoding: str, bring_in: Bring, database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(f"email,first name,last name,city\nann@mail.example.org,{ENCODED[encoding]}\n".encode(encoding))
    bring_in(path)
    record = read_subscriber_record(database, keyring, Address.parse("ann@mail.example.org"))
    assert record is not None
    assert record.subscriber is not None
    person = record.subscriber
    assert f"{person.first_name},{person.last_name},{person.fields['city']}" == ENCODED[encoding]
