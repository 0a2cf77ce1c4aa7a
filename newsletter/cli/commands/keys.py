"""`newsletter keys`: the secrets that sign links and hash suppressed addresses."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter.audience import adopt_key
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.settings import GRACE_DAYS, rotate_keys

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
keys = typer.Typer(no_args_is_help=True, help="The secrets that sign links, and hash who must not be written to.")
app.add_typer(keys, name="keys")


@keys.command("rotate")
def rotate(
    context: typer.Context,
    grace_days: Annotated[int, typer.Option(help="How long links of a replaced key work; at least 60.")] = GRACE_DAYS,
) -> None:
    """Make a new key, which signs every link from now on.

    Links that are out there keep working: a replaced key verifies for its grace, and goes with a later rotation.
    Suppressions are hashed with the oldest key for ever, which then does nothing else. A send that is under way
    goes on with the key it began with. Keep a copy of var/secret.key as safe as the database's.

    Example: newsletter keys rotate
    """
    settings = open_publication(context).settings
    done = rotate_keys(settings, datetime.now(UTC).date(), grace_days=grace_days)
    output.print_result(f"A new key signs; {output.pluralise(done.verifying - 1, 'older one')} still verified")
    if done.dropped:
        output.print_result(
            f"{output.pluralise(done.dropped, 'key')} past the grace of {grace_days} days verified no more"
        )
    output.info("Next: back up var/secret.key, and start anew what is running, such as newsletter serve")


@keys.command("adopt")
def adopt(context: typer.Context) -> None:
    """Go on with the key that is there, when the one that the database was filled with is lost for good.

    Everybody is hashed anew, and those who are suppressed stay so. What cannot be saved: links in letters that
    were sent are dead, so unsubscribe by hand whoever writes; and who was suppressed without being a subscriber
    is not recognised any more. Look for the old key in every backup first.

    Example: newsletter keys adopt
    """
    publication = open_publication(context)
    done = adopt_key(publication.database, publication.unchecked_keyring)
    output.print_result(f"{output.pluralise(done.subscribers, 'subscriber')} hashed with the present key")
    if done.lost:
        output.info(
            f"{output.pluralise(done.lost, 'suppression')} of people who are no subscribers name nobody any more: "
            "import no old list before you have taken out who left",
            style="attention",
        )
