"""`newsletter subscribers`: the people on the lists, imported, shown, removed and erased."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import personal_data_json, subscribers
from newsletter.app.subscribers import ExportFormat
from newsletter.cli import output
from newsletter.cli.context import (
    COMMAND_LINE,
    AddressArgument,
    DryRunOption,
    JsonOption,
    ListOption,
    new_commands,
    new_group,
    open_publication,
    parse_address,
    relative_path,
)
from newsletter.cli.views import subscribers as view
from newsletter.cli.views.subscriber_import import show_import
from newsletter.errors import DecisionRequired, UsageError

app = new_commands()
group = new_group("The people on your lists: import, show, remove and erase them.")
app.add_typer(group, name="subscribers")


@group.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, JSON Lines or ZIP file.", show_default=False)],
    list_name: ListOption,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="What a column holds: email, name, status, tags, a field, or - for nothing.",
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Its encoding, if it is detected wrongly.")] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rows go that cannot be read. [default: below var/imports]"),
    ] = None,
    is_dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Import people from a file into a list.

    It recognises exports of Mailchimp, Substack, Ghost, Buttondown, listmonk, Kit, beehiiv and Mailcoach, and its
    own. In any other file it finds the columns email, first_name and last_name by many names, and every other column
    becomes a field. Rows are confirmed, with the file and line as proof, unless they say otherwise. You may repeat
    it: whoever unsubscribed, bounced, complained or was erased stays out. Rows that cannot be read are written to a
    file with the reason, and the rest is imported.

    Example: newsletter subscribers import people.csv --list weekly --map "Town=city" --dry-run
    """
    request = subscribers.ImportRequest(
        file=file,
        list_name=list_name,
        mapping=_parse_mapping(maps or []),
        encoding=encoding,
        rejects=rejects,
        is_dry_run=is_dry_run,
    )
    events = subscribers.import_subscribers(open_publication(context), request)
    result = show_import(events, is_dry_run=is_dry_run, is_json=as_json)
    if result is not None and result.is_all_rejected:
        raise typer.Exit(1)


@group.command("export")
def export_list(
    context: typer.Context,
    list_name: ListOption,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: stdout.")] = None,
    format: Annotated[
        ExportFormat | None,
        typer.Option(help="csv for spreadsheets, jsonl with every consent. Default: by FILE's name."),
    ] = None,
) -> None:
    """Write a list to a CSV or JSON Lines file: everybody's status, fields, tags and consent.

    Importing it again brings nobody back: ended subscriptions stay ended, and suppressed addresses suppressed. In
    CSV, cells that a spreadsheet would take for a formula begin with an apostrophe, which import removes again. JSON
    Lines hold every record of consent, and suppressed addresses without a subscriber as hashes, which only this
    publication's key can match.

    Example: newsletter subscribers export --list weekly --out weekly.jsonl
    """
    number = subscribers.export_subscribers(
        open_publication(context), list_name, sys.stdout if out is None else out, format
    )
    if out is not None:
        output.info(f"{output.pluralise(number, 'person', 'people')} in {out}. It holds addresses: keep it private")


@group.command("remove")
def remove_person(
    context: typer.Context,
    address: AddressArgument,
    list_name: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Default: every list.")] = None,
    is_dry_run: DryRunOption = False,
) -> None:
    """End a person's subscription, as if they had unsubscribed.

    Their record stays as proof, and no import brings them back. Without --list they are removed from every list, and
    their address is suppressed.

    Example: newsletter subscribers remove ada@example.org --list weekly
    """
    person = parse_address(address)
    lists = subscribers.remove_subscriber(
        open_publication(context), person, list_name, origin=COMMAND_LINE, is_dry_run=is_dry_run
    )
    verb = "would be removed from" if is_dry_run else "was removed from"
    output.print_result(
        f"{person} {verb} {', '.join(lists)}"
        if lists
        else f"{person} is not on {list_name or 'any list'}: nothing to do"
    )


@group.command("forget-clicks")
def forget_clicks(context: typer.Context, address: AddressArgument, is_dry_run: DryRunOption = False) -> None:
    """Withdraw somebody's consent to click tracking, and delete their clicks.

    It does what the checkbox on their own page does. Only they can agree again.

    Example: newsletter subscribers forget-clicks ada@example.org
    """
    person = parse_address(address)
    number = subscribers.withdraw_click_tracking(
        open_publication(context), person, origin=COMMAND_LINE, is_dry_run=is_dry_run
    )
    if number is None:
        output.print_result(f"no clicks of {person} are recorded: nothing to do")
        return
    clicks = f"{output.pluralise(number, 'click')} of {person}"
    output.print_result(f"{clicks} would be deleted" if is_dry_run else f"{clicks} deleted; none will be recorded")


