"""`newsletter subscribers remove` and `forget-clicks`: what somebody wants no more, done for them."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter import app
from newsletter import audience as station
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.options import COMMAND_LINE, AddressArgument, DryRunOption, read_address
from newsletter.errors import UsageError


def remove_person(
    context: typer.Context,
    address: AddressArgument,
    list_name: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Default: every list.")] = None,
    is_dry_run: DryRunOption = False,
) -> None:
    """End a person's subscription, as if they had unsubscribed.

    Their record stays as proof, and no import brings them back. Without --list they leave every list,
    and their address is suppressed.

    Example: newsletter subscribers remove ada@example.org --list weekly
    """
    publication = open_publication(context)
    if list_name:
        publication.settings.list_named(list_name)
    person = read_address(address)
    record = station.read_subscriber_record(publication.database, publication.keyring, person)
    if record is None or record.subscriber is None:
        raise UsageError(f"nobody here has the address {person}")
    if is_dry_run:
        left: tuple[str, ...] = tuple(
            subscription.list_name
            for subscription, _ in record.subscriptions
            if subscription.state != "ended" and list_name in {None, subscription.list_name}
        )
    else:
        left = station.unsubscribe(
            publication.database, record.subscriber.id, list_name, origin=COMMAND_LINE, now=datetime.now(UTC)
        )
    verb = "would leave" if is_dry_run else "has left"
    output.print_result(f"{person} {verb} {', '.join(left)}" if left else f"{person} is on no such list: nothing to do")


def forget_clicks(context: typer.Context, address: AddressArgument, is_dry_run: DryRunOption = False) -> None:
    """Take back for somebody that clicks of theirs are recorded, and delete those that were.

    It is what the box on their own page does when they untick it. Nobody but they can tick it again.

    Example: newsletter subscribers forget-clicks ada@example.org
    """
    publication = open_publication(context)
    person = read_address(address)
    record = app.collect_personal_data(publication.database, publication.keyring, publication.settings, person)
    subscriber = record.person.subscriber if record.person else None
    if subscriber is None:
        raise UsageError(f"nobody here has the address {person}")
    if subscriber.clicks_agreed_at is None:
        output.print_result(f"no clicks of {person} are recorded: nothing to do")
        return
    number = output.pluralise(len(record.clicks), "click")
    if is_dry_run:
        output.print_result(f"{number} of {person} would be forgotten")
        return
    app.withdraw_click_tracking(
        publication.database, subscriber.id, origin=COMMAND_LINE, proof=station.ConsentProof(), now=datetime.now(UTC)
    )
    output.print_result(f"{number} of {person} forgotten, and none will be recorded")
