"""`newsletter database`, `keys` and `serve`: the database and its copies, the secret key, and the web server."""

import logging
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from newsletter import app as use_cases
from newsletter.cli import output
from newsletter.cli.context import new_commands, new_group, open_publication
from newsletter.settings import GRACE_DAYS

app = new_commands()
database = new_group("Upgrade, back up and copy the database.")
app.add_typer(database, name="database")
keys = new_group("The secret key that signs links and hashes suppressed addresses.")
app.add_typer(keys, name="keys")


@database.command("upgrade")
def upgrade_database(context: typer.Context) -> None:
    """Upgrade the database to this version's schema; every command does so by itself.

    It is one transaction: all of it happens, or nothing.

    Example: newsletter database upgrade
    """
    result = use_cases.database.upgrade_database(open_publication(context))
    output.print_result(f"{result.location}: {'upgraded' if result.is_changed else 'already up to date'}")


@database.command("backup")
def back_up_database(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: below var/backups, named after the time.")
    ] = None,
) -> None:
    """Back up the whole database into a file, even during a send, and check the copy.

    It holds everything but the key: keep a copy of var/secret.key too, in another place. To restore, stop whatever
    is running, replace var/newsletter.db with the file, and delete var/newsletter.db-wal and -shm. If messages have
    been sent since, the next send says so and stops.

    Example: newsletter database backup --out /media/disk/newsletter.db
    """
    backup = use_cases.database.back_up_database(open_publication(context), out)
    output.print_result(f"{backup.file}: {backup.size:,} bytes, complete and checked")
    output.info("It holds addresses: keep it private, and keep a copy of var/secret.key in another place")


@database.command("copy")
def copy_database(
    context: typer.Context,
    to: Annotated[str, typer.Argument(metavar="URL", help="postgresql://user@host/name, or sqlite:///PATH.")],
) -> None:
    """Copy everything into an empty database: from SQLite to PostgreSQL when you outgrow it, or back.

    Nothing is sent meanwhile. Stop the web server and anything that fetches replies as well: what they write during
    the copy is not in it. The copy is complete, or the other database stays empty. Put the password into PGPASSWORD
    or ~/.pgpass. To use the copy, set NEWSLETTER_DATABASE_URL, or [database] url, to its URL.

    Example: newsletter database copy postgresql://news@db.example.org/news
    """
    rows: dict[str, int] = {}
    location = ""
    with closing(use_cases.database.copy_to(open_publication(context), to)) as copying:  # type: ignore[type-var]
        for progress in copying:
            if isinstance(progress, use_cases.database.CopyResult):
                location = progress.location
                continue
            if progress.table not in rows:
                output.info(f"copying {progress.table}")
            rows[progress.table] = progress.rows
    for table, number in rows.items():
        output.print_result(f"{number:>12,}  {table}")
    output.print_result(f"{location}: the copy is complete")
    output.info("To use it, set NEWSLETTER_DATABASE_URL, or [database] url, to its URL")


@keys.command("rotate")
def rotate_key(
    context: typer.Context,
    grace_days: Annotated[
        int, typer.Option(help="How many days links of a replaced key work; at least 60.")
    ] = GRACE_DAYS,
) -> None:
    """Make a new key, which signs every link from now on.

    Links that were sent keep working: a replaced key verifies them until its grace period ends, and a later rotation
    removes it. Suppressed addresses stay hashed with the oldest key, which is kept for that alone. A send in
    progress continues with the key it started with. Keep a copy of var/secret.key as safe as the database's.

    Example: newsletter keys rotate
    """
    rotation = use_cases.database.rotate_key(open_publication(context), grace_days=grace_days)
    output.print_result(
        f"A new key signs from now on; links of {output.pluralise(rotation.verifying - 1, 'older key')} still work"
    )
    if rotation.dropped:
        output.print_result(f"{output.pluralise(rotation.dropped, 'key')} older than {grace_days} days removed")
    output.info("Next: back up var/secret.key, and restart what is running, such as newsletter serve")


@keys.command("adopt")
def adopt_key(context: typer.Context) -> None:
    """Continue with the current key, when the one that the database was filled with is lost for good.

    Every address is hashed again, and suppressed subscribers stay suppressed. Two things are lost: links in messages
    that were sent no longer work, so unsubscribe by hand anyone who asks; and suppressed addresses without a
    subscriber are no longer recognised. Look for the old key in every backup first.

    Example: newsletter keys adopt
    """
    adoption = use_cases.database.adopt_current_key(open_publication(context))
    output.print_result(f"{output.pluralise(adoption.subscribers, 'subscriber')} hashed with the current key")
    if adoption.lost:
        output.warn(
            f"{output.pluralise(adoption.lost, 'suppression')} of addresses without a subscriber can no longer be "
            "matched: before you import an old list, remove from it everybody who unsubscribed"
        )


@app.command("serve")
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of [web] host.")] = None,
    port: Annotated[int | None, typer.Option(help="The port, instead of [web] port.", min=0, max=65535)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log only warnings and errors, not every request.")] = False,
) -> None:
    """Run the web server: readers sign up, confirm, unsubscribe and change their preferences there.

    It runs until Ctrl-C or SIGTERM, and finishes the requests it has begun. Put a proxy with a certificate in front
    of it: docs/web.md shows how. The log has no tokens and no addresses.

    Example: newsletter serve --port 8080
    """
    from newsletter.web import serve as run_server  # costly to import

    publication = open_publication(context)
    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    web = publication.settings.web.model_copy(update=changes)
    settings = publication.settings.model_copy(update={"web": web})
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z", level=logging.WARNING)
    logging.getLogger("newsletter").setLevel(logging.WARNING if quiet else logging.INFO)
    served = publication.derive(settings, use_cases.database.open_for_server(publication))
    with closing(run_server(served)) as server:
        for opened in server:
            output.info(f"The web server is running at {opened.url}")
            if web.url:
                output.info(f"Its links lead to {web.url}")
    output.info("The web server has stopped.")
