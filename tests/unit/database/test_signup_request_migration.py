"""An open sign-up request and a consent survive the migration that renames their table, columns and values."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

import newsletter.database
from newsletter.database import Database, open_database, upgrade

MIGRATIONS = Path(newsletter.database.__file__).parent / "migrations"
REQUEST = (
    "INSERT INTO enquiries (kind, address, address_key, lists, language, words, is_slow, state, created_at, weighed_at)"
    " VALUES (:kind, 'a@b.org', 'a@b.org', '[\"weekly\"]', 'de', 'I agree', :slow, :state, '2026-11-01', '2026-11-02')"
)


def upgrade_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.schema_change() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_sign_up_requests_and_consents_survive_their_renaming(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    upgrade_to(database, "0014")
    with database.write() as connection:
        for kind, state in (("join", "weighed"), ("own", "new"), ("join", "answered"), ("join", "confirmed")):
            connection.execute(text(REQUEST), {"kind": kind, "state": state, "slow": state == "new"})
        connection.execute(text("INSERT INTO lists (id, name) VALUES (1, 'weekly')"))
        connection.execute(
            text(
                "INSERT INTO subscribers (id, address, address_key, address_hash, created_at)"
                " VALUES (1, 'a@b.org', 'a@b.org', x'00', '2026-11-01')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO subscriptions (id, list_id, subscriber_id, state, changed_at)"
                " VALUES (1, 1, 1, 'confirmed', '2026-11-01')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO consents (subscription_id, act, at, origin, words)"
                " VALUES (1, 'confirmed', '2026-11-01', 'web', 'I agree')"
            )
        )
    upgrade(database)
    with database.read() as connection:
        columns = "kind, state, is_low_priority, consent_text, processed_at IS NOT NULL"
        rows = connection.execute(text(f"SELECT {columns} FROM signup_requests ORDER BY id")).all()
        assert rows == [
            ("signup", "mailed", 0, "I agree", 1),
            ("my_data", "new", 1, "I agree", 1),
            ("signup", "already_subscribed", 0, "I agree", 1),
            ("signup", "confirmed", 0, "I agree", 1),
        ]
        assert connection.scalar(text("SELECT consent_text FROM consents")) == "I agree"
    database.close()
