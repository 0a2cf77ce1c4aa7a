"""`newsletter doctor --mail`: sends a letter to ourselves, and reads what became of its signatures on the way."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from newsletter.app import Publication
from newsletter.audience import ensure_lists
from newsletter.cli import output
from newsletter.cli.choosing import choose
from newsletter.cli.running import run_mailing
from newsletter.delivery import mailing_counts, open_transport, start_test_mailing
from newsletter.doctor import CheckResult, Resolver, check_signatures, fail, self_test_address, wait_for_message
from newsletter.errors import UsageError


def mail_ourselves(publication: Publication, dns: Resolver, *, seconds: float) -> Iterator[CheckResult]:
    """Send the newest issue to an address of our own, wait for it, and judge it as its reader's provider would."""
    settings = publication.settings
    if settings.delivery.transport == "outbox":
        raise UsageError("--mail mails for real, and [delivery] transport is 'outbox'. Set it to smtp or ses")
    address = self_test_address(settings, secrets.token_hex(6))
    choice = choose(settings, None, None, drafts=True, wanted_segment="")
    ensure_lists(publication.database, settings.lists)
    with closing(open_transport(settings)) as transport:
        mailing = start_test_mailing(
            publication.database,
            choice.composed.edition,
            [str(address)],
            transport=transport.name,
            now=datetime.now(UTC),
        )
        run_mailing(publication, mailing, transport, is_json=False, is_quiet=True)
    if not mailing_counts(publication.database, mailing.id).submitted:
        yield fail("mail", "sending", f"the letter to {address} was not taken", "Mend what is named above")
        return
    output.info(f"a letter to {address} has left; waiting for it, {seconds:.0f} s at most")
    raw = wait_for_message(settings, address, seconds=seconds)
    if raw is None:
        yield fail(
            "mail",
            "arrival",
            f"the letter to {address} has not come within {seconds:.0f} seconds",
            "Look at the MX and at the mailbox; or it is late, then try --wait 600",
        )
        return
    sender = settings.list_named(choice.list_name).sender.address.domain.lower()
    yield from check_signatures(raw, sender, dns, now=datetime.now(UTC))
