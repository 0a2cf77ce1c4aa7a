"""Shared rate in PostgreSQL: all machines that send from one database reserve their messages in one row an account.

One UPDATE reserves any number of messages. Times are the database's own, so that no machine's clock matters.
"""

import time
from contextlib import suppress
from typing import Any

from sqlalchemy import Column, Float, Table, Text, text

from newsletter.database import Database
from newsletter.delivery.rate.limiter import MIN_SHARE, RECOVERY
from newsletter.delivery.tables import metadata
from newsletter.errors import TemporaryError

shared_rates = Table(
    "shared_rates",
    metadata,
    Column("account", Text, primary_key=True),
    Column("next", Float, nullable=False, server_default="0"),
    Column("share", Float, nullable=False, server_default="1"),
    Column("slowed", Float, nullable=False, server_default="0"),
    Column("recovered", Float, nullable=False, server_default="0"),
)
"""One row an account; times in seconds since the epoch, on the database's clock."""

_NOW = "extract(epoch FROM clock_timestamp())::float8"
_OPEN = "INSERT INTO shared_rates (account) VALUES (:account) ON CONFLICT DO NOTHING"
_RESERVE = """
    UPDATE shared_rates SET next = greatest(next, {now} + :ahead) + :count / (:rate * share) WHERE account = :account
    RETURNING next - :count / (:rate * share) - {now} AS wait, share
"""
_SLOW = """
    UPDATE shared_rates SET share = greatest(:slowest, share / 2), slowed = {now}, recovered = {now}
    WHERE account = :account AND {now} >= slowed + 1
"""
_RECOVER = """
    UPDATE shared_rates
    SET share = least(1, share + :gain * least(1, greatest(0, {now} - recovered))), recovered = {now}
    WHERE account = :account
"""


class SharedRateRow:
    """The row of one account."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account
        self._execute(_OPEN)

    def reserve(self, count: int, rate: float, now: float) -> tuple[float, float]:
        """Reserve `count` messages not before `now`; return when the first may leave, and the rate's share."""
        ahead = max(0.0, now - time.monotonic())
        try:
            ((wait, share),) = self._execute(_RESERVE, count=float(count), rate=rate, ahead=ahead)
        except TemporaryError:  # without the reservation this sender still keeps to its own rate
            return now, 1.0
        return time.monotonic() + wait, share

    def slow_down(self, now: float) -> None:  # noqa: ARG002  the database's clock counts
        """Halve the rate of everybody who shares it, at most once a second."""
        with suppress(TemporaryError):
            self._execute(_SLOW, slowest=MIN_SHARE)

    def recover(self, now: float) -> None:  # noqa: ARG002
        """Let the rate recover; of several calls at once, the time counts once."""
        with suppress(TemporaryError):
            self._execute(_RECOVER, gain=RECOVERY)

    def _execute(self, statement: str, **values: float) -> list[Any]:
        with self._database.write() as connection:
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            result = connection.execute(text(statement.format(now=_NOW)), {"account": self._account, **values})
            return list(result) if result.returns_rows else []
