"""HTML report: statistics as one self-contained page in the publication's colours; it fetches nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newsletter.colour import ensure_contrast, luminance, with_lightness
from newsletter.compose import Palette, make_theme
from newsletter.settings import Settings
from newsletter.stats.charts import (
    Chart,
    ChartRenderer,
    clicks_chart,
    domain_chart,
    growth_chart,
    issue_charts,
    reason_chart,
)
from newsletter.stats.numbers import MIN_GROUP_SIZE, IssueNumbers, Numbers, share
from newsletter.stats.statistics import Statistics

_UNKNOWN = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowHeading:
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    title: str
    charts: list[Chart] = field(default_factory=list)
    headings: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def render_report(
    statistics: Statistics, settings: Settings, draw: ChartRenderer | None, *, slug: str | None = None
) -> str:
    """Render the page; without `draw` it has tables only. With `slug` it is about that one issue."""
    theme = make_theme(settings.publication.accent, settings.theme)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    one = statistics.issues[0] if slug is not None and statistics.issues else None
    return environment.get_template("report.html.j2").render(
        title=settings.publication.title,
        heading=one.title if one else "What became of the messages",
        lead=_lead(statistics, one),
        light=_variables(theme.light),
        dark=_variables(theme.dark),
        sums=list(_sums(statistics.totals)),
        sections=[section for section in _sections(statistics, one, draw) if section.charts or section.rows],
        caveats=statistics.caveats,
        has_clicks=statistics.totals.clicks is not None,
        made_at=f"{statistics.made_at:%d %B %Y, %H:%M} UTC".lstrip("0"),
    )


def _lead(statistics: Statistics, one: IssueNumbers | None) -> str:
    if one is not None:
        hours = f" Half of the replies came within {one.answer_hours:,.0f} hours." if one.answer_hours else ""
        return f"Sent on {one.sent_at:%d %B %Y}.{hours}".replace(" 0", " ")
    if not statistics.issues:
        return "Nothing has been sent yet."
    number = len(statistics.issues)
    first, last = statistics.issues[0].sent_at, statistics.issues[-1].sent_at
    days = f"from {first:%d %B %Y} to {last:%d %B %Y}" if first.date() != last.date() else f"{last:%d %B %Y}"
    text = f"{number} issue{'' if number == 1 else 's'}, {days}."
    return text.replace(" 0", " ")


def _sums(numbers: Numbers) -> Iterator[tuple[str, str]]:
    yield "submitted", f"{numbers.submitted:,}"
    yield "delivered", _rate(numbers.delivered, numbers.submitted)
    yield "bounced", _rate(numbers.bounced, numbers.submitted)
    yield "complained", _count(numbers.complained)
    yield "unsubscribed", f"{numbers.unsubscribed:,}"
    yield "replies", f"{numbers.replies:,}"


def _sections(statistics: Statistics, one: IssueNumbers | None, draw: ChartRenderer | None) -> Iterator[_Section]:
    if one is not None:
        yield _of_mailings(one)
        chart = clicks_chart(one.click_days, draw) if draw else None
        yield _Section(
            title="Links",
            charts=[chart] if chart else [],
            headings=("link", "clicks"),
            rows=[(_RowHeading(text=link.url), _clicks(link.clicks)) for link in one.links],
        )
    else:
        names = ("issue", "messages", "delivered", "bounced", "complained", "unsubscribed", "replies", "comments")
        counts_clicks = statistics.totals.clicks is not None
        yield _Section(
            title="Issues",
            charts=issue_charts(statistics.issues, draw) if draw and statistics.issues else [],
            headings=(*names, "clicks") if counts_clicks else names,
            rows=[
                (*_issue_row(issue), _count(issue.totals.clicks)) if counts_clicks else _issue_row(issue)
                for issue in reversed(statistics.issues)
            ],
        )
    growth = growth_chart(statistics.lists, draw) if draw else None
    yield _Section(
        title="Lists",
        charts=[growth] if growth else [],
        headings=("list", "readers", "joined, 4 weeks", "left, 4 weeks", "pending"),
        rows=[
            (
                _RowHeading(text=subscribers.name),
                f"{subscribers.confirmed:,}",
                f"{sum(week.joined for week in subscribers.weeks[-4:]):,}",
                f"{sum(week.left for week in subscribers.weeks[-4:]):,}",
                f"{subscribers.pending:,}",
            )
            for subscribers in statistics.lists
        ],
    )
    by_domain = domain_chart(statistics.domains, draw) if draw else None
    yield _Section(
        title="Receiving domains",
        charts=[by_domain] if by_domain else [],
        headings=("domain", "messages", "delivered", "deferred", "bounced", "complained"),
        rows=[
            (
                _RowHeading(text=domain.domain),
                f"{domain.numbers.submitted:,}",
                _rate(domain.numbers.delivered, domain.numbers.submitted),
                _count(domain.numbers.deferred),
                _rate(domain.numbers.bounced, domain.numbers.submitted),
                _count(domain.numbers.complained),
            )
            for domain in statistics.domains
        ],
    )
    why = reason_chart(statistics.totals, draw) if draw else None
    yield _Section(
        title="Bounces",
        charts=[why] if why else [],
        headings=("reason", "messages"),
        rows=[
            (_RowHeading(text=reason), f"{number:,}")
            for counts in (statistics.totals.bounce_reasons, statistics.totals.failures)
            for reason, number in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
        ],
    )


def _of_mailings(one: IssueNumbers) -> _Section:
    return _Section(
        title="Mailings",
        headings=("mailing", "candidates", "messages", "delivered", "bounced", "failed", "uncertain", "replies"),
        rows=[
            (
                _RowHeading(
                    text=f"{mailing.list_name}", note=mailing.segment or f"round {mailing.round}, {mailing.stage}"
                ),
                f"{mailing.numbers.candidates:,}",
                f"{mailing.numbers.submitted:,}",
                _rate(mailing.numbers.delivered, mailing.numbers.submitted),
                _rate(mailing.numbers.bounced, mailing.numbers.submitted),
                f"{mailing.numbers.failed:,}",
                f"{mailing.numbers.uncertain:,}",
                f"{mailing.numbers.replies:,}",
            )
            for mailing in one.mailings
        ],
    )


def _issue_row(issue: IssueNumbers) -> tuple[Any, ...]:
    numbers = issue.totals
    return (
        _RowHeading(text=issue.title, note=f"{issue.sent_at:%d %b %Y}".lstrip("0")),
        f"{numbers.submitted:,}",
        _rate(numbers.delivered, numbers.submitted),
        _rate(numbers.bounced, numbers.submitted),
        _count(numbers.complained),
        f"{numbers.unsubscribed:,}",
        f"{numbers.replies:,}",
        f"{numbers.comments:,}",
    )


def _variables(palette: Palette) -> str:
    """Return the page's colours as CSS variables, and two more for charts."""
    is_dark = luminance(palette.paper) < 0.18
    second = ensure_contrast(
        with_lightness("#3b6b8f", 0.66 if is_dark else 0.36, 0.42), (palette.paper,), palette.ink, least=3.0
    )
    third = ensure_contrast(
        with_lightness("#8a6d1f", 0.62 if is_dark else 0.36, 0.55), (palette.paper,), palette.ink, least=3.0
    )
    named = {
        "paper": palette.paper,
        "ink": palette.ink,
        "muted": palette.muted,
        "hairline": palette.hairline,
        "accent": palette.accent,
        "second": second,
        "third": third,
    }
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())


def _rate(part: int | None, whole: int) -> str:
    rate = share(part, whole)
    if rate is None:
        return _UNKNOWN
    text = f"{rate * 100:.1f}"
    if float(text) in {0.0, 100.0} and rate not in {0, 1}:
        text = f"{rate * 100:.2f}"
    return f"{text if rate not in {0, 1} else f'{rate:.0%}'.rstrip('%')} %".replace(" ", "\N{NO-BREAK SPACE}")


def _clicks(number: int | None) -> str:
    return f"fewer than {MIN_GROUP_SIZE}" if number is None else f"{number:,}"


def _count(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"
