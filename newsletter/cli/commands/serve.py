"""`newsletter serve`: opens the web door."""

import logging
from contextlib import closing
from typing import Annotated

import typer

from newsletter.cli import output
from newsletter.cli.context import open_publication

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

_BUSY_SECONDS = 4
"""How long a visitor waits for another writer, before being asked to come back."""


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Where to listen, instead of [web] host.")] = None,
    port: Annotated[int | None, typer.Option(help="The port, instead of [web] port.", min=0, max=65535)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log faults only, not every request.")] = False,
) -> None:
    """Open the web door: people subscribe, confirm, unsubscribe and choose there.

    It serves until Ctrl-C or SIGTERM, and then ends what it has begun. A proxy with a certificate stands before
    it; docs/web.md shows how. The log names no tokens and no addresses.

    Example: newsletter serve --port 8080
    """
    from newsletter.database import open_database
    from newsletter.web import serve as serve_door  # which takes long to import

    publication = open_publication(context)
    named = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    web = publication.settings.web.model_copy(update=named)
    settings = publication.settings.model_copy(update={"web": web})
    level = logging.WARNING if quiet else logging.INFO
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z", level=logging.WARNING)
    logging.getLogger("newsletter").setLevel(level)
    publication.database.close()  # it is at its newest shape
    database = open_database(settings.database_url, busy_seconds=_BUSY_SECONDS)
    with closing(serve_door(database, publication.keyring, settings)) as door:
        for opened in door:
            output.info(f"The door is open at {opened.url}")
            if web.url:
                output.info(f"Its links lead to {web.url}")
    output.info("The door is closed.")
