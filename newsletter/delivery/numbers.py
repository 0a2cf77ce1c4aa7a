"""The numbers of deliveries and notices, which readers hold signed addresses for: none is given out twice."""

from sqlalchemy import Connection, text

_GAP = 10_000_000
"""More than a copy of the database can have missed between two backups."""
_TABLES = ("deliveries", "notices")
_PASS_OVER_ON_SQLITE = text("UPDATE sqlite_sequence SET seq = seq + :gap WHERE name = :table")
_BEGIN_ON_SQLITE = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :gap)")
_PASS_OVER_ON_POSTGRESQL = text(
    "SELECT setval(pg_get_serial_sequence(:table, 'id'), nextval(pg_get_serial_sequence(:table, 'id')) + :gap)"
)


def pass_over_numbers(connection: Connection) -> None:
    """Leave out the numbers that were given out after this copy was made: they belong to other readers.

    Else somebody's answer, or unsubscribing, would be taken for that of whoever gets the number next.
    """
    for table in _TABLES:
        values = {"gap": _GAP, "table": table}
        if connection.dialect.name != "sqlite":
            connection.execute(_PASS_OVER_ON_POSTGRESQL, values)
        elif not connection.execute(_PASS_OVER_ON_SQLITE, values).rowcount:  # none was given out so far
            connection.execute(_BEGIN_ON_SQLITE, values)
