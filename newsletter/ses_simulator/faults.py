"""What the pretend SES does wrong on purpose, to which calls: `close:5%`, `429@100-300`, `quota=500@40`.

`NAME[:SHARE%][@N | @FROM-TO | @FROM-]`: a mishap happens to a share of the sends with these numbers, counted
from 1; without numbers, of all. `rate=N@FROM` and `quota=N@FROM` change what the account is granted once that
many sends were asked for, `quota=N@5s` five seconds after the first one.
"""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from newsletter.errors import UsageError
from newsletter.finding import suggest


class FaultStage(Enum):
    """Which part of a call a mishap spoils."""

    BEFORE = "nothing is taken"
    AFTER = "the message is taken, its answer is not given"
    WAIT = "the answer comes late"
    EVENT = "the message is taken, and comes back later"
    GRANT = "the account is granted something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One sort of mishap."""

    when: FaultStage
    status: int = 0
    """Of the answer, as HTTP; 0 for none."""
    code: str = ""
    words: str = ""


_DAILY = "Daily message quota exceeded."
_BEFORE, _AFTER = FaultStage.BEFORE, FaultStage.AFTER
FAULT_KINDS: dict[str, FaultKind] = {
    "close": FaultKind(when=_AFTER),
    "hang": FaultKind(when=_AFTER),
    "fail": FaultKind(when=_AFTER, status=500, code="InternalFailure", words="Internal failure."),
    "garbage": FaultKind(when=_AFTER, status=200),
    "500": FaultKind(when=_BEFORE, status=500, code="InternalFailure", words="Internal failure."),
    "503": FaultKind(when=_BEFORE, status=503, code="ServiceUnavailable", words="Service is unavailable."),
    "429": FaultKind(when=_BEFORE, status=429, code="TooManyRequestsException", words="Maximum sending rate exceeded."),
    "limit": FaultKind(when=_BEFORE, status=400, code="LimitExceededException", words="Too many resources."),
    "spent": FaultKind(when=_BEFORE, status=429, code="TooManyRequestsException", words=_DAILY),
    "spent-limit": FaultKind(when=_BEFORE, status=400, code="LimitExceededException", words=_DAILY),
    "spent-throttling": FaultKind(when=_BEFORE, status=400, code="ThrottlingException", words=_DAILY),
    "rejected": FaultKind(when=_BEFORE, status=400, code="MessageRejected", words="Illegal content."),
    "bad": FaultKind(when=_BEFORE, status=400, code="BadRequestException", words="Invalid address."),
    "unverified": FaultKind(
        when=_BEFORE,
        status=400,
        code="MessageRejected",
        words="Email address is not verified. The following identities failed the check: news@example.org",
    ),
    "no-sender": FaultKind(
        when=_BEFORE, status=400, code="MailFromDomainNotVerifiedException", words="MAIL FROM is not verified."
    ),
    "no-set": FaultKind(when=_BEFORE, status=404, code="NotFoundException", words="Configuration set does not exist."),
    "suspended": FaultKind(when=_BEFORE, status=400, code="AccountSuspendedException", words="Account is suspended."),
    "paused": FaultKind(when=_BEFORE, status=400, code="SendingPausedException", words="Sending is paused."),
    "denied": FaultKind(when=_BEFORE, status=403, code="AccessDeniedException", words="Not authorised: ses:SendEmail."),
    "expired": FaultKind(when=_BEFORE, status=403, code="ExpiredTokenException", words="The token is expired."),
    "clock": FaultKind(when=_BEFORE, status=403, code="InvalidSignatureException", words="Signature expired."),
    "slow": FaultKind(when=FaultStage.WAIT),
    "bounce": FaultKind(when=FaultStage.EVENT),
    "complaint": FaultKind(when=FaultStage.EVENT),
    "rate": FaultKind(when=FaultStage.GRANT),
    "quota": FaultKind(when=FaultStage.GRANT),
}

_WRITTEN = re.compile(r"([a-z0-9-]+)(?:=(\d+(?:\.\d+)?))?(?::(\d+(?:\.\d+)?)%)?(?:@(\d+)(?:(-)(\d+)?|(s))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, and how often."""

    name: str
    share: float = 1.0
    """0 to 1, of the sends between `first` and `last`."""
    first: int = 1
    last: int | None = None
    value: float = 0.0
    """What is granted from now on, for `rate` and `quota`."""
    after: float | None = None
    """For these two: so many seconds after the first send, instead of at a number of sends."""

    @property
    def kind(self) -> FaultKind:
        """Say what it does."""
        return FAULT_KINDS[self.name]

    def happens(self, number: int, seed: int) -> bool:
        """Return whether it happens to this send; the same answer for the same number and seed."""
        if number < self.first or (self.last is not None and number > self.last):
            return False
        return self.share >= 1 or random.Random(f"{seed}/{self.name}/{number}").random() < self.share  # noqa: S311


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Return the mishaps that a text names, separated by commas; UsageError says which one is none."""
    return tuple(_read(word) for word in re.split(r"[\s,]+", text.strip()) if word)


def fault_of(faults: Iterable[Fault], number: int, seed: int) -> Fault | None:
    """Return what happens to a send: the first mishap that does, changes of the grant aside."""
    spoiling = (fault for fault in faults if fault.kind.when is not FaultStage.GRANT)
    return next((fault for fault in spoiling if fault.happens(number, seed)), None)


def _read(word: str) -> Fault:
    found = _WRITTEN.fullmatch(word)
    if found is None:
        raise UsageError(f"--faults {word}: write NAME, NAME:5%, NAME@100-300 or quota=500@40")
    name, value, share, first, dash, last, seconds = found.groups()
    if name not in FAULT_KINDS:
        raise UsageError(f"--faults {word}: no such fault. {suggest(name, FAULT_KINDS)}")
    if share and float(share) > 100:
        raise UsageError(f"--faults {word}: a share is 100% at most")
    if first and last and int(last) < int(first):
        raise UsageError(f"--faults {word}: ends before it begins. Write {name}@{last}-{first}")
    if (FAULT_KINDS[name].when is FaultStage.GRANT) is (value is None):
        raise UsageError(f"--faults {word}: only rate and quota take a number, as in {name}=500@40")
    if seconds and value is None:
        raise UsageError(f"--faults {word}: only rate and quota know seconds, as in quota=500@5s")
    return Fault(
        name=name,
        share=float(share) / 100 if share else 1.0,
        first=int(first or 1),
        last=int(last) if last else None if dash or not first else int(first),
        value=float(value or 0),
        after=float(first) if seconds else None,
    )
