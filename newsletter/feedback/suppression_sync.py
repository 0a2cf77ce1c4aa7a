"""Synchronises suppressions with Amazon SES's account-level suppression list, in both directions.

Theirs are added here, ours are added there, and what the author has released here is removed there. Ours is the source
of truth: SES's list is one region's. SES accepts one such call a second.
https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsletter.address import Address
from newsletter.audience import (
    SuppressionReason,
    last_lifted_at,
    list_suppressions,
    suppress_address,
    suppression_reason,
)
from newsletter.database import Database
from newsletter.errors import SettingsError, TemporaryError, TransportError
from newsletter.settings import Settings
from newsletter.tokens import Keyring

if TYPE_CHECKING:
    from newsletter.aws import Credentials

_PAGE = 1_000
_ATTEMPTS = 6
_THROTTLED = ("TooManyRequests", "Throttl", "LimitExceeded")
_REASONS = {"BOUNCE": SuppressionReason.BOUNCED, "COMPLAINT": SuppressionReason.COMPLAINED}
_SES_REASONS = {reason: name for name, reason in _REASONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncProgress:
    """How far the synchronisation is."""

    listed: int = 0
    """Addresses on SES's list."""
    suppressed_here: int = 0
    """Newly suppressed here, because they are on SES's list."""
    added_there: int = 0
    """Added there, because they are suppressed here."""
    removed_there: int = 0
    """Removed there, because the author has released them here since."""
    left: int = 0
    """Still to be added or removed_there there."""


def sync_suppressions(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    now: datetime,
    is_dry: bool = False,
    keys: "Credentials | None" = None,
    wait: Callable[[float], object] = time.sleep,
    seconds: float = 1.0,
) -> Iterator[SyncProgress]:
    """Synchronise both lists, yielding the progress; stopped at any point, it continues when run again.

    With `is_dry` nothing is changed. Addresses of which only a hash is kept cannot be added to SES's list.
    Raises TemporaryError and SettingsError.
    """
    from newsletter.aws import make_client  # boto3 is slow to import

    ses = settings.delivery.ses
    client = make_client("sesv2", region=ses.region, endpoint=ses.endpoint, credentials=keys)
    try:
        ses_list = _SesList(client, wait, seconds)
        yield from _sync(database, keyring, ses_list, now, is_dry=is_dry)
    finally:
        client.close()


def _sync(
    database: Database, keyring: Keyring, ses_list: "_SesList", now: datetime, *, is_dry: bool
) -> Iterator[SyncProgress]:
    on_ses: set[str] = set()
    to_remove: list[str] = []
    progress = SyncProgress()
    for page in ses_list.pages():
        on_ses |= {address.lower() for address, _, _ in page}
        new, released = _suppress_page(database, keyring, page, now, is_dry=is_dry)
        to_remove += released
        progress = replace(progress, listed=progress.listed + len(page), suppressed_here=progress.suppressed_here + new)
        yield progress
    to_add = [
        (suppression.address, _SES_REASONS[suppression.suppression.reason])
        for suppression in list_suppressions(database)
        if suppression.address
        and suppression.suppression.reason in _SES_REASONS
        and suppression.address.lower() not in on_ses
    ]
    progress = replace(progress, left=len(to_remove) + len(to_add))
    for address in to_remove:
        if not is_dry:
            ses_list.call("delete_suppressed_destination", EmailAddress=address)
        progress = replace(progress, removed_there=progress.removed_there + 1, left=progress.left - 1)
        yield progress
    for address, reason in to_add:
        if not is_dry:
            ses_list.call("put_suppressed_destination", EmailAddress=address, Reason=reason)
        progress = replace(progress, added_there=progress.added_there + 1, left=progress.left - 1)
        yield progress
    yield progress


def _suppress_page(
    database: Database,
    keyring: Keyring,
    page: list[tuple[str, SuppressionReason, datetime]],
    now: datetime,
    *,
    is_dry: bool,
) -> tuple[int, list[str]]:
    """Suppress the addresses of a page here; return how many, and those that were released here since."""
    new, released = 0, []
    with database.read() as connection:
        lifted = {
            address: last_lifted_at(connection, parsed)
            for address, parsed in ((address, _parse_address(address)) for address, _, _ in page)
            if parsed is not None
        }
        suppressed = {address for address in lifted if suppression_reason(connection, keyring, Address.parse(address))}
    to_suppress = []
    for address, reason, since in page:
        if address not in lifted or address in suppressed:
            continue
        released_at = lifted[address]
        if released_at is not None and released_at > since:
            released.append(address)
        else:
            to_suppress.append((address, reason, since))
    if to_suppress and not is_dry:
        with database.write() as connection:
            for address, reason, since in to_suppress:
                origin = f"on SES's list since {since:%Y-%m-%d}"
                new += suppress_address(connection, keyring, Address.parse(address), reason, origin=origin, now=now)
    return (len(to_suppress) if is_dry else new), released


def _parse_address(address: str) -> Address | None:
    try:
        return Address.parse(address)
    except ValueError:
        return None


class _SesList:
    """SES's suppression list, called no faster than SES allows."""

    def __init__(self, client: Any, wait: Callable[[float], object], seconds: float) -> None:
        self._client = client
        self._wait = wait
        self._seconds = seconds
        self._is_first = True

    def pages(self) -> Iterator[list[tuple[str, SuppressionReason, datetime]]]:
        """Yield pages of addresses with reason and time."""
        token: dict[str, str] = {}
        while True:
            answer = self.call("list_suppressed_destinations", PageSize=_PAGE, **token)
            yield [_entry(summary) for summary in answer.get("SuppressedDestinationSummaries", ())]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation, waiting between calls, and longer after SES has throttled us."""
        from newsletter.aws import ErrorResponse, call

        for attempt in range(_ATTEMPTS):
            if not self._is_first:
                self._wait(self._seconds * 2**attempt)
            self._is_first = False
            try:
                answer = call(getattr(self._client, operation), **arguments)
            except TransportError as error:
                raise TemporaryError(f"SES: {error}. Run it again later: it continues") from error
            if not isinstance(answer, ErrorResponse):
                return answer
            if operation == "delete_suppressed_destination" and answer.status == 404:
                return {}
            if not any(word in answer.code for word in _THROTTLED) and answer.status < 500:
                answered = f"SES: {operation} was answered {answer.code}: {answer.message}"
                raise SettingsError(
                    f"{answered}. Allow ses:ListSuppressedDestinations, ses:PutSuppressedDestination and "
                    "ses:DeleteSuppressedDestination, and check [delivery.ses] region"
                )
        raise TemporaryError("SES: it accepts no more calls at present. Run it again later: it continues")


def _entry(entry: dict[str, Any]) -> tuple[str, SuppressionReason, datetime]:
    reason = _REASONS.get(str(entry.get("Reason")), SuppressionReason.BOUNCED)
    return str(entry["EmailAddress"]), reason, _since(entry)


def _since(entry: dict[str, Any]) -> datetime:
    updated_at = entry.get("LastUpdateTime")
    return updated_at.astimezone(UTC) if isinstance(updated_at, datetime) else datetime(1990, 1, 1, tzinfo=UTC)
