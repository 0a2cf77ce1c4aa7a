"""Errors: everything that can go wrong, as one tree. A class says what its caller should do.

    NewsletterError          1   something was not done
    ├── ContentError         1   the author edits a file: carries findings with file and line
    ├── SettingsError        1   the author edits newsletter.toml or the environment
    ├── UsageError           2   the command, or a name given to it, is wrong
    ├── DecisionRequired     1   only a person may decide: a confirmation, or a choice in doubt
    ├── TemporaryError      75   the request is right: run it again later
    │   ├── DatabaseBusy         another process holds the database
    │   └── DiskFull             there is no room to record what we do, so nothing was done
    └── TransportError       1   the relay's answer about one message
        ├── Refused              permanent: never retry this message
        ├── Deferred        75   certainly not accepted; retrying is safe
        │   └── QuotaExceeded    no more is accepted until the quota frees
        ├── SendingHalted        nothing is accepted until the author acts: credentials, sender, account
        └── Uncertain            the message may have been accepted: never retried automatically

A message is one line: where, what, what next. The number is the exit code.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.finding import Finding


class NewsletterError(Exception):
    """Something was not done; the message says where, what, and what to do next."""

    exit_code = 1


class ContentError(NewsletterError):
    """A file of the author's is invalid; `findings` has every fault, with file and line."""

    def __init__(self, findings: Sequence["Finding"]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class SettingsError(NewsletterError):
    """newsletter.toml or the environment is invalid."""


class UsageError(NewsletterError):
    """The command, or a name given to it, is wrong."""

    exit_code = 2


class DecisionRequired(NewsletterError):
    """Only a person may decide this."""


class TemporaryError(NewsletterError):
    """The request is right, but cannot be carried out now; running it again later is safe."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


class DatabaseBusy(TemporaryError):
    """Another process holds the database."""


class DiskFull(TemporaryError):
    """There is no room to record what we do, so nothing was done."""


class TransportError(NewsletterError):
    """The relay's answer about one message, other than acceptance."""


class Refused(TransportError):
    """The relay permanently refused the message: never retry it."""


class Deferred(TransportError):
    """The relay certainly did not accept the message: retrying later is safe."""

    exit_code = 75


class QuotaExceeded(Deferred):
    """The relay accepts nothing more until its quota frees; the message says when."""


class SendingHalted(TransportError):
    """The relay accepts no message until the author acts: credentials, sender or account."""


class Uncertain(TransportError):
    """The connection broke after the message was handed over: it may have been accepted. Never retried by us."""


def describe(error: BaseException, limit: int = 300) -> str:
    """Return a foreign exception's text on one line, at most `limit` characters; its class name if it has none."""
    text = getattr(error, "strerror", None) or str(error)
    return (" ".join(text.split()) or type(error).__name__)[:limit]
