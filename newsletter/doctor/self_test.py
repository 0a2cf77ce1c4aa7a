"""The self-test by mail: a letter to an address of our own, and what its signatures cover once it is here."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.address import Address
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.dns.dmarc import is_aligned
from newsletter.doctor.dns.resolver import Resolver
from newsletter.errors import SettingsError
from newsletter.replies import DkimSignature, DnsKeys, open_mailbox, verify_dkim
from newsletter.settings import Settings

_PART = "mail"
_COVERED = ("list-unsubscribe", "list-unsubscribe-post")
"""RFC 8058 section 3.1: the signature must cover both, or no provider shows the button."""
_FIELDS = ("to", "delivered-to", "x-original-to")
_HEAD = 100_000
_REST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _ToUs:
    """Claims the one mail that was sent to `address`."""

    address: str

    @property
    def fields(self) -> tuple[str, ...]:
        return _FIELDS

    def is_ours(self, headers: object) -> bool:
        found = (value for name in _FIELDS for value in headers.all(name))  # type: ignore[attr-defined]
        return any(self.address in value.lower() for value in found)


def self_test_address(settings: Settings, token: str) -> Address:
    """Return an address of ours that arrives where answers do; SettingsError where there is none."""
    if not settings.replies.mailbox:
        raise SettingsError("[replies] mailbox is not set, so a letter to ourselves cannot be read. Set it")
    if settings.replies.domain:
        return Address.parse(f"doctor-{token}@{settings.replies.domain.lower()}")
    if settings.replies.address is None:
        raise SettingsError("neither [replies] domain nor address is set, so we have no address. Set one")
    mine = settings.replies.address
    return Address.parse(f"{mine.local.lower()}+doctor{token}@{mine.domain.lower()}")


def wait_for_message(settings: Settings, address: Address, *, seconds: float) -> bytes | None:
    """Return the raw mail to `address`, None when it has not come in time; it stays where it is."""
    mailbox = open_mailbox(
        settings.replies.mailbox,
        settings.root,
        password=settings.imap_password,
        message_filter=_ToUs(str(address).lower()),
        region=settings.delivery.ses.region,
    )
    wanted = str(address).lower().encode()
    end = time.monotonic() + seconds
    while True:
        for received in mailbox.waiting():
            head = received.raw[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
            if wanted in head or str(address).lower() in received.recipients:
                return received.raw
        if time.monotonic() >= end:
            return None
        time.sleep(min(_REST_SECONDS, max(0.0, end - time.monotonic())))


def check_signatures(raw: bytes, sender: str, dns: Resolver, *, now: datetime) -> Iterator[CheckResult]:
    """Say what the signatures of a letter from the domain `sender` are worth to those who got it."""
    servers = (dns.server,) if dns.server is not None else ()
    signatures = verify_dkim(raw, DnsKeys(nameservers=servers, port=dns.port), now)
    if not signatures:
        yield fail(_PART, "DKIM", "it came without a signature", "Sign with [delivery.dkim], or let the relay")
        return
    for signature in signatures:
        shown = f"signature of {signature.domain}"
        if signature.result == "pass":
            yield ok(_PART, shown, "it is valid")
        else:
            yield warn(_PART, shown, f"{signature.result}: {signature.why}")
    yield _aligned(signatures, sender)
    yield _covering(signatures, sender)


def _aligned(signatures: Iterable[DkimSignature], sender: str) -> CheckResult:
    if _valid(signatures, sender):
        return ok(_PART, "DMARC", f"a valid signature counts for {sender}")
    return fail(_PART, "DMARC", f"no valid signature counts for {sender}", f"Sign with DKIM for {sender}")


def _covering(signatures: Iterable[DkimSignature], sender: str) -> CheckResult:
    counting = _valid(signatures, sender)
    if any(set(_COVERED) <= set(each.signed) for each in counting):
        return ok(_PART, "one click", "a signature that counts covers both List-Unsubscribe headers")
    missing = [name for name in _COVERED if not any(name in each.signed for each in counting)]
    return fail(
        _PART,
        "one click",
        f"no valid signature covers {' and '.join(missing or _COVERED)}, so Gmail and Yahoo show no button",
        "Sign here with [delivery.dkim], which covers both",
    )


def _valid(signatures: Iterable[DkimSignature], sender: str) -> list[DkimSignature]:
    return [each for each in signatures if each.result == "pass" and is_aligned(each.domain, sender, strict=False)]
