"""Keeps SES's list of suppressed addresses and ours alike: theirs comes in, ours goes out, the freed are freed.

Ours is the truth: SES forgets, and its list is one region's. SES takes one such call a second.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
_TRIES = 6
_TOO_FAST = ("TooManyRequests", "Throttl", "LimitExceeded")
_REASONS = {"BOUNCE": SuppressionReason.BOUNCED, "COMPLAINT": SuppressionReason.COMPLAINED}
_THEIRS = {reason: name for name, reason in _REASONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncProgress:
    """How far it is."""

    listed: int = 0
    """Addresses on SES's list."""
    taken: int = 0
    """Suppressed here now, because they are there."""
    given: int = 0
    """Put there, because they are suppressed here."""
    freed: int = 0
    """Taken off there, because the author freed them here since."""
    left: int = 0
    """Still to be put there or taken off."""


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
    """Bring both lists together, yielding how far it is; stopped at any point, it goes on when run again.

    With `is_dry` it says what it would do. Addresses of which only a hash is left cannot be given to SES.
    Raises TemporaryError and SettingsError.
    """
    from newsletter.aws import make_client  # boto3 takes a while to import

    ses = settings.delivery.ses
    client = make_client("sesv2", region=ses.region, endpoint=ses.endpoint, credentials=keys)
    try:
        asked = _Asked(client, wait, seconds)
        yield from _sync(database, keyring, asked, now, is_dry=is_dry)
    finally:
        client.close()


def _sync(
    database: Database, keyring: Keyring, asked: "_Asked", now: datetime, *, is_dry: bool
) -> Iterator[SyncProgress]:
    theirs: set[str] = set()
    to_free: list[str] = []
    listed = taken = 0
    for page in asked.pages():
        listed += len(page)
        theirs |= {address.lower() for address, _, _ in page}
        new, freed = _take(database, keyring, page, now, is_dry=is_dry)
        taken += new
        to_free += freed
        yield SyncProgress(listed=listed, taken=taken)
    to_give = [
        (each.address, _THEIRS[each.suppression.reason])
        for each in list_suppressions(database)
        if each.address and each.suppression.reason in _THEIRS and each.address.lower() not in theirs
    ]
    given = freed_there = 0
    left = len(to_free) + len(to_give)
    for address in to_free:
        if not is_dry:
            asked.do("delete_suppressed_destination", EmailAddress=address)
        freed_there, left = freed_there + 1, left - 1
        yield SyncProgress(listed=listed, taken=taken, freed=freed_there, left=left)
    for address, reason in to_give:
        if not is_dry:
            asked.do("put_suppressed_destination", EmailAddress=address, EventReason=reason)
        given, left = given + 1, left - 1
        yield SyncProgress(listed=listed, taken=taken, given=given, freed=freed_there, left=left)
    yield SyncProgress(listed=listed, taken=taken, given=given, freed=freed_there)


def _take(
    database: Database,
    keyring: Keyring,
    page: list[tuple[str, SuppressionReason, datetime]],
    now: datetime,
    *,
    is_dry: bool,
) -> tuple[int, list[str]]:
    """Suppress here who is suppressed there; return how many, and who was freed here since."""
    new, freed = 0, []
    with database.read() as connection:
        lifted = {
            address: last_lifted_at(connection, parsed)
            for address, parsed in ((address, _parsed(address)) for address, _, _ in page)
            if parsed is not None
        }
        known = {each for each in lifted if suppression_reason(connection, keyring, Address.parse(each))}
    wanted = []
    for address, reason, since in page:
        if address not in lifted or address in known:
            continue
        freed_at = lifted[address]
        if freed_at is not None and freed_at > since:
            freed.append(address)
        else:
            wanted.append((address, reason, since))
    if wanted and not is_dry:
        with database.write() as connection:
            for address, reason, since in wanted:
                origin = f"on SES's list since {since:%Y-%m-%d}"
                new += suppress_address(connection, keyring, Address.parse(address), reason, origin=origin, now=now)
    return (len(wanted) if is_dry else new), freed


def _parsed(address: str) -> Address | None:
    try:
        return Address.parse(address)
    except ValueError:
        return None


class _Asked:
    """SES's list, asked no faster than it answers."""

    def __init__(self, client: Any, wait: Callable[[float], object], seconds: float) -> None:
        self._client = client
        self._wait = wait
        self._seconds = seconds
        self._is_first = True

    def pages(self) -> Iterator[list[tuple[str, SuppressionReason, datetime]]]:
        """Yield who is suppressed there, why and since when."""
        token: dict[str, str] = {}
        while True:
            answer = self.do("list_suppressed_destinations", PageSize=_PAGE, **token)
            yield [_entry(each) for each in answer.get("SuppressedDestinationSummaries", ())]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def do(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call, waiting between calls, and longer when SES says that it was too fast."""
        from newsletter.aws import ErrorResponse, call

        for attempt in range(_TRIES):
            if not self._is_first:
                self._wait(self._seconds * 2**attempt)
            self._is_first = False
            try:
                answer = call(getattr(self._client, operation), **arguments)
            except TransportError as error:
                raise TemporaryError(f"SES: {error}. Run it again later: it goes on") from error
            if not isinstance(answer, ErrorResponse):
                return answer
            if operation == "delete_suppressed_destination" and answer.status == 404:
                return {}
            if not any(word in answer.code for word in _TOO_FAST) and answer.status < 500:
                said = f"SES: {operation} was answered {answer.code}: {answer.message}"
                raise SettingsError(
                    f"{said}. Allow ses:ListSuppressedDestinations, ses:PutSuppressedDestination and "
                    "ses:DeleteSuppressedDestination, and check [delivery.ses] region"
                )
        raise TemporaryError("SES: it takes no more of these calls at present. Run it again later: it goes on")


def _entry(entry: dict[str, Any]) -> tuple[str, SuppressionReason, datetime]:
    reason = _REASONS.get(str(entry.get("EventReason")), SuppressionReason.BOUNCED)
    return str(entry["EmailAddress"]), reason, _since(entry)


def _since(entry: dict[str, Any]) -> datetime:
    found = entry.get("LastUpdateTime")
    return found.astimezone(UTC) if isinstance(found, datetime) else datetime(1990, 1, 1, tzinfo=UTC)
