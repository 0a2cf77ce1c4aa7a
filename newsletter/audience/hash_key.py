"""Hash key of the addresses: a database works only with the secret key that it was filled with."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from newsletter.audience.tables import subscribers, suppressions
from newsletter.database import Database
from newsletter.errors import SettingsError
from newsletter.tokens import Keyring

_ROWS_PER_PAGE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAdoption:
    """What `adopt_key` changed in a database whose key was lost."""

    subscribers: int
    """How many were hashed again."""
    lost: int
    """Suppressions of people who are not subscribers: their addresses can no longer be recognised."""


def check_hash_key(database: Database, keyring: Keyring) -> None:
    """Raise SettingsError when the people in a database were hashed with another key."""
    with database.read() as connection:
        first = select(subscribers.c.address_key, subscribers.c.address_hash).order_by(subscribers.c.id).limit(1)
        person = connection.execute(first).first()
    if person is not None and keyring.address_hash(person.address_key) != person.address_hash:
        raise SettingsError(
            "the secret key (NEWSLETTER_SECRET_KEY, else var/secret.key) is not the one that "
            f"{database.place} was filled with: links in sent emails would no longer work, and suppressions "
            "would no longer match. Put the old key back; if it is lost for good: newsletter keys adopt"
        )


def adopt_key(database: Database, keyring: Keyring) -> KeyAdoption:
    """Hash every address again with the present key, in one transaction; a second call changes nothing."""
    hashed = keyring.address_hasher()
    known = (subscribers.c.id, subscribers.c.address_key, subscribers.c.address_hash)
    changed = last = 0
    with database.write() as connection:
        suppressed = set(connection.scalars(select(suppressions.c.address_hash)))
        while page := connection.execute(
            select(*known).where(subscribers.c.id > last).order_by(subscribers.c.id).limit(_ROWS_PER_PAGE)
        ).all():
            last = page[-1].id
            for person in page:
                before, after = bytes(person.address_hash), hashed(person.address_key)
                if before == after:
                    continue
                changed += 1
                connection.execute(update(subscribers).where(subscribers.c.id == person.id).values(address_hash=after))
                if before in suppressed:
                    is_this = suppressions.c.address_hash == before
                    if after in suppressed:  # suppressed with the new key meanwhile
                        connection.execute(delete(suppressions).where(is_this))
                    else:
                        connection.execute(update(suppressions).where(is_this).values(address_hash=after))
        lost = connection.scalar(
            select(func.count())
            .select_from(suppressions)
            .where(suppressions.c.address_hash.not_in(select(subscribers.c.address_hash)))
        )
    return KeyAdoption(subscribers=changed, lost=lost or 0)
