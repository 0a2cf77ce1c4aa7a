"""A ledger with a past: mailings to readers at several providers, what came back, answers and those who left."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from newsletter.address import Address
from newsletter.audience import ConsentProof, add_subscriber, ensure_lists, unsubscribe
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYRING = Keyring((b"k" * 40,))


def new_database(folder: Path, settings: Settings) -> Database:
    database = fresh_database(f"sqlite:///{folder / 'var' / 'newsletter.db'}")
    ensure_lists(database, settings.lists)
    return database


def join(database: Database, addresses: list[str], *, at: datetime = NOW - timedelta(days=60)) -> list[int]:
    """Put people on the list weekly; returns their numbers."""
    for address in addresses:
        add_subscriber(database, KEYRING, Address.parse(address), "weekly", origin="test", now=at)
    with database.read() as connection:
        known = {row.address: row.id for row in connection.execute(text("SELECT id, address FROM subscribers"))}
    return [known[address] for address in addresses]


def leave(database: Database, subscriber: int, *, at: datetime = NOW, evidence: str = "") -> None:
    unsubscribe(database, subscriber, "weekly", origin="web", now=at, proof=ConsentProof(evidence=evidence))


def mail(
    database: Database,
    slug: str,
    people: list[int],
    *,
    at: datetime = NOW,
    status: str = "submitted",
    transport: str = "ses",
) -> tuple[int, list[int]]:
    """Write a finished mailing to people into the ledger; returns its number and those of its deliveries."""
    moment = at.strftime("%Y-%m-%d %H:%M:%S.%f")
    with database.write() as connection:
        connection.execute(
            text("INSERT INTO editions (digest, frozen, created_at) VALUES (:d, '{}', :at) ON CONFLICT DO NOTHING"),
            {"d": slug, "at": moment},
        )
        number = connection.execute(
            text("INSERT INTO rounds (slug, number) VALUES (:s, 1) RETURNING id"), {"s": slug}
        ).scalar_one()
        mailing = connection.execute(
            text(
                "INSERT INTO mailings (kind, slug, list_name, round_id, edition_digest, transport, created_at, "
                "finished_at) VALUES ('issue', :s, 'weekly', :r, :s, :t, :at, :at) RETURNING id"
            ),
            {"s": slug, "r": number, "t": transport, "at": moment},
        ).scalar_one()
        found = [
            connection.execute(
                text(
                    "INSERT INTO deliveries (mailing_id, subscriber_id, round_id, status, changed_at) "
                    "VALUES (:m, :p, :r, :s, :at) RETURNING id"
                ),
                {"m": mailing, "p": person, "r": number, "s": status, "at": moment},
            ).scalar_one()
            for person in people
        ]
    return mailing, found


def report(database: Database, mailing: int, deliveries: list[int], kind: str, reason: str = "") -> None:
    """Write down what a provider reports of letters, as feedback does."""
    with database.write() as connection:
        for delivery in deliveries:
            connection.execute(
                text(
                    "INSERT INTO facts (delivery_id, act, at, code, mailing_id, reason, domain, detail) "
                    "VALUES (:d, :k, '2026-11-24 12:30:00', '', :m, :r, 'x.example', '') ON CONFLICT DO NOTHING"
                ),
                {"d": delivery, "m": mailing, "k": kind, "r": reason},
            )


def answer(
    database: Database,
    slug: str,
    delivery: int,
    *,
    state: str = "held",
    verdict: str = "human",
    note: str = "",
    at: datetime = NOW + timedelta(hours=3),
) -> None:
    moment = at.strftime("%Y-%m-%d %H:%M:%S.%f")
    with database.write() as connection:
        number = connection.execute(text("SELECT count(*) FROM replies")).scalar_one()
        connection.execute(
            text(
                "INSERT INTO replies (id, raw_hash, received_at, fetched_at, slug, delivery_id, matched_by, "
                "from_address, author, is_from_subscriber, is_verified, verdict, reason, state, text, note, "
                "extractor) VALUES (:id, :id, :at, :at, :s, :d, 'token', 'a@b.example', 'A', :yes, :no, :v, '', "
                ":st, 'hello', :n, 1)"
            ),
            {
                "id": f"r{number}",
                "at": moment,
                "s": slug,
                "d": delivery,
                "v": verdict,
                "st": state,
                "n": note,
                "yes": True,
                "no": False,
            },
        )
