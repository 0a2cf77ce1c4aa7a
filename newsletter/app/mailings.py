"""Mailings: their status and what was reported about them; pause, resume, cancel and resolve; and the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import delivery, feedback
from newsletter.app.publication import Publication
from newsletter.delivery import DeliveryStatus, queue
from newsletter.errors import UsageError
from newsletter.feedback import EventKind

if TYPE_CHECKING:
    from collections import Counter
    from email.message import EmailMessage

    from newsletter.delivery import Counts, DeliveryProblem, IssueStatus, Mailing
    from newsletter.feedback import EventSummary, FactCount, ResolvedCount, Trip

NAMED_AT_MOST = 20
"""How many failed and how many uncertain deliveries a status names one by one."""
_CAUSES = {EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackSummary:
    """What providers reported about some mailings."""

    kinds: Counter[EventKind]
    causes: tuple[FactCount, ...]
    """Bounces, complaints and rejections by domain and reason, the most frequent first."""
    settled: tuple[ResolvedCount, ...]
    """Deliveries that events settled."""
    trips: tuple[Trip, ...]
    """Mailings that paused themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingProblems:
    """The first of a mailing's failed and of its uncertain deliveries, with the reason."""

    mailing: Mailing
    counts: Counts
    failed: tuple[DeliveryProblem, ...]
    uncertain: tuple[DeliveryProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """Where everybody is, for one issue or for all that have a mailing."""

    issues: tuple[IssueStatus, ...]
    pipe: EventSummary
    """How events come in."""
    feedback: tuple[FeedbackSummary, ...]
    """Of each issue, in the same order."""
    problems: tuple[MailingProblems, ...] = ()
    """Of each mailing, where the report is about one issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedMailing:
    """A mailing that is paused now."""

    mailing: Mailing
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledMailing:
    """A mailing that is cancelled for good."""

    mailing: Mailing
    cancelled: int
    """How many will not get it."""
    submitted: int
    in_flight: int
    """How many are being submitted at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What was settled of a mailing's uncertain deliveries."""

    mailing: Mailing
    settled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message in the outbox, by the number of its delivery."""

    number: int
    path: Path

    def headers(self) -> EmailMessage:
        """Parse its headers alone."""
        from email import policy
        from email.parser import BytesParser

        with self.path.open("rb") as file:
            head = b"".join(_until_blank(file))
        return BytesParser(policy=policy.default).parsebytes(head, headersonly=True)

    def parsed(self) -> EmailMessage:
        """Parse all of it."""
        from email import policy
        from email.parser import BytesParser

        return BytesParser(policy=policy.default).parsebytes(self.path.read_bytes())

    def part(self, subtype: str) -> str:
        """Return its `plain` or `html` part as text; "" when it has none."""
        part = self.parsed().get_body((subtype,))
        return "" if part is None else str(part.get_content())


def report_status(publication: Publication, issue_name: str | None = None) -> StatusReport:
    """Return where everybody is, and what was reported, for an issue; else for every issue that has a mailing.

    Only the database is read: nothing is asked of a provider.
    """
    database = publication.database
    slugs = delivery.mailed_slugs(database)
    if issue_name is not None:
        slugs = (issue_name if issue_name in slugs else _find_slug(publication, issue_name),)
    issues = tuple(delivery.issue_status(database, slug) for slug in slugs)
    return StatusReport(
        issues=issues,
        pipe=feedback.summarise_events(database),
        feedback=tuple(
            summarise_feedback(publication, [mailing.id for mailing, _ in issue.mailings]) for issue in issues
        ),
        problems=tuple(
            problems_of(publication, mailing, counts)
            for issue in issues
            if issue_name is not None
            for mailing, counts in issue.mailings
        ),
    )


def summarise_feedback(publication: Publication, mailing_ids: list[int]) -> FeedbackSummary:
    """Summarise what providers reported about some mailings."""
    database = publication.database
    return FeedbackSummary(
        kinds=feedback.count_by_kind(database, mailing_ids),
        causes=tuple(count for count in feedback.count_facts(database, mailing_ids) if count.kind in _CAUSES),
        settled=tuple(feedback.count_resolved(database, mailing_ids)),
        trips=tuple(trip for trip in feedback.list_open_trips(database) if trip.mailing_id in mailing_ids),
    )


def problems_of(publication: Publication, mailing: Mailing, counts: Counts) -> MailingProblems:
    """Name the first of a mailing's failed and uncertain deliveries."""
    failed, uncertain = (
        tuple(delivery.list_delivery_problems(publication.database, mailing, status, limit=NAMED_AT_MOST))
        for status in (DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)
    )
    return MailingProblems(mailing=mailing, counts=counts, failed=failed, uncertain=uncertain)


def pause_mailing(publication: Publication, name: str) -> PausedMailing:
    """Pause a mailing, named by its number or its issue's slug: nothing more of it leaves until it is resumed."""
    database = publication.database
    mailing = queue.pause(database, delivery.find_mailing(database, name))
    return PausedMailing(mailing=mailing, planned=delivery.mailing_counts(database, mailing.id).planned)


def resume_mailing(publication: Publication, name: str, *, anyway: bool = False) -> Mailing:
    """Resume a paused mailing; it sends nothing by itself.

    DecisionRequired for one that paused itself because too much of it bounced, unless `anyway`.
    """
    database = publication.database
    return feedback.resume_paused_mailing(
        database, delivery.find_mailing(database, name), anyway=anyway, now=publication.now()
    )


def cancel_mailing(publication: Publication, name: str) -> CancelledMailing:
    """Cancel a mailing for good: deliveries that are still planned are excluded."""
    database = publication.database
    mailing = delivery.find_mailing(database, name)
    cancelled = queue.cancel(database, mailing, publication.now())
    counts = delivery.mailing_counts(database, mailing.id)
    return CancelledMailing(mailing=mailing, cancelled=cancelled, submitted=counts.submitted, in_flight=counts.planned)


def list_uncertain(publication: Publication, name: str) -> tuple[Mailing, tuple[DeliveryProblem, ...]]:
    """Return a mailing's uncertain deliveries."""
    mailing = delivery.find_mailing(publication.database, name)
    return mailing, tuple(delivery.list_delivery_problems(publication.database, mailing, DeliveryStatus.UNCERTAIN))


def resolve_uncertain(publication: Publication, name: str, *, resend: bool) -> Resolution:
    """Settle a mailing's uncertain deliveries by decision: plan them again, or leave them as they are."""
    mailing = delivery.find_mailing(publication.database, name)
    settled = delivery.resolve(
        publication.database, publication.settings, mailing, resend=resend, now=publication.now()
    )
    return Resolution(mailing=mailing, settled=settled)


def settle_by_events(publication: Publication, events: Path | str) -> int:
    """Settle uncertain deliveries by the events in a file, or of the SQS queue at a URL; return how many."""
    database, keyring, settings = publication.database, publication.keyring, publication.settings
    if isinstance(events, str):
        with closing(feedback.open_event_queue(settings, events)) as event_queue:
            arrived = list(feedback.pull_from_queue(database, keyring, settings, event_queue, clock=publication.now))
    else:
        arrived = list(feedback.ingest_file(database, keyring, settings, events, clock=publication.now))
    return sum((batch.applied for batch in arrived), feedback.ApplyResult()).settled


def list_outbox(publication: Publication) -> list[StoredMessage]:
    """Return the messages in the outbox, oldest first."""
    stored = sorted(delivery.outbox_messages(publication.settings.var / "outbox"))
    return [StoredMessage(number=message.delivery_id, path=message.path) for message in stored]


def find_in_outbox(publication: Publication, number: int | None = None) -> StoredMessage:
    """Return one message of the outbox, without a number the newest; UsageError when it is not there."""
    stored = list_outbox(publication)
    if number is None:
        if not stored:
            raise UsageError("the outbox is empty. 'newsletter send' fills it")
        return stored[-1]
    for message in stored:
        if message.number == number:
            return message
    raise UsageError(f"there is no message {number} in the outbox. 'newsletter outbox list' lists them")


def write_html_page(publication: Publication, message: StoredMessage) -> Path:
    """Write the HTML part of a message below var/letters, for a browser; return the file."""
    folder = publication.settings.var / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{message.number}.html"
    page.write_text(message.part("html"), encoding="utf-8", newline="\n")
    return page


def _find_slug(publication: Publication, name: str) -> str:
    """Return the slug of an issue without a mailing; for a mailing's number, UsageError names its issue."""
    from newsletter.content import read_issue

    try:
        return read_issue(publication.settings, name).slug.text
    except UsageError as fault:
        if not (name.isascii() and name.isdecimal()):
            raise
        try:
            mailing = delivery.find_mailing(publication.database, name)
        except UsageError:
            raise UsageError(f"{fault}. There is no mailing {name} either, and status takes an issue") from fault
        raise UsageError(
            f"status takes an issue, not a mailing's number. Mailing {mailing.id} is of '{mailing.slug}': "
            f"newsletter status {mailing.slug}"
        ) from fault


def _until_blank(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        if not line.strip():
            return
        yield line
