"""How a writer wants to be named: a line such as "Name: Jo W." or "anonymous" in an answer, and what we keep."""

import re
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from newsletter.database import Database, UtcDateTime
from newsletter.replies.extract.phrase_tables import folded, word_set
from newsletter.replies.redact.redaction import redact_name

_LABELS = word_set(
    """name|my name|sign as|signed as|show as|name shown|unterschrift|mein name|nom|signer
    nombre|firmar como
    nome|firmare|assinar como|naam|imię|podpis|имя|подпись|isim|ad|imza|الاسم|שם|名字|署名|名前|이름
    jméno|navn|namn|nimi"""
)
_ANONYMOUS = word_set(
    """anonymous|anonymously|anonym|anonyme|anónimo|anonimo|anônimo|anoniem|anonimowo|анонимно
    анонімно|anonim
    مجهول|אנונימי|匿名|익명|anonymně|anonyymi|anonymt"""
)
_LINE = re.compile(r"\s*([^:：\n]{1,20}?)\s*[:：]\s*(\S[^\n]{0,60})\s*")
NAMELESS = "A reader"
_WRITERS = sa.table(
    "writers",
    sa.column("subscriber_id", sa.BigInteger),
    sa.column("shown_name", sa.Text),
    sa.column("changed_at", UtcDateTime),
)


def read_chosen_name(text: str) -> tuple[str, str]:
    """Return the name that the first or last line of an answer asks for, "" if none does, and the other lines."""
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    for index in dict.fromkeys((filled[0], filled[-1])) if len(filled) > 1 else ():
        if name := _name_in(lines[index]):
            return name, "\n".join(lines[:index] + lines[index + 1 :]).strip("\n")
    return "", text


def _name_in(line: str) -> str:
    if " ".join(folded(line[:60]).split()).strip(" .,;:!-–—()[]") in _ANONYMOUS:
        return NAMELESS
    found = _LINE.fullmatch(line)
    if found is None or " ".join(folded(found[1]).split()) not in _LABELS:
        return ""
    return NAMELESS if folded(found[2]).strip(" .") in _ANONYMOUS else redact_name(found[2])


def find_display_name(database: Database, subscriber_id: int | None) -> str:
    """Return the name that a subscriber chose earlier, or ""."""
    if subscriber_id is None:
        return ""
    query = sa.select(_WRITERS.c.shown_name).where(_WRITERS.c.subscriber_id == subscriber_id)
    with database.read() as connection:
        return connection.scalar(query) or ""


def save_display_name(database: Database, subscriber_id: int, name: str, now: datetime) -> None:
    """Keep the name that a subscriber chose, for all answers to come."""
    insert = sqlite_insert if database.is_sqlite else postgresql_insert
    row = {"subscriber_id": subscriber_id, "shown_name": name, "changed_at": now}
    with database.write() as connection:
        connection.execute(
            insert(_WRITERS)
            .values(row)
            .on_conflict_do_update(index_elements=["subscriber_id"], set_={"shown_name": name, "changed_at": now})
        )


def forget_name(database: Database, subscriber_id: int) -> None:
    """Forget the name that a subscriber chose."""
    with database.write() as connection:
        connection.execute(sa.delete(_WRITERS).where(_WRITERS.c.subscriber_id == subscriber_id))
