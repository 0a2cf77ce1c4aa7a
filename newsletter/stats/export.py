"""Exports statistics: as one JSON object, and as CSV rows of mailings."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from newsletter.stats.numbers import MIN_GROUP_SIZE, LinkNumbers, ListGrowth, MailingNumbers, Numbers
from newsletter.stats.statistics import Statistics

_COUNTS = (
    *("planned", "submitted", "failed", "uncertain", "delivered", "deferred", "bounced", "complained", "rejected"),
    *("unsubscribed", "replies", "comments", "clicks"),
)
_HEADINGS = (
    "issue",
    "title",
    "mailing",
    "list",
    "segment",
    "round",
    "transport",
    "state",
    "started",
    "candidates",
)


def statistics_json(statistics: Statistics) -> dict[str, Any]:
    """Return the statistics as JSON; null is a number that no source reports."""
    return {
        "made_at": statistics.made_at.isoformat(timespec="seconds"),
        "totals": _numbers(statistics.totals),
        "issues": [
            {
                "issue": issue.slug,
                "title": issue.title,
                "sent_at": issue.sent_at.isoformat(timespec="seconds"),
                "answer_hours": issue.answer_hours,
                "links": [_link(link) for link in issue.links],
                "click_days": [
                    {"day": day.day and day.day.isoformat(), "clicks": day.clicks} for day in issue.click_days
                ],
                **_numbers(issue.totals),
                "mailings": [_mailing(mailing) for mailing in issue.mailings],
            }
            for issue in statistics.issues
        ],
        "domains": [
            {"domain": domain.domain, "readers": domain.readers, **_reported(domain.numbers)}
            for domain in statistics.domains
        ],
        "lists": [_growth(growth) for growth in statistics.lists],
        "caveats": [{"weight": str(caveat.weight), "text": caveat.text} for caveat in statistics.caveats],
    }


def csv_rows(statistics: Statistics) -> Iterator[list[object]]:
    """Yield a heading and a row for each mailing; an empty cell is a number that no source reports."""
    yield [*_HEADINGS, *_COUNTS, "excluded"]
    for issue in statistics.issues:
        for mailing in issue.mailings:
            numbers = mailing.numbers
            yield [
                *(
                    issue.slug,
                    _escape_formula(issue.title),
                    mailing.id,
                    mailing.list_name,
                    _escape_formula(mailing.segment),
                ),
                *(
                    mailing.round,
                    mailing.transport,
                    mailing.stage,
                    mailing.started_at.isoformat(timespec="seconds"),
                ),
                numbers.candidates,
                *(getattr(numbers, name) for name in _COUNTS),
                sum(numbers.excluded.values()),
            ]


def _mailing(mailing: MailingNumbers) -> dict[str, Any]:
    return {
        "mailing": mailing.id,
        "list": mailing.list_name,
        "segment": mailing.segment or None,
        "round": mailing.round,
        "transport": mailing.transport,
        "state": mailing.stage,
        "started_at": mailing.started_at.isoformat(timespec="seconds"),
        "finished_at": mailing.finished_at and mailing.finished_at.isoformat(timespec="seconds"),
        **_numbers(mailing.numbers),
    }


def _link(link: LinkNumbers) -> dict[str, Any]:
    """Return a link as JSON; null clicks are fewer than `fewer_than`."""
    few = {"fewer_than": MIN_GROUP_SIZE} if link.clicks is None else {}
    return {"url": link.url, "clicks": link.clicks, **few}


def _numbers(numbers: Numbers) -> dict[str, Any]:
    return {
        "candidates": numbers.candidates,
        **{name: getattr(numbers, name) for name in _COUNTS},
        "silent": numbers.silent,
        "excluded": _plain(numbers.excluded),
        "bounce_reasons": _plain(numbers.bounce_reasons),
        "failures": _plain(numbers.failures),
    }


def _reported(numbers: Numbers) -> dict[str, Any]:
    names = ("submitted", "failed", "uncertain", "delivered", "deferred", "bounced", "complained", "rejected")
    return {name: getattr(numbers, name) for name in names}


def _growth(growth: ListGrowth) -> dict[str, Any]:
    return {
        "list": growth.name,
        "confirmed": growth.confirmed,
        "pending": growth.pending,
        "suppressed": growth.suppressed,
        "weeks": [{**asdict(week), "monday": week.monday.isoformat()} for week in growth.weeks],
    }


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): number for name, number in counts.items()}


def _escape_formula(text: str) -> str:
    """Escape a text so that no spreadsheet evaluates it as a formula (CSV injection)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
