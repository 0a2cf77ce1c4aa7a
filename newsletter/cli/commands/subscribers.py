"""`newsletter subscribers`, `lists` and `suppressions`: who is written to, who not, and why."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from newsletter import audience as station
from newsletter.app import PersonalData, collect_personal_data, erase_person, personal_data_json
from newsletter.cli import output
from newsletter.cli.commands.moderation import relative
from newsletter.cli.commands.suppressions import app as suppressions
from newsletter.cli.context import open_publication
from newsletter.cli.letting_go import forget_clicks, remove_person
from newsletter.cli.options import (
    COMMAND_LINE,
    AddressArgument,
    DryRunOption,
    JsonOption,
    ListOption,
    read_address,
)
from newsletter.cli.taking_out import export_list
from newsletter.cli.views.subscriber_import import import_file
from newsletter.cli.views.subscribers import held, member_json, say_record, standing
from newsletter.errors import DecisionRequired, UsageError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
subscribers = typer.Typer(no_args_is_help=True, help="The people on your lists: bring them in, look, let them go.")
subscribers.command("import")(import_file)
subscribers.command("export")(export_list)
subscribers.command("remove")(remove_person)
subscribers.command("forget-clicks")(forget_clicks)
app.add_typer(subscribers, name="subscribers")
app.add_typer(suppressions, name="suppressions")


@subscribers.command("add")
def add_person(
    context: typer.Context,
    address: AddressArgument,
    list_name: ListOption,
    first_name: Annotated[str, typer.Option(help="How letters greet them.")] = "",
    last_name: Annotated[str, typer.Option()] = "",
) -> None:
    """Put one person on a list, confirmed by your word.

    It also brings back who had left, so do it only when they ask. A suppressed address is refused.

    Example: newsletter subscribers add ada@example.org --list weekly --first-name Ada
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    person = read_address(address)
    is_new = station.add_subscriber(
        publication.database,
        publication.keyring,
        person,
        list_name,
        first_name=first_name,
        last_name=last_name,
        origin=COMMAND_LINE,
        now=datetime.now(UTC),
    )
    if person.is_reserved:
        output.info(f"{person.domain} is kept for examples: mail to it reaches nobody", "attention")
    output.print_result(f"{person} {'is now' if is_new else 'was already'} on {list_name}")


@subscribers.command("show")
def show_person(context: typer.Context, address: AddressArgument, as_json: JsonOption = False) -> None:
    """Show all that is held of a person, in every station.

    Names, fields, lists, every consent, a suppression, each letter sent, what they answered and what they were
    written. With --json it is what you hand to somebody who asks what you know of them.

    Example: newsletter subscribers show ada@example.org --json
    """
    publication = open_publication(context)
    person = read_address(address)
    record = collect_personal_data(publication.database, publication.keyring, publication.settings, person)
    if record.is_empty:
        raise UsageError(f"nobody here has the address {person}")
    if as_json:
        output.print_json(personal_data_json(person, record))
    else:
        say_record(person, record)


