"""Display names: how a writer wants to be named beside their comments.

A line such as "Name: Jo W." or "anonymous" in a reply chooses one; it is kept for the replies to come.
"""

import re
from datetime import datetime

import sqlalchemy as sa

from newsletter.database import Database, insert_into
from newsletter.replies.extract.phrase_tables import fold, phrase_set
from newsletter.replies.redact.redaction import redact_name
from newsletter.replies.store.tables import WRITERS

_NAME_LABELS = phrase_set(
    """name|my name|sign as|signed as|show as|name shown|unterschrift|mein name|nom|signer
    nombre|firmar como
    nome|firmare|assinar como|naam|imię|podpis|имя|подпись|isim|ad|imza|الاسم|שם|名字|署名|名前|이름
    jméno|navn|namn|nimi"""
)
_ANONYMOUS_PHRASES = phrase_set(
    """anonymous|anonymously|anonym|anonyme|anónimo|anonimo|anônimo|anoniem|anonimowo|анонимно
    анонімно|anonim
    مجهول|אנונימי|匿名|익명|anonymně|anonyymi|anonymt"""
)
_LABELLED_LINE = re.compile(r"\s*([^:：\n]{1,20}?)\s*[:：]\s*(\S[^\n]{0,60})\s*")
ANONYMOUS_NAME = "A reader"


def author_name(shown_name: str, subscriber_name: str) -> str:
    """Return the name to print: as the From field shows it, else as we know the subscriber; never an address."""
    return redact_name(shown_name) or redact_name(subscriber_name) or ANONYMOUS_NAME


def read_chosen_name(text: str) -> tuple[str, str]:
    """Return the name that the first or last line of a reply asks for, "" if none does, and the other lines."""
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    for index in dict.fromkeys((filled[0], filled[-1])) if len(filled) > 1 else ():
        if name := _name_in(lines[index]):
            return name, "\n".join(lines[:index] + lines[index + 1 :]).strip("\n")
    return "", text


def _name_in(line: str) -> str:
    if " ".join(fold(line[:60]).split()).strip(" .,;:!-–—()[]") in _ANONYMOUS_PHRASES:
        return ANONYMOUS_NAME
    match = _LABELLED_LINE.fullmatch(line)
    if match is None or " ".join(fold(match[1]).split()) not in _NAME_LABELS:
        return ""
    return ANONYMOUS_NAME if fold(match[2]).strip(" .") in _ANONYMOUS_PHRASES else redact_name(match[2])


def find_display_name(database: Database, subscriber_id: int | None) -> str:
    """Return the name that a subscriber chose earlier, or ""."""
    if subscriber_id is None:
        return ""
    query = sa.select(WRITERS.c.shown_name).where(WRITERS.c.subscriber_id == subscriber_id)
    with database.read() as connection:
        return connection.scalar(query) or ""


def save_display_name(database: Database, subscriber_id: int, name: str, now: datetime) -> None:
    """Keep the name that a subscriber chose, for all replies to come."""
    row = {"subscriber_id": subscriber_id, "shown_name": name, "changed_at": now}
    with database.write() as connection:
        connection.execute(
            insert_into(connection, WRITERS)
            .values(row)
            .on_conflict_do_update(index_elements=["subscriber_id"], set_={"shown_name": name, "changed_at": now})
        )


def delete_display_name(database: Database, subscriber_id: int) -> None:
    """Delete the name that a subscriber chose."""
    with database.write() as connection:
        connection.execute(sa.delete(WRITERS).where(WRITERS.c.subscriber_id == subscriber_id))
