"""Statistics: what became of each issue, by mailing, over time and by receiving domain; and how lists grew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import Counts, IssueStatus, Mailing, issue_status, mailed_slugs
from newsletter.errors import UsageError
from newsletter.finding import suggest
from newsletter.stats import queries as facts
from newsletter.stats.caveats import Caveat, find_caveats
from newsletter.stats.clicks import Followed, days_of, followed, links_of
from newsletter.stats.growth import list_growth
from newsletter.stats.numbers import (
    DomainNumbers,
    IssueNumbers,
    ListGrowth,
    MailingNumbers,
    Numbers,
    added,
    fold_domains,
)

WEEKS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """All the numbers there are, at one instant."""

    made_at: datetime
    issues: tuple[IssueNumbers, ...]
    """The oldest first."""
    totals: Numbers
    domains: tuple[DomainNumbers, ...]
    """() where so few were mailed that domains would tell of single people."""
    lists: tuple[ListGrowth, ...]
    caveats: tuple[Caveat, ...]


def gather_statistics(
    database: Database, *, slug: str | None = None, titles: Mapping[str, str] | None = None, now: datetime
) -> Statistics:
    """Gather the numbers of every issue that was mailed, or of one; `titles` are the issues' own, by slug.

    UsageError when the issue has no mailing.
    """
    slugs = mailed_slugs(database)
    if slug is not None and slug not in slugs:
        raise UsageError(f"'{slug}' was never mailed, so it has no numbers. {suggest(slug, slugs)}")
    wanted = [issue_status(database, each) for each in (slugs if slug is None else (slug,))]
    mailings = [mailing for status in wanted for mailing, _ in status.mailings]
    ids = [mailing.id for mailing in mailings]
    with database.read() as connection:
        back, answers = facts.returned(connection, ids), facts.answers(connection, ids)
        has_facts = facts.are_reported(connection)
        clicks = followed(
            connection, {mailing.id: counts.submitted for each in wanted for mailing, counts in each.mailings}
        )
        issues = [
            _issue(
                status,
                tuple(
                    _mailing(mailing, counts, back[mailing.id], answers[mailing.id], clicks.get(mailing.id), now)
                    for mailing, counts in status.mailings
                ),
                title=(titles or {}).get(status.slug, status.slug),
                hours=facts.answer_hours(connection, status.slug),
                followed=[clicks[mailing.id] for mailing, _ in status.mailings if mailing.id in clicks],
            )
            for status in wanted
            if status.mailings
        ]
        refused = {
            each.id: facts.failures(connection, each.id)
            for issue in issues
            for each in issue.mailings
            if each.numbers.failed
        }
        found = facts.domains(connection, ids)
    issues = [_with_failures(issue, refused) for issue in issues]
    totals = added(issue.totals for issue in issues)
    return Statistics(
        made_at=now,
        issues=tuple(sorted(issues, key=lambda each: (each.sent_at, each.slug))),
        totals=totals,
        domains=fold_domains(found),
        lists=list_growth(database, weeks=WEEKS, now=now) if slug is None else (),
        caveats=find_caveats(
            totals, found, transports=[mailing.transport for mailing in mailings], has_facts=has_facts
        ),
    )


def _issue(
    status: IssueStatus,
    mailings: tuple[MailingNumbers, ...],
    *,
    title: str,
    hours: float | None,
    followed: Sequence[Followed],
) -> IssueNumbers:
    return IssueNumbers(
        slug=status.slug,
        title=title,
        sent_at=min(mailing.started_at for mailing in mailings),
        totals=added(mailing.numbers for mailing in mailings),
        mailings=mailings,
        answer_hours=hours,
        links=links_of(followed),
        click_days=days_of(followed),
    )


def _mailing(
    mailing: Mailing,
    counts: Counts,
    back: facts.Returned,
    answers: tuple[int, int, int],
    clicks: Followed | None,
    now: datetime,
) -> MailingNumbers:
    replies, comments, unsubscribed = answers
    return MailingNumbers(
        id=mailing.id,
        slug=mailing.slug,
        list_name=mailing.list_name,
        segment=mailing.segment,
        round=mailing.round,
        transport=mailing.transport,
        stage=mailing.stage(now).value,
        started_at=max(mailing.created_at, mailing.send_at or mailing.created_at),
        finished_at=mailing.finished_at,
        numbers=Numbers(
            planned=counts.planned,
            submitted=counts.submitted,
            failed=counts.failed,
            uncertain=counts.uncertain,
            excluded={str(reason): number for reason, number in counts.excluded.items()},
            delivered=back.counts.get("delivered"),
            deferred=back.counts.get("deferred"),
            bounced=back.counts.get("bounced"),
            complained=back.counts.get("complained"),
            rejected=back.counts.get("rejected"),
            unsubscribed=unsubscribed,
            replies=replies,
            comments=comments,
            clicks=None if clicks is None else clicks.clicks,
            bounce_reasons=back.bounce_reasons,
        ),
    )


def _with_failures(issue: IssueNumbers, refused: Mapping[int, Mapping[str, int]]) -> IssueNumbers:
    mailings = tuple(
        replace(each, numbers=replace(each.numbers, failures=refused.get(each.id, {}))) for each in issue.mailings
    )
    return replace(issue, mailings=mailings, totals=added(each.numbers for each in mailings))
