"""The table of the author's answers to comments."""

import base64
import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from newsletter.database import Database, UtcDateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the author answered to one reply."""

    id: str
    """Short and stable: the same words to the same reply are the same answer. Also the id of its comment."""
    reply_id: str
    author: str
    text: str
    is_private: bool
    """Whether it goes by mail only, and never stands in the archive."""
    written_at: datetime


_ANSWERS = sa.table(
    "answers",
    *(sa.column(name, sa.Text) for name in ("id", "reply_id", "author", "text")),
    sa.column("is_private", sa.Boolean),
    sa.column("written_at", UtcDateTime),
)


def answer_id(reply_id: str, text: str) -> str:
    """Return the id of an answer."""
    digest = hashlib.sha256(f"{reply_id}\0{' '.join(text.split())}".encode("utf-8", "replace")).digest()
    return base64.b32encode(digest).decode().lower()[:10]


def record_answer(connection: sa.Connection, answer: Answer) -> bool:
    """Write an answer; False, and nothing written, if it is there already."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(_ANSWERS).values(asdict(answer)).on_conflict_do_nothing().returning(_ANSWERS.c.id)
    return connection.execute(statement).one_or_none() is not None


def read_answers(database: Database, reply_id: str) -> tuple[Answer, ...]:
    """Return the answers to a reply, oldest first."""
    query = sa.select(_ANSWERS).where(_ANSWERS.c.reply_id == reply_id).order_by(_ANSWERS.c.written_at)
    with database.read() as connection:
        return tuple(Answer(**row._mapping) for row in connection.execute(query))


def find_answer(database: Database, name: str) -> Answer | None:
    """Return the answer of that id, or None."""
    with database.read() as connection:
        row = connection.execute(sa.select(_ANSWERS).where(_ANSWERS.c.id == name)).one_or_none()
    return None if row is None else Answer(**row._mapping)


def forget_private_answers(database: Database, reply_id: str) -> None:
    """Forget what the author wrote to a reader alone."""
    theirs = (_ANSWERS.c.reply_id == reply_id) & _ANSWERS.c.is_private
    with database.write() as connection:
        connection.execute(sa.delete(_ANSWERS).where(theirs))
