"""Welcome series (series/welcome/*.md): emails to new subscribers, each so many days after they joined.

Each email is planned as a notice when it is due, one at a time and in order. A subscriber gets each at most once,
even if this runs twice or is killed, because a notice about one thing is planned once. Who unsubscribes gets no more
of them, and who was on the list before the series began gets none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import column, insert, select, table, types

from newsletter.audience import NewSubscriber, new_subscribers
from newsletter.compose import Edition, compose, fill_merge_tags
from newsletter.content import SeriesEmail, read_series
from newsletter.database import Database, UtcDateTime
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.notices.message import REPLY_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER
from newsletter.delivery.notices.queue import Notice, notices, plan_notice
from newsletter.errors import ContentError
from newsletter.finding import Finding
from newsletter.settings import Settings

WELCOME = "welcome"
"""The kind of these notices, and the name of the series."""
_MAX_DELAY = timedelta(days=14)
"""An email that is overdue for longer is skipped: the machine was off, and its text is stale."""
_GRACE = timedelta(days=1)
"""Who joined at most so long before a series was first seen gets it too."""

series_starts = table(
    "series", column("name", types.Text), column("list_name", types.Text), column("begun_at", UtcDateTime)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """How many emails were planned, and what is wrong with others."""

    planned: int
    findings: tuple[Finding, ...]


def plan_welcome_series(database: Database, settings: Settings, now: datetime) -> SeriesPlan:
    """Plan every email of the welcome series that is due; a second call plans nothing more."""
    series = read_series(settings, WELCOME)
    findings = list(series.findings)
    if not series.emails:
        return SeriesPlan(planned=0, findings=tuple(findings))
    planned = 0
    for list_name in settings.lists:
        emails = [email for email in series.emails if email.issue.list_name in {None, list_name}]
        if not emails:
            continue
        editions = _SeriesEditions(list_name, settings)
        since = _joined_since(database, list_name, emails, now)
        for subscriber, email in _due_emails(database, list_name, emails, since, now):
            edition = editions.edition_of(email)
            if edition is not None:
                with database.write() as connection:
                    plan_notice(connection, _notice(list_name, subscriber, email, edition), now)
                planned += 1
        findings += editions.findings
    return SeriesPlan(planned=planned, findings=tuple(findings))


class _SeriesEditions:
    """The emails of a series composed for one list, each once; one that cannot be composed becomes a finding."""

    def __init__(self, list_name: str, settings: Settings) -> None:
        self.findings: list[Finding] = []
        self._list_name = list_name
        self._settings = settings
        self._composed: dict[str, Edition | None] = {}

    def edition_of(self, email: SeriesEmail) -> Edition | None:
        """Return an email's edition, None if it cannot be composed."""
        if email.name not in self._composed:
            try:
                self._composed[email.name] = compose(email.issue, self._list_name, self._settings).edition
            except ContentError as error:
                self.findings += error.findings
                self._composed[email.name] = None
        return self._composed[email.name]


def _joined_since(database: Database, list_name: str, emails: list[SeriesEmail], now: datetime) -> datetime:
    """Return since when subscribers must have joined to get the series, which begins when it is first seen."""
    is_own = (series_starts.c.name == WELCOME) & (series_starts.c.list_name == list_name)
    with database.write() as connection:
        begun_at: datetime | None = connection.scalar(select(series_starts.c.begun_at).where(is_own))
        if begun_at is None:
            begun_at = now
            connection.execute(insert(series_starts).values(name=WELCOME, list_name=list_name, begun_at=now))
    longest = max(email.days for email in emails)
    return max(begun_at - _GRACE, now - timedelta(days=longest) - _MAX_DELAY)


def _due_emails(
    database: Database, list_name: str, emails: list[SeriesEmail], since: datetime, now: datetime
) -> list[tuple[NewSubscriber, SeriesEmail]]:
    """Return the subscribers whose next email is due; the one after it waits until its outcome is known."""
    with database.read() as connection:
        rows = connection.execute(
            select(notices.c.about, notices.c.status).where(
                notices.c.kind == WELCOME, notices.c.list_name == list_name, notices.c.created_at >= since
            )
        )
        statuses: dict[str, str] = dict(map(tuple, rows))
        subscribers = list(new_subscribers(connection, list_name, since))
    next_emails = ((person, _next_email(person, list_name, emails, statuses, now)) for person in subscribers)
    return [(subscriber, email) for subscriber, email in next_emails if email is not None]


def _next_email(
    subscriber: NewSubscriber,
    list_name: str,
    emails: list[SeriesEmail],
    statuses: Mapping[str, str],
    now: datetime,
) -> SeriesEmail | None:
    for email in emails:
        status = statuses.get(_about(list_name, subscriber, email))
        if status in {DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED}:
            return None
        due_at = subscriber.joined_at + timedelta(days=email.days)
        if status is None and due_at > now:
            return None
        if status is None and now - due_at <= _MAX_DELAY:
            return email
    return None


def _about(list_name: str, subscriber: NewSubscriber, email: SeriesEmail) -> str:
    return f"{WELCOME}/{list_name}/{subscriber.subscriber_id}/{email.name}"


def _notice(list_name: str, subscriber: NewSubscriber, email: SeriesEmail, edition: Edition) -> Notice:
    name = f"{subscriber.first_name} {subscriber.last_name}".strip()
    names = {"first_name": subscriber.first_name, "last_name": subscriber.last_name, "name": name}
    fields = {**subscriber.fields, **names, "email": subscriber.address}
    values = {f"subscriber.{field}": value for field, value in fields.items()}
    values |= {"links.unsubscribe": UNSUBSCRIBE_PLACEHOLDER, "links.reply": REPLY_PLACEHOLDER}
    return Notice(
        kind=WELCOME,
        about=_about(list_name, subscriber, email),
        recipient=subscriber.address,
        recipient_name=name,
        list_name=list_name,
        subject=fill_merge_tags(edition.subject, values),
        text=fill_merge_tags(edition.text, values),
        html=fill_merge_tags(edition.html, values),
        is_automatic=True,
    )
