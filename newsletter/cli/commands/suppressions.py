"""`newsletter suppressions`: addresses that are never mailed, and why."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import feedback, subscribers
from newsletter.audience import SuppressionReason
from newsletter.cli import output
from newsletter.cli.context import (
    COMMAND_LINE,
    AddressArgument,
    DryRunOption,
    JsonOption,
    new_commands,
    new_group,
    open_publication,
    parse_address,
)
from newsletter.cli.signals import stop_signals
from newsletter.feedback import SyncProgress
from newsletter.utc import format_utc

app = new_commands()
suppressions = new_group("Addresses that are never mailed, and why.")
app.add_typer(suppressions, name="suppressions")

_NAMED_AT_MOST = 20
"""How many lines that cannot be read are named one by one."""


@suppressions.command("list")
def list_suppressions(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the addresses that are never mailed; of erased people only a hash is known.

    Example: newsletter suppressions list
    """
    rows = []
    for listed in subscribers.list_suppressions(open_publication(context)):
        suppression = listed.suppression
        if as_json:
            output.print_json(
                {
                    "address": listed.address,
                    "hash": suppression.address_hash.hex(),
                    "reason": suppression.reason,
                    "at": format_utc(suppression.at),
                    "origin": suppression.origin,
                }
            )
        else:
            name = listed.address or f"#{suppression.address_hash.hex()[:12]}"
            rows.append((name, suppression.reason, f"{suppression.at:%Y-%m-%d}", suppression.origin))
    if rows:
        output.print_table(["address", "reason", "since", "origin"], rows)
    elif not as_json:
        output.info("no address is suppressed")


@suppressions.command("add")
def add_suppression(
    context: typer.Context,
    address: AddressArgument,
    reason: Annotated[SuppressionReason, typer.Option(help="Why.")] = SuppressionReason.MANUAL,
) -> None:
    """Never mail an address again, whatever list it is on.

    Example: newsletter suppressions add ada@example.org --reason complained
    """
    person = parse_address(address)
    is_new = subscribers.suppress(open_publication(context), person, reason, origin=COMMAND_LINE)
    output.print_result(f"{person} is {'now' if is_new else 'already'} suppressed")


@suppressions.command("remove")
def remove_suppression(context: typer.Context, address: AddressArgument) -> None:
    """Allow an address to be mailed again; subscriptions that ended stay ended.

    Example: newsletter suppressions remove ada@example.org
    """
    person = parse_address(address)
    lifted = subscribers.lift_suppression(open_publication(context), person, origin=COMMAND_LINE)
    output.print_result(
        f"{person} may be mailed again; it was suppressed as {lifted.reason} since {lifted.at:%Y-%m-%d}"
    )


@suppressions.command("import")
def import_suppressions(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    reason: Annotated[
        SuppressionReason, typer.Option(help="Why, where the file does not say.")
    ] = SuppressionReason.MANUAL,
) -> None:
    """Suppress the addresses in a file: a table, a list of addresses, or our own export.

    It may be repeated. An address that is suppressed already keeps the first reason.

    Example: newsletter suppressions import bounces.csv --reason bounced
    """
    added = known = unreadable = 0
    for batch in subscribers.import_suppressions(open_publication(context), file, reason):
        added, known = added + batch.added, known + batch.known
        for finding in batch.findings[: max(_NAMED_AT_MOST - unreadable, 0)]:
            output.warn(str(finding))
        unreadable += len(batch.findings)
    output.print_result(f"{output.pluralise(added, 'address', 'addresses')} suppressed, {known:,} were already")
    if unreadable:
        output.warn(f"{output.pluralise(unreadable, 'line')} could not be read")
    if unreadable and not added and not known:
        raise typer.Exit(1)


@suppressions.command("export")
def export_suppressions(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: stdout.")] = None,
) -> None:
    """Write every suppression as JSON Lines: a hash, the reason, the day and the origin, but no address.

    Only a publication with the same var/secret.key can match the hashes to addresses.

    Example: newsletter suppressions export --out suppressed.jsonl
    """
    number = subscribers.export_suppressions(open_publication(context), sys.stdout if out is None else out)
    if out is not None:
        output.info(f"{output.pluralise(number, 'suppression')} in {out}")


@suppressions.command("sync")
def sync_with_ses(context: typer.Context, dry_run: DryRunOption = False, is_json: JsonOption = False) -> None:
    """Bring the suppression list of your SES account and yours together.

    Addresses that bounced or complained at SES are suppressed here, and the other way round. Addresses that you have
    allowed again here since are removed there. SES accepts one such call a second; when it is stopped, run it again
    to continue.

    Example: newsletter suppressions sync --dry-run
    """
    synced = SyncProgress()
    with stop_signals() as stop:
        for so_far in feedback.sync_suppressions(open_publication(context), is_dry_run=dry_run, wait=stop.wait):
            synced = so_far
            if stop.is_set():
                break
    if is_json:
        output.print_json(
            {
                "listed": synced.listed,
                "taken": synced.suppressed_here,
                "given": synced.added_there,
                "freed": synced.removed_there,
                "left": synced.left,
            }
        )
        return
    output.print_result(
        f"{synced.listed:,} on SES's list: {synced.suppressed_here:,} suppressed here, "
        f"{synced.added_there:,} added there, {synced.removed_there:,} removed there"
        f"{' (dry run: nothing was changed)' if dry_run else ''}"
    )
    if synced.left:
        output.info(f"{synced.left:,} are left. Run it again to continue")
