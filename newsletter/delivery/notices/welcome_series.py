"""The welcome series: its letters are planned as notices when they are due, one at a time and in order.

A person gets each letter once at most, whatever is run twice or killed: a notice is planned once for what it is
about. Whoever leaves gets no more of them, and nobody gets them who was on a list before the series began.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, column, insert, select, table, types

from newsletter.audience import NewSubscriber, exclusion_reason, new_subscribers
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
_TOO_LATE = timedelta(days=14)
"""A letter that is overdue for longer is passed over: the machine was off, and its words are stale."""
_BEFORE = timedelta(days=1)
"""Who joined so long before a series was first seen gets it too."""

begun = table("series", column("name", types.Text), column("list_name", types.Text), column("begun_at", UtcDateTime))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """How many letters are due now, and what is wrong with others."""

    planned: int
    findings: tuple[Finding, ...]


def plan_welcome_series(database: Database, settings: Settings, now: datetime) -> SeriesPlan:
    """Plan every letter of the welcome series that is due; a second call plans nothing more."""
    series = read_series(settings, WELCOME)
    findings = list(series.findings)
    if not series.emails:
        return SeriesPlan(planned=0, findings=tuple(findings))
    planned = 0
    for list_name in settings.lists:
        letters = [each for each in series.emails if each.issue.list_name in {None, list_name}]
        if not letters:
            continue
        editions = _Editions(list_name, settings)
        since = _since(database, list_name, letters, now)
        for newcomer, letter in _due(database, list_name, letters, since, now):
            edition = editions.of(letter)
            if edition is not None:
                with database.write() as connection:
                    plan_notice(connection, _notice(list_name, newcomer, letter, edition), now)
                planned += 1
        findings += editions.findings
    return SeriesPlan(planned=planned, findings=tuple(findings))


def reason_to_stop(connection: Connection, notice: Notice) -> str:
    """Return why a letter of a series must not leave any more, empty if it may."""
    if notice.kind != WELCOME:
        return ""
    _, list_name, subscriber_id, _ = notice.about.split("/", 3)
    exclusion = exclusion_reason(connection, list_name, int(subscriber_id))
    return f"they are {exclusion} since" if exclusion else ""


class _Editions:
    """The letters as they are composed for a list, each once; one at fault is a finding."""

    def __init__(self, list_name: str, settings: Settings) -> None:
        self.findings: list[Finding] = []
        self._list_name = list_name
        self._settings = settings
        self._made: dict[str, Edition | None] = {}

    def of(self, letter: SeriesEmail) -> Edition | None:
        """Return a letter as it is sent, None if it cannot be."""
        if letter.name not in self._made:
            try:
                self._made[letter.name] = compose(letter.issue, self._list_name, self._settings).edition
            except ContentError as error:
                self.findings += error.findings
                self._made[letter.name] = None
        return self._made[letter.name]


def _since(database: Database, list_name: str, letters: list[SeriesEmail], now: datetime) -> datetime:
    """Return from when on those who joined get the series, which begins when it is first seen."""
    mine = (begun.c.name == WELCOME) & (begun.c.list_name == list_name)
    with database.write() as connection:
        began: datetime | None = connection.scalar(select(begun.c.begun_at).where(mine))
        if began is None:
            began = now
            connection.execute(insert(begun).values(name=WELCOME, list_name=list_name, begun_at=now))
    longest = max(letter.days for letter in letters)
    return max(began - _BEFORE, now - timedelta(days=longest) - _TOO_LATE)


def _due(
    database: Database, list_name: str, letters: list[SeriesEmail], since: datetime, now: datetime
) -> list[tuple[NewSubscriber, SeriesEmail]]:
    """Return whose next letter is due: the one after it waits until this one is settled."""
    with database.read() as connection:
        rows = connection.execute(
            select(notices.c.about, notices.c.status).where(
                notices.c.kind == WELCOME, notices.c.list_name == list_name, notices.c.created_at >= since
            )
        )
        standing: dict[str, str] = dict(map(tuple, rows))
        people = list(new_subscribers(connection, list_name, since))
    found = ((each, _next(each, list_name, letters, standing, now)) for each in people)
    return [(newcomer, letter) for newcomer, letter in found if letter is not None]


def _next(
    newcomer: NewSubscriber, list_name: str, letters: list[SeriesEmail], standing: Mapping[str, str], now: datetime
) -> SeriesEmail | None:
    for letter in letters:
        status = standing.get(_about(list_name, newcomer, letter))
        if status in {DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED}:
            return None
        due_at = newcomer.joined_at + timedelta(days=letter.days)
        if status is None and due_at > now:
            return None
        if status is None and now - due_at <= _TOO_LATE:
            return letter
    return None


def _about(list_name: str, newcomer: NewSubscriber, letter: SeriesEmail) -> str:
    return f"{WELCOME}/{list_name}/{newcomer.subscriber_id}/{letter.name}"


def _notice(list_name: str, newcomer: NewSubscriber, letter: SeriesEmail, edition: Edition) -> Notice:
    name = f"{newcomer.first_name} {newcomer.last_name}".strip()
    own = {"first_name": newcomer.first_name, "last_name": newcomer.last_name, "name": name}
    known = {**newcomer.fields, **own, "email": newcomer.address}
    values = {f"subscriber.{field}": value for field, value in known.items()}
    values |= {"links.unsubscribe": UNSUBSCRIBE_PLACEHOLDER, "links.reply": REPLY_PLACEHOLDER}
    return Notice(
        kind=WELCOME,
        about=_about(list_name, newcomer, letter),
        recipient=newcomer.address,
        recipient_name=name,
        list_name=list_name,
        subject=fill_merge_tags(edition.subject, values),
        text=fill_merge_tags(edition.text, values),
        html=fill_merge_tags(edition.html, values),
        is_automatic=True,
    )