@subscribers.command("list")
def list_people(context: typer.Context, list_name: ListOption, as_json: JsonOption = False) -> None:
    """List everybody who is or was on a list, with their state.

    Example: newsletter subscribers list --list weekly
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    members = station.list_members(publication.database, list_name)
    if as_json:
        for member in members:
            output.print_json(member_json(member))
        return
    rows = [
        (
            str(member.subscription.subscriber.address),
            member.subscription.subscriber.name,
            standing(member),
            f"{member.subscription.changed_at:%Y-%m-%d}",
        )
        for member in members
    ]
    if not rows:
        output.info(f"nobody is on {list_name}. Next: newsletter subscribers import FILE --list {list_name}")
        return
    output.print_table(["address", "name", "state", "since"], rows)


@subscribers.command("tag")
def tag_person(
    context: typer.Context,
    address: AddressArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG...", show_default=False)] = None,
    removed: Annotated[
        list[str] | None, typer.Option("--remove", metavar="TAG", help="Take this one away; may be repeated.")
    ] = None,
) -> None:
    """Put tags on a person, or take them away; a segment asks for them as tagged "vip".

    Example: newsletter subscribers tag ada@example.org vip "book club" --remove trial
    """
    publication = open_publication(context)
    person = read_address(address)
    number = station.find_subscriber_id(publication.database, person)
    if number is None:
        raise UsageError(f"nobody here has the address {person}")
    station.change_tags(publication.database, number, added=tags or (), removed=removed or ())
    record = station.read_subscriber_record(publication.database, publication.keyring, person)
    theirs = record.subscriber.tags if record and record.subscriber else ()
    output.print_result(f"{person}: {', '.join(theirs) or 'no tags'}")


@subscribers.command("fields")
def show_fields(context: typer.Context, list_name: ListOption, as_json: JsonOption = False) -> None:
    """Show what is known of a list's people besides their names: each field, what it holds, and of how many.

    What a field holds stands in [fields] of newsletter.toml; else it is inferred from the values.

    Example: newsletter subscribers fields --list weekly
    """
    publication = open_publication(context)
    publication.settings.list_named(list_name)
    found = station.describe_fields(publication.database, list_name, publication.settings.fields)
    if as_json:
        for each in found:
            output.print_json(
                {"field": each.name, "kind": each.kind, "inferred": each.is_inferred, "known_of": each.count}
            )
        return
    rows = [
        (each.name, f"{each.kind}{' (inferred)' if each.is_inferred else ''}", f"{each.count:,}", each.example)
        for each in found
    ]
    if not rows:
        output.info(f"nothing is known of the people on {list_name} but their names")
        return
    output.print_table(["field", "holds", "known of", "for example"], rows, numbers=(2,))


@subscribers.command("erase")
def erase_subscriber(
    context: typer.Context,
    address: AddressArgument,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    is_dry_run: DryRunOption = False,
) -> None:
    """Forget a person for good, in every station; only a hash stays, which keeps them from coming in again.

    Names, fields, subscriptions, consents and clicks go, and so do their replies with the raw mail, and what was
    written to them. A comment of theirs becomes a tombstone. The ledger's lines stay, and say that a letter went
    to somebody. After a kill, say it again. Copies in Git's history and in backups are yours to see to:
    docs/privacy.md says how.

    Example: newsletter subscribers erase ada@example.org --dry-run
    """
    publication = open_publication(context)
    person = read_address(address)
    record = collect_personal_data(publication.database, publication.keyring, publication.settings, person)
    what = f"the record of {person}: {held(record)}"
    if is_dry_run:
        output.print_result(f"Would erase {what}")
        _say_elsewhere(record)
        return
    if not is_sure:
        if not sys.stdin.isatty():
            raise DecisionRequired(f"erasing {person} cannot be undone. Say --yes if it is meant")
        typer.confirm(f"Erase {what}? It cannot be undone", abort=True, err=True)
    erased = erase_person(
        publication.database,
        publication.keyring,
        publication.settings,
        person,
        origin=COMMAND_LINE,
        now=datetime.now(UTC),
    )
    was_known = erased.was_known or erased.replies or erased.notices
    output.print_result(
        f"Erased {what}" if was_known else f"{person} was not known; the address is now kept from coming in"
    )
    for stone in erased.tombstones:
        output.print_result(
            f"  {relative(stone, publication)} is a tombstone now: commit it, and build the archive anew"
        )
    if erased.replies:
        output.info("What still lies in your mailbox, in backups and in Git's history is yours: see docs/privacy.md")
    _say_elsewhere(record)


def _say_elsewhere(record: PersonalData) -> None:
    """Name what came to their signed addresses from elsewhere, for only a person can tell whose it is."""
    if record.elsewhere:
        names = " ".join(reply.id for reply in record.elsewhere)
        output.info(
            f"{output.pluralise(len(record.elsewhere), 'reply', 'replies')} to their letters came from elsewhere "
            f"and stays as it is. If it is theirs: newsletter replies withdraw --erase {names}",
            "attention",
        )


@app.command("lists")
def show_lists(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show the lists and how many people stand how on each.

    Only the confirmed are written to. A suppressed person counts as that alone.

    Example: newsletter lists --json
    """
    publication = open_publication(context)
    settings = publication.settings
    station.ensure_lists(publication.database, settings.lists)
    counts = station.count_lists(publication.database)
    if as_json:
        for count in counts:
            title = settings.lists[count.name].title if count.name in settings.lists else None
            output.print_json(
                {
                    "name": count.name,
                    "title": title,
                    "confirmed": count.confirmed,
                    "pending": count.pending,
                    "ended": count.ended,
                    "suppressed": count.suppressed,
                }
            )
        return
    rows: list[tuple[str | Text, ...]] = [
        (
            Text(count.name, style="subject"),
            settings.lists[count.name].title if count.name in settings.lists else "not in newsletter.toml",
            *(f"{number:,}" for number in (count.confirmed, count.pending, count.ended, count.suppressed)),
        )
        for count in counts
    ]
    if not rows:
        output.info("no lists yet. Next: add [lists.NAME] to newsletter.toml")
        return
    output.print_table(["list", "title", "confirmed", "pending", "ended", "suppressed"], rows, numbers=(2, 3, 4, 5))
