"""Gathers statistics: what became of each issue, by mailing, over time and by receiving domain; and list growth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import Counts, IssueStatus, Mailing, issue_status, mailed_slugs
from newsletter.errors import UsageError
from newsletter.finding import suggest
from newsletter.stats import queries
from newsletter.stats.caveats import Caveat, find_caveats
from newsletter.stats.clicks import MailingClicks, click_days, count_clicks, link_numbers
from newsletter.stats.growth import list_growth
from newsletter.stats.numbers import (
    DomainNumbers,
    IssueNumbers,
    ListGrowth,
    MailingNumbers,
    Numbers,
    add_numbers,
    fold_domains,
)

WEEKS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """All statistics at one instant."""

    made_at: datetime
    issues: tuple[IssueNumbers, ...]
    """The oldest first."""
    totals: Numbers
    domains: tuple[DomainNumbers, ...]
    """() where so few people were mailed that domains would identify them."""
    lists: tuple[ListGrowth, ...]
    caveats: tuple[Caveat, ...]


def gather_statistics(
    database: Database, *, slug: str | None = None, titles: Mapping[str, str] | None = None, now: datetime
) -> Statistics:
    """Gather the statistics of every issue that was mailed, or of one; `titles` are the issues' titles, by slug.

    UsageError when the issue has no mailing.
    """
    slugs = mailed_slugs(database)
    if slug is not None and slug not in slugs:
        raise UsageError(f"'{slug}' was never mailed, so it has no statistics. {suggest(slug, slugs)}")
    statuses = [issue_status(database, name) for name in (slugs if slug is None else (slug,))]
    mailings = [mailing for status in statuses for mailing, _ in status.mailings]
    ids = [mailing.id for mailing in mailings]
    with database.read() as connection:
        facts, reactions = queries.facts_by_mailing(connection, ids), queries.count_reactions(connection, ids)
        has_facts = queries.has_any_fact(connection)
        clicks = count_clicks(
            connection, {mailing.id: counts.submitted for status in statuses for mailing, counts in status.mailings}
        )
        issues = [
            _issue(
                status,
                tuple(
                    _mailing(mailing, counts, facts[mailing.id], reactions[mailing.id], clicks.get(mailing.id), now)
                    for mailing, counts in status.mailings
                ),
                title=(titles or {}).get(status.slug, status.slug),
                hours=queries.median_reply_hours(connection, status.slug),
                clicks=[clicks[mailing.id] for mailing, _ in status.mailings if mailing.id in clicks],
            )
            for status in statuses
            if status.mailings
        ]
        failures = {
            mailing.id: queries.count_failures(connection, mailing.id)
            for issue in issues
            for mailing in issue.mailings
            if mailing.numbers.failed
        }
        domains = queries.count_domains(connection, ids)
    issues = [_with_failures(issue, failures) for issue in issues]
    totals = add_numbers(issue.totals for issue in issues)
    return Statistics(
        made_at=now,
        issues=tuple(sorted(issues, key=lambda issue: (issue.sent_at, issue.slug))),
        totals=totals,
        domains=fold_domains(domains),
        lists=list_growth(database, weeks=WEEKS, now=now) if slug is None else (),
        caveats=find_caveats(
            totals, domains, transports=[mailing.transport for mailing in mailings], has_facts=has_facts
        ),
    )


def _issue(
    status: IssueStatus,
    mailings: tuple[MailingNumbers, ...],
    *,
    title: str,
    hours: float | None,
    clicks: Sequence[MailingClicks],
) -> IssueNumbers:
    return IssueNumbers(
        slug=status.slug,
        title=title,
        sent_at=min(mailing.started_at for mailing in mailings),
        totals=add_numbers(mailing.numbers for mailing in mailings),
        mailings=mailings,
        answer_hours=hours,
        links=link_numbers(clicks),
        click_days=click_days(clicks),
    )


def _mailing(
    mailing: Mailing,
    counts: Counts,
    facts: queries.MailingFacts,
    reactions: tuple[int, int, int],
    clicks: MailingClicks | None,
    now: datetime,
) -> MailingNumbers:
    replies, comments, unsubscribed = reactions
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
            delivered=facts.counts.get("delivered"),
            deferred=facts.counts.get("deferred"),
            bounced=facts.counts.get("bounced"),
            complained=facts.counts.get("complained"),
            rejected=facts.counts.get("rejected"),
            unsubscribed=unsubscribed,
            replies=replies,
            comments=comments,
            clicks=None if clicks is None else clicks.clicks,
            bounce_reasons=facts.bounce_reasons,
        ),
    )


def _with_failures(issue: IssueNumbers, failures: Mapping[int, Mapping[str, int]]) -> IssueNumbers:
    mailings = tuple(
        replace(mailing, numbers=replace(mailing.numbers, failures=failures.get(mailing.id, {})))
        for mailing in issue.mailings
    )
    return replace(issue, mailings=mailings, totals=add_numbers(mailing.numbers for mailing in mailings))
