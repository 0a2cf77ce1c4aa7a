"""What can go wrong, as one tree; a class answers what its caller should do.

    NewsletterError          1   something was not done
    ├── EditFile             1   the author mends a file: carries findings with file and line
    ├── EditSettings         1   the author mends newsletter.toml or the environment
    ├── WrongUse             2   the command asks for something that is not there
    ├── AskPerson            1   only a person may decide this: a confirmation, a doubt
    ├── TryLater            75   nothing is wrong with the request: run it again
    │   ├── StorageBusy          another process holds the database
    │   └── StorageFull          there is no room left to record what we do
    └── TransportError       1   what the next hop said of one message
        ├── Refused              never try this message again
        ├── Deferred        75   certainly not taken; trying again is safe
        │   └── QuotaSpent       the next hop takes no more today
        ├── Halted               nothing at all will be taken until the author acts
        └── Uncertain            it may have been taken: evidence or a person decides

A message is one line: what, where, what next. The number is the exit code.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.finding import Finding


class NewsletterError(Exception):
    """Something was not done; the message says what, where and what next."""

    exit_code = 1


class EditFile(NewsletterError):
    """An author's file is at fault; every fault found is in `findings`."""

    def __init__(self, findings: Sequence["Finding"]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class EditSettings(NewsletterError):
    """newsletter.toml or the environment is at fault."""


class WrongUse(NewsletterError):
    """The command asks for something that is not there."""

    exit_code = 2


class AskPerson(NewsletterError):
    """Only a person may decide this."""


class TryLater(NewsletterError):
    """Nothing is wrong with the request; running it again later will do."""

    exit_code = 75  # EX_TEMPFAIL, as sendmail has it


class StorageBusy(TryLater):
    """Another process holds the database."""


class StorageFull(TryLater):
    """There is no room left to record what we do, so nothing was done."""


class TransportError(NewsletterError):
    """What the next hop said of one message."""


class Refused(TransportError):
    """The next hop will never take this message."""


class Deferred(TransportError):
    """The next hop certainly did not take the message; trying again later is safe."""

    exit_code = 75


class QuotaSpent(Deferred):
    """The next hop takes nothing more until its quota frees, which the message says."""


class Halted(TransportError):
    """The next hop will take no message until the author acts: credentials, sender, account."""


class Uncertain(TransportError):
    """The connection broke after the message was handed over: it may have been taken."""
