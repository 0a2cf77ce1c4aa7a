"""Fault injection: which sends go wrong on purpose, and how: `close:5%`, `429@100-300`, `quota=500@40`.

`NAME[:SHARE%][@N | @FROM-TO | @FROM-]`: a fault hits a share of the sends with these numbers, counted from 1;
without numbers, of all sends. `rate=N@FROM` and `quota=N@FROM` change the account's limits at that number of
sends, `quota=N@5s` five seconds after the first one.
"""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from newsletter.errors import UsageError
from newsletter.finding import suggest


class FaultStage(Enum):
    """Which part of a send a fault spoils."""

    REFUSED = "the message is not accepted"
    NO_RESPONSE = "the message is accepted, but the response is lost or wrong"
    DELAY = "the response is late"
    EVENT = "the message is accepted, and bounces or is complained about"
    LIMITS = "the account's rate or quota changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One kind of fault."""

    stage: FaultStage
    status: int = 0
    """The HTTP status that is answered; 0 for none."""
    code: str = ""
    message: str = ""


_DAILY_QUOTA = "Daily message quota exceeded."
_REFUSED, _NO_RESPONSE = FaultStage.REFUSED, FaultStage.NO_RESPONSE
FAULT_KINDS: dict[str, FaultKind] = {
    "close": FaultKind(stage=_NO_RESPONSE),
    "hang": FaultKind(stage=_NO_RESPONSE),
    "fail": FaultKind(stage=_NO_RESPONSE, status=500, code="InternalFailure", message="Internal failure."),
    "garbage": FaultKind(stage=_NO_RESPONSE, status=200),
    "500": FaultKind(stage=_REFUSED, status=500, code="InternalFailure", message="Internal failure."),
    "503": FaultKind(stage=_REFUSED, status=503, code="ServiceUnavailable", message="Service is unavailable."),
    "429": FaultKind(
        stage=_REFUSED, status=429, code="TooManyRequestsException", message="Maximum sending rate exceeded."
    ),
    "limit": FaultKind(stage=_REFUSED, status=400, code="LimitExceededException", message="Too many resources."),
    "spent": FaultKind(stage=_REFUSED, status=429, code="TooManyRequestsException", message=_DAILY_QUOTA),
    "spent-limit": FaultKind(stage=_REFUSED, status=400, code="LimitExceededException", message=_DAILY_QUOTA),
    "spent-throttling": FaultKind(stage=_REFUSED, status=400, code="ThrottlingException", message=_DAILY_QUOTA),
    "rejected": FaultKind(stage=_REFUSED, status=400, code="MessageRejected", message="Illegal content."),
    "bad": FaultKind(stage=_REFUSED, status=400, code="BadRequestException", message="Invalid address."),
    "unverified": FaultKind(
        stage=_REFUSED,
        status=400,
        code="MessageRejected",
        message="Email address is not verified. The following identities failed the check: news@example.org",
    ),
    "no-sender": FaultKind(
        stage=_REFUSED, status=400, code="MailFromDomainNotVerifiedException", message="MAIL FROM is not verified."
    ),
    "no-set": FaultKind(
        stage=_REFUSED, status=404, code="NotFoundException", message="Configuration set does not exist."
    ),
    "suspended": FaultKind(
        stage=_REFUSED, status=400, code="AccountSuspendedException", message="Account is suspended."
    ),
    "paused": FaultKind(stage=_REFUSED, status=400, code="SendingPausedException", message="Sending is paused."),
    "denied": FaultKind(
        stage=_REFUSED, status=403, code="AccessDeniedException", message="Not authorised: ses:SendEmail."
    ),
    "expired": FaultKind(stage=_REFUSED, status=403, code="ExpiredTokenException", message="The token is expired."),
    "clock": FaultKind(stage=_REFUSED, status=403, code="InvalidSignatureException", message="Signature expired."),
    "slow": FaultKind(stage=FaultStage.DELAY),
    "bounce": FaultKind(stage=FaultStage.EVENT),
    "complaint": FaultKind(stage=FaultStage.EVENT),
    "rate": FaultKind(stage=FaultStage.LIMITS),
    "quota": FaultKind(stage=FaultStage.LIMITS),
}

_SYNTAX = re.compile(r"([a-z0-9-]+)(?:=(\d+(?:\.\d+)?))?(?::(\d+(?:\.\d+)?)%)?(?:@(\d+)(?:(-)(\d+)?|(s))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, and which sends it hits."""

    name: str
    share: float = 1.0
    """0 to 1, of the sends between `first` and `last`."""
    first: int = 1
    last: int | None = None
    value: float = 0.0
    """The new limit, for `rate` and `quota`."""
    after: float | None = None
    """For these two: so many seconds after the first send, instead of at a number of sends."""

    @property
    def kind(self) -> FaultKind:
        """What it does."""
        return FAULT_KINDS[self.name]

    def hits(self, number: int, seed: int) -> bool:
        """Return whether it hits this send; always the same for the same number and seed."""
        if number < self.first or (self.last is not None and number > self.last):
            return False
        return self.share >= 1 or random.Random(f"{seed}/{self.name}/{number}").random() < self.share  # noqa: S311


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Parse faults separated by commas or blanks; UsageError names the one that is invalid."""
    return tuple(_parse(word) for word in re.split(r"[\s,]+", text.strip()) if word)


def fault_of(faults: Iterable[Fault], number: int, seed: int) -> Fault | None:
    """Return the first fault that hits a send; changes of the limits hit none."""
    candidates = (fault for fault in faults if fault.kind.stage is not FaultStage.LIMITS)
    return next((fault for fault in candidates if fault.hits(number, seed)), None)


def _parse(text: str) -> Fault:
    match = _SYNTAX.fullmatch(text)
    if match is None:
        raise UsageError(f"--faults {text}: invalid. Write NAME, NAME:5%, NAME@100-300 or quota=500@40")
    name, value, share, first, dash, last, seconds = match.groups()
    if name not in FAULT_KINDS:
        raise UsageError(f"--faults {text}: unknown fault '{name}'. {suggest(name, FAULT_KINDS)}")
    if share and float(share) > 100:
        raise UsageError(f"--faults {text}: a share is at most 100%")
    if first and last and int(last) < int(first):
        raise UsageError(f"--faults {text}: the range ends before it begins. Write {name}@{last}-{first}")
    if (FAULT_KINDS[name].stage is FaultStage.LIMITS) is (value is None):
        raise UsageError(f"--faults {text}: only rate and quota take a number, as in quota=500@40")
    if seconds and value is None:
        raise UsageError(f"--faults {text}: only rate and quota take seconds, as in quota=500@5s")
    return Fault(
        name=name,
        share=float(share) / 100 if share else 1.0,
        first=int(first or 1),
        last=int(last) if last else None if dash or not first else int(first),
        value=float(value or 0),
        after=float(first) if seconds else None,
    )
