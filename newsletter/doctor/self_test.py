"""Self-test by mail: waits for a message to an address of our own, and checks its DKIM signatures."""

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
_UNSUBSCRIBE_HEADERS = ("list-unsubscribe", "list-unsubscribe-post")
"""RFC 8058, section 3.1: the signature must cover both, or providers show no button."""
_RECIPIENT_HEADERS = ("to", "delivered-to", "x-original-to")
_HEAD_BYTES = 100_000
_POLL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _SelfTestFilter:
    """Accepts the one message that was sent to `address`."""

    address: str

    @property
    def fields(self) -> tuple[str, ...]:
        return _RECIPIENT_HEADERS

    def is_ours(self, headers: object) -> bool:
        recipients = (value for name in _RECIPIENT_HEADERS for value in headers.all(name))  # type: ignore[attr-defined]
        return any(self.address in value.lower() for value in recipients)


def self_test_address(settings: Settings, token: str) -> Address:
    """Return an address of ours whose mail arrives where replies do; SettingsError if there is none."""
    if not settings.replies.mailbox:
        raise SettingsError("[replies] mailbox is not set, so a message to your own address could not be read. Set it")
    if settings.replies.domain:
        return Address.parse(f"doctor-{token}@{settings.replies.domain.lower()}")
    if settings.replies.address is None:
        raise SettingsError(
            "neither [replies] domain nor address is set, so there is no address to send to. Set one of them"
        )
    mine = settings.replies.address
    return Address.parse(f"{mine.local.lower()}+doctor{token}@{mine.domain.lower()}")


def wait_for_message(settings: Settings, address: Address, *, seconds: float) -> bytes | None:
    """Return the raw message to `address`, None if it does not arrive in time; it stays in the mailbox."""
    mailbox = open_mailbox(
        settings.replies.mailbox,
        settings.root,
        password=settings.imap_password,
        message_filter=_SelfTestFilter(str(address).lower()),
        region=settings.delivery.ses.region,
    )
    wanted = str(address).lower().encode()
    end = time.monotonic() + seconds
    while True:
        for received in mailbox.waiting():
            head = received.raw[:_HEAD_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
            if wanted in head or str(address).lower() in received.recipients:
                return received.raw
        if time.monotonic() >= end:
            return None
        time.sleep(min(_POLL_SECONDS, max(0.0, end - time.monotonic())))


def check_signatures(raw: bytes, sender: str, dns: Resolver, *, now: datetime) -> Iterator[CheckResult]:
    """Check the DKIM signatures of a message from the domain `sender`, as its recipient's provider does."""
    servers = (dns.server,) if dns.server is not None else ()
    signatures = verify_dkim(raw, DnsKeys(nameservers=servers, port=dns.port), now)
    if not signatures:
        yield fail(_PART, "DKIM", "it arrived without a signature", "Sign with [delivery.dkim], or let the relay sign")
        return
    for signature in signatures:
        shown = f"signature of {signature.domain}"
        if signature.result == "pass":
            yield ok(_PART, shown, "it is valid")
        else:
            yield warn(_PART, shown, f"{signature.result}: {signature.reason}")
    yield _check_alignment(signatures, sender)
    yield _check_coverage(signatures, sender)


def _check_alignment(signatures: Iterable[DkimSignature], sender: str) -> CheckResult:
    if _valid(signatures, sender):
        return ok(_PART, "DMARC", f"a valid signature is aligned with {sender}")
    return fail(_PART, "DMARC", f"no valid signature is aligned with {sender}", f"Sign with DKIM for {sender}")


def _check_coverage(signatures: Iterable[DkimSignature], sender: str) -> CheckResult:
    aligned = _valid(signatures, sender)
    if any(set(_UNSUBSCRIBE_HEADERS) <= set(signature.signed) for signature in aligned):
        return ok(_PART, "one click", "an aligned signature covers both List-Unsubscribe headers")
    missing = [name for name in _UNSUBSCRIBE_HEADERS if not any(name in signature.signed for signature in aligned)]
    return fail(
        _PART,
        "one click",
        f"no valid signature covers {' and '.join(missing or _UNSUBSCRIBE_HEADERS)}, so Gmail and Yahoo show no button",
        "Sign here with [delivery.dkim], which covers both",
    )


def _valid(signatures: Iterable[DkimSignature], sender: str) -> list[DkimSignature]:
    return [
        signature
        for signature in signatures
        if signature.result == "pass" and is_aligned(signature.domain, sender, strict=False)
    ]