@group.command("add")
def add_person(
    context: typer.Context,
    address: AddressArgument,
    list_name: ListOption,
    first_name: Annotated[str, typer.Option(help="The name that messages greet them by.")] = "",
    last_name: Annotated[str, typer.Option()] = "",
) -> None:
    """Put one person on a list, confirmed by you.

    It also brings back a person who unsubscribed, so use it only when they ask. A suppressed address is refused.

    Example: newsletter subscribers add ada@example.org --list weekly --first-name Ada
    """
    publication = open_publication(context)
    person = parse_address(address)
    added = subscribers.add_subscriber(
        publication, person, list_name, first_name=first_name, last_name=last_name, origin=COMMAND_LINE
    )
    if person.is_reserved:
        output.warn(f"{person.domain} is reserved for examples: mail to it reaches nobody")
    output.print_result(f"{person} {'is now' if added.is_new else 'was already'} on {list_name}")


@group.command("show")
def show_person(context: typer.Context, address: AddressArgument, as_json: JsonOption = False) -> None:
    """Show everything that is held about a person.

    That is names, fields, lists, every consent, a suppression, each message sent, what they replied, and the notices
    they were sent. Give them the output of --json when they ask what you know about them.

    Example: newsletter subscribers show ada@example.org --json
    """
    person = parse_address(address)
    record = subscribers.find_personal_data(open_publication(context), person)
    if as_json:
        output.print_json(personal_data_json(person, record))
    else:
        view.show_person(person, record)


@group.command("list")
def list_people(context: typer.Context, list_name: ListOption, as_json: JsonOption = False) -> None:
    """List everybody who is or was on a list, with their subscription status.

    Example: newsletter subscribers list --list weekly
    """
    members = subscribers.list_subscribers(open_publication(context), list_name)
    if not as_json:
        view.show_members(members, list_name)
        return
    for member in members:
        output.print_json(view.member_json(member))


@group.command("tag")
def tag_person(
    context: typer.Context,
    address: AddressArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG...", show_default=False)] = None,
    removed: Annotated[
        list[str] | None, typer.Option("--remove", metavar="TAG", help="Remove this tag; may be repeated.")
    ] = None,
) -> None:
    """Add tags to a person, or remove them; a segment selects them with tagged "vip".

    Example: newsletter subscribers tag ada@example.org vip "book club" --remove trial
    """
    person = parse_address(address)
    current = subscribers.change_tags(open_publication(context), person, added=tags or (), removed=removed or ())
    output.print_result(f"{person}: {', '.join(current) or 'no tags'}")


@group.command("fields")
def show_fields(context: typer.Context, list_name: ListOption, as_json: JsonOption = False) -> None:
    """Show the fields of a list's subscribers: what each holds, and how many people have it.

    The type of a field is set in [fields] of newsletter.toml; otherwise it is inferred from the values.

    Example: newsletter subscribers fields --list weekly
    """
    fields = subscribers.describe_fields(open_publication(context), list_name)
    if not as_json:
        view.show_fields(fields, list_name)
        return
    for field in fields:
        output.print_json(
            {"field": field.name, "kind": field.kind, "inferred": field.is_inferred, "known_of": field.count}
        )


@group.command("erase")
def erase_person(
    context: typer.Context,
    address: AddressArgument,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    is_dry_run: DryRunOption = False,
) -> None:
    """Erase a person for good; only a hash stays, which keeps imports from adding them again.

    It deletes names, fields, subscriptions, consents and clicks, their replies with the raw emails, and the notices
    they were sent. Their comments become tombstones. Delivery records stay, and show only that a message was sent to
    somebody. If it is killed, run it again. You have to remove copies from Git's history and from backups yourself:
    docs/privacy.md says how.

    Example: newsletter subscribers erase ada@example.org --dry-run
    """
    publication = open_publication(context)
    person = parse_address(address)
    record = subscribers.collect_personal_data(publication, person)
    what = f"the record of {person}: {view.describe_record(record)}"
    if is_dry_run:
        output.print_result(f"Would erase {what}")
        view.show_elsewhere(record)
        return
    if not is_sure:
        if not sys.stdin.isatty():
            raise DecisionRequired(f"erasing {person} cannot be undone. Add --yes to do it")
        typer.confirm(f"Erase {what}? It cannot be undone", abort=True, err=True)
    erased = subscribers.erase_person(publication, person, origin=COMMAND_LINE)
    output.print_result(
        f"Erased {what}"
        if erased.was_known or erased.replies or erased.notices
        else f"{person} was not known; imports will not add the address from now on"
    )
    for tombstone in erased.tombstones:
        path = relative_path(tombstone, publication)
        output.print_result(f"  {path} is a tombstone now: commit it, and build the archive again")
    if erased.replies:
        output.info("Copies in your mailbox, in backups and in Git's history are up to you: see docs/privacy.md")
    view.show_elsewhere(record)


def _parse_mapping(maps: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for text in maps:
        column, separator, field = text.rpartition("=")
        if not separator or not column.strip():
            raise UsageError(f"--map '{text}': write COLUMN=FIELD, such as --map Town=city")
        mapping[column.strip()] = field.strip()
    return mapping
