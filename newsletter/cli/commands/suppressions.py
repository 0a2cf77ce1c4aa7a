"""`newsletter suppressions`: addresses that are not to be mailed, and why."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter import audience as station
from newsletter.audience import SuppressionReason
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.options import COMMAND_LINE, AddressArgument, DryRunOption, JsonOption, read_address
from newsletter.cli.refusing import export_suppressed, import_suppressed
from newsletter.cli.signals import stop_signals
from newsletter.errors import UsageError
from newsletter.feedback import SyncProgress, sync_suppressions

app = typer.Typer(no_args_is_help=True, help="Addresses that are not to be mailed, and why.")
app.command("import")(import_suppressed)
app.command("export")(export_suppressed)


@app.command("list")
def list_suppressed(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the addresses that are not to be mailed; of the erased only a hash is known.

    Example: newsletter suppressions list
    """
    found = station.list_suppressions(open_publication(context).database)
    rows = []
    for each in found:
        suppression = each.suppression
        if as_json:
            output.print_json(
                {
                    "address": each.address,
                    "hash": suppression.address_hash.hex(),
                    "reason": suppression.reason,
                    "at": f"{suppression.at:%Y-%m-%dT%H:%M:%SZ}",
                    "origin": suppression.origin,
                }
            )
        else:
            name = each.address or f"#{suppression.address_hash.hex()[:12]}"
            rows.append((name, suppression.reason, f"{suppression.at:%Y-%m-%d}", suppression.origin))
    if rows:
        output.print_table(["address", "reason", "since", "origin"], rows)
    elif not as_json:
        output.info("no address is suppressed")


@app.command("add")
def add_suppression(
    context: typer.Context,
    address: AddressArgument,
    reason: Annotated[SuppressionReason, typer.Option(help="Why.")] = SuppressionReason.MANUAL,
) -> None:
    """Never mail an address again, whatever list it is on.

    Example: newsletter suppressions add ada@example.org --reason complained
    """
    publication = open_publication(context)
    person = read_address(address)
    is_new = station.suppress(
        publication.database, publication.keyring, person, reason, origin=COMMAND_LINE, now=datetime.now(UTC)
    )
    output.print_result(f"{person} is {'now' if is_new else 'already'} suppressed")


@app.command("sync")
def sync_with_ses(context: typer.Context, dry_run: DryRunOption = False, is_json: JsonOption = False) -> None:
    """Bring SES's list of suppressed addresses and yours together.

    Whoever bounced or complained there is suppressed here, and the other way round; whom you freed here since is
    taken off there. SES takes one such call a second; stopped at any point, it goes on when run again.

    Example: newsletter suppressions sync --dry-run
    """
    publication = open_publication(context)
    done = SyncProgress()
    with stop_signals() as stop:
        for so_far in sync_suppressions(
            publication.database,
            publication.keyring,
            publication.settings,
            now=datetime.now(UTC),
            is_dry=dry_run,
            wait=stop.wait,
        ):
            done = so_far
            if stop.is_set():
                break
    if is_json:
        output.print_json(asdict(done))
        return
    output.print_result(
        f"{done.listed:,} on SES's list: {done.taken:,} suppressed here, {done.given:,} put there, "
        f"{done.freed:,} taken off there{' (not really)' if dry_run else ''}"
    )
    if done.left:
        output.info(f"{done.left:,} are left. Run it again: it goes on")


@app.command("remove")
def remove_suppression(context: typer.Context, address: AddressArgument) -> None:
    """Allow an address to be mailed again; ended subscriptions stay ended.

    Example: newsletter suppressions remove ada@example.org
    """
    publication = open_publication(context)
    person = read_address(address)
    lifted = station.lift_suppression(
        publication.database, publication.keyring, person, origin=COMMAND_LINE, now=datetime.now(UTC)
    )
    if lifted is None:
        raise UsageError(f"{person} is not suppressed")
    output.print_result(
        f"{person} may be mailed again; it was suppressed as {lifted.reason} since {lifted.at:%Y-%m-%d}"
    )
