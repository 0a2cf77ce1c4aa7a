"""`newsletter database`: the database's shape, and copies of it."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.database import back_up, copy_database, open_database, upgrade
from newsletter.delivery import sender_lock
from newsletter.errors import UsageError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
database = typer.Typer(no_args_is_help=True, help="Where people are kept: its shape, and copies of it.")
app.add_typer(database, name="database")


@database.command("upgrade")
def bring_up(context: typer.Context) -> None:
    """Bring the database to the shape that this version knows; every command does so by itself.

    It is one transaction: all of it happens, or nothing.

    Example: newsletter database upgrade
    """
    opened = open_database(open_publication(context).settings.database_url)
    output.print_result(f"{opened.place}: {'upgraded' if upgrade(opened) else 'is of the newest shape already'}")


@database.command("backup")
def copy_whole(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: below var/backups, by the time.")] = None,
) -> None:
    """Copy the whole database into a file, even during a send, and check the copy.

    It holds everything but the key: keep var/secret.key as well, apart from it. To restore, stop what is
    running, put the file in the place of var/newsletter.db and take var/newsletter.db-wal and -shm away. If
    letters have left since, the next send says so and asks before it goes on.

    Example: newsletter database backup --out /media/disk/newsletter.db
    """
    publication = open_publication(context)
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    path = out or publication.settings.var / "backups" / f"newsletter-{stamp}.db"
    size = back_up(publication.database, path)
    output.print_result(f"{path}: {size:,} bytes, whole and sound")
    output.info("It holds addresses: keep it private, and a copy of var/secret.key apart from it")


@database.command("copy")
def move_in(
    context: typer.Context,
    to: Annotated[str, typer.Argument(metavar="URL", help="postgresql://user@host/name, or sqlite:///PATH.")],
) -> None:
    """Copy everything into an empty database: from SQLite to PostgreSQL when the list outgrows it, or back.

    Nothing is sent meanwhile. Stop the web door and whatever fetches as well: what they write after the copy
    began is not in it. The copy is whole, or the other database stays empty. Leave the password to PGPASSWORD
    or ~/.pgpass. Afterwards NEWSLETTER_DATABASE_URL, or [database] url, makes the copy the one that counts.

    Example: newsletter database copy postgresql://news@db.example.org/news
    """
    if "://" not in to:
        raise UsageError(f"'{to}': not the URL of a database. Write postgresql://user@host/name, or sqlite:///PATH")
    source = open_publication(context).database
    rows: dict[str, int] = {}
    with (
        closing(open_database(to)) as target,
        sender_lock(source, "copying the database"),
        closing(copy_database(source, target)) as copying,
    ):
        for done in copying:
            if done.table not in rows:
                output.info(f"copying {done.table}")
            rows[done.table] = done.rows
    for table, number in rows.items():
        output.print_result(f"{number:>12,}  {table}")
    output.print_result(f"{target.place}: holds all of it")
    output.info("It counts from now on once NEWSLETTER_DATABASE_URL, or [database] url, names it")
