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


class When(Enum):
    """Which part of a call a mishap spoils."""

    BEFORE = "nothing is taken"
    AFTER = "the message is taken, its answer is not given"
    WAIT = "the answer comes late"
    EVENT = "the message is taken, and comes back later"
    GRANT = "the account is granted something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of mishap."""

    when: When
    status: int = 0
    """Of the answer, as HTTP; 0 for none."""
    code: str = ""
    words: str = ""


_DAILY = "Daily message quota exceeded."
_BEFORE, _AFTER = When.BEFORE, When.AFTER
KINDS: dict[str, Kind] = {
    "close": Kind(when=_AFTER),
    "hang": Kind(when=_AFTER),
    "fail": Kind(when=_AFTER, status=500, code="InternalFailure", words="Internal failure."),
    "garbage": Kind(when=_AFTER, status=200),
    "500": Kind(when=_BEFORE, status=500, code="InternalFailure", words="Internal failure."),
    "503": Kind(when=_BEFORE, status=503, code="ServiceUnavailable", words="Service is unavailable."),
    "429": Kind(when=_BEFORE, status=429, code="TooManyRequestsException", words="Maximum sending rate exceeded."),
    "limit": Kind(when=_BEFORE, status=400, code="LimitExceededException", words="Too many resources."),
    "spent": Kind(when=_BEFORE, status=429, code="TooManyRequestsException", words=_DAILY),
    "spent-limit": Kind(when=_BEFORE, status=400, code="LimitExceededException", words=_DAILY),
    "spent-throttling": Kind(when=_BEFORE, status=400, code="ThrottlingException", words=_DAILY),
    "rejected": Kind(when=_BEFORE, status=400, code="MessageRejected", words="Illegal content."),
    "bad": Kind(when=_BEFORE, status=400, code="BadRequestException", words="Invalid address."),
    "unverified": Kind(
        when=_BEFORE,
        status=400,
        code="MessageRejected",
        words="Email address is not verified. The following identities failed the check: news@example.org",
    ),
    "no-sender": Kind(
        when=_BEFORE, status=400, code="MailFromDomainNotVerifiedException", words="MAIL FROM is not verified."
    ),
    "no-set": Kind(when=_BEFORE, status=404, code="NotFoundException", words="Configuration set does not exist."),
    "suspended": Kind(when=_BEFORE, status=400, code="AccountSuspendedException", words="Account is suspended."),
    "paused": Kind(when=_BEFORE, status=400, code="SendingPausedException", words="Sending is paused."),
    "denied": Kind(when=_BEFORE, status=403, code="AccessDeniedException", words="Not authorised: ses:SendEmail."),
    "expired": Kind(when=_BEFORE, status=403, code="ExpiredTokenException", words="The token is expired."),
    "clock": Kind(when=_BEFORE, status=403, code="InvalidSignatureException", words="Signature expired."),
    "slow": Kind(when=When.WAIT),
    "bounce": Kind(when=When.EVENT),
    "complaint": Kind(when=When.EVENT),
    "rate": Kind(when=When.GRANT),
    "quota": Kind(when=When.GRANT),
}

_WRITTEN = re.compile(r"([a-z0-9-]+)(?:=(\d+(?:\.\d+)?))?(?::(\d+(?:\.\d+)?)%)?(?:@(\d+)(?:(-)(\d+)?|(s))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
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
    def kind(self) -> Kind:
        """Say what it does."""
        return KINDS[self.name]

    def happens(self, number: int, seed: int) -> bool:
        """Return whether it happens to this send; the same answer for the same number and seed."""
        if number < self.first or (self.last is not None and number > self.last):
            return False
        return self.share >= 1 or random.Random(f"{seed}/{self.name}/{number}").random() < self.share  # noqa: S311


def read_mishaps(text: str) -> tuple[Mishap, ...]:
    """Return the mishaps that a text names, separated by commas; UsageError says which one is none."""
    return tuple(_read(word) for word in re.split(r"[\s,]+", text.strip()) if word)


def mishap_of(mishaps: Iterable[Mishap], number: int, seed: int) -> Mishap | None:
    """Return what happens to a send: the first mishap that does, changes of the grant aside."""
    spoiling = (mishap for mishap in mishaps if mishap.kind.when is not When.GRANT)
    return next((mishap for mishap in spoiling if mishap.happens(number, seed)), None)


def _read(word: str) -> Mishap:
    found = _WRITTEN.fullmatch(word)
    if found is None:
        raise UsageError(f"--faults {word}: write NAME, NAME:5%, NAME@100-300 or quota=500@40")
    name, value, share, first, dash, last, seconds = found.groups()
    if name not in KINDS:
        raise UsageError(f"--faults {word}: no such fault. {suggest(name, KINDS)}")
    if share and float(share) > 100:
        raise UsageError(f"--faults {word}: a share is 100% at most")
    if first and last and int(last) < int(first):
        raise UsageError(f"--faults {word}: ends before it begins. Write {name}@{last}-{first}")
    if (KINDS[name].when is When.GRANT) is (value is None):
        raise UsageError(f"--faults {word}: only rate and quota take a number, as in {name}=500@40")
    if seconds and value is None:
        raise UsageError(f"--faults {word}: only rate and quota know seconds, as in quota=500@5s")
    return Mishap(
        name=name,
        share=float(share) / 100 if share else 1.0,
        first=int(first or 1),
        last=int(last) if last else None if dash or not first else int(first),
        value=float(value or 0),
        after=float(first) if seconds else None,
    )
