"""Charts: statistics drawn as SVG with vl-convert, which is optional and imported only here.

Colours in a chart are CSS variables, so that the page's light and dark schemes apply to it. Nothing is fetched.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.stats.numbers import DayClicks, DomainNumbers, IssueNumbers, ListGrowth, Numbers, share
from newsletter.stats.vega_lite import (
    ACCENT,
    HAIRLINE,
    INK,
    MUTED,
    NARROW,
    SECOND,
    THIRD,
    WIDE,
    bar_chart,
    line_chart,
    rate_chart,
    reason_chart_spec,
    stacked_bar_chart,
)

ChartRenderer = Callable[[dict[str, Any]], str]
"""Renders a Vega-Lite specification as SVG."""

_MAX_ISSUES = 24
_MAX_REASONS = 8
_COLOURS = {
    INK: "--ink",
    MUTED: "--muted",
    HAIRLINE: "--hairline",
    ACCENT: "--accent",
    SECOND: "--second",
    THIRD: "--third",
}
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart: its heading, a text alternative, and SVG for wide and narrow pages."""

    title: str
    description: str
    wide: str
    narrow: str


def open_chart_renderer() -> ChartRenderer | None:
    """Return the renderer; None if vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError:
        return None

    def draw(specification: dict[str, Any]) -> str:
        return str(vl_convert.vegalite_to_svg(specification, vl_version="5.20"))

    return draw


def issue_charts(issues: Sequence[IssueNumbers], draw: ChartRenderer) -> list[Chart]:
    """Draw what became of each issue's messages, for the newest issues."""
    shown = issues[-_MAX_ISSUES:]
    rows = [
        {
            "order": number,
            "issue": f"{issue.sent_at:%d %b}".lstrip("0"),
            "submitted": issue.totals.submitted,
            "replies": issue.totals.replies,
            "bounced": _percent(share(issue.totals.bounced, issue.totals.submitted)),
        }
        for number, issue in enumerate(shown)
    ]
    newest = shown[-1]
    charts = [
        _chart(
            "Messages by issue",
            f"Messages submitted, for the last {len(shown)} issues; {newest.totals.submitted:,} for the newest.",
            lambda width: bar_chart(rows, "submitted", width, colour=ACCENT),
            draw,
        )
    ]
    if any(row["replies"] for row in rows):
        summary = f"Replies to the last {len(shown)} issues; {newest.totals.replies:,} to the newest."
        charts.append(_chart("Replies by issue", summary, lambda width: bar_chart(rows, "replies", width), draw))
    reported = [row for row in rows if row["bounced"] is not None]
    if any(row["bounced"] for row in reported) and len(reported) > 1:
        summary = "Share of messages that bounced, by issue; the line is at 5 %, where Amazon SES reviews an account."
        charts.append(_chart("Bounces by issue, in %", summary, lambda width: rate_chart(reported, width), draw))
    return charts


def clicks_chart(days: Sequence[DayClicks], draw: ChartRenderer) -> Chart | None:
    """Draw an issue's clicks by day; None before there are two days."""
    rows = [
        {
            "order": number,
            "issue": f"{count.day:%d %b}".lstrip("0") if count.day else "other days",
            "clicks": count.clicks,
        }
        for number, count in enumerate(days)
    ]
    if len(rows) < 2:
        return None
    summary = f"Clicks of {len(rows)} days; {rows[0]['clicks']:,} on the first."
    return _chart("Clicks by day", summary, lambda width: bar_chart(rows, "clicks", width), draw)


def growth_chart(lists: Sequence[ListGrowth], draw: ChartRenderer) -> Chart | None:
    """Draw each list's readers by week; None before there are two weeks."""
    rows = [
        {"list": growth.name, "week": week.monday.isoformat(), "readers": week.members}
        for growth in lists
        for week in growth.weeks
    ]
    if len({row["week"] for row in rows}) < 2:
        return None
    summary = "; ".join(f"{growth.name}: {growth.confirmed:,} readers" for growth in lists)
    return _chart(
        "Readers by week", f"Readers of each list, week by week. {summary}.", lambda w: line_chart(rows, w), draw
    )


def domain_chart(domains: Sequence[DomainNumbers], draw: ChartRenderer) -> Chart | None:
    """Draw what became of the messages to each receiving domain."""
    if not domains:
        return None
    rows = [
        {"domain": domain.domain, "order": number, "what": what, "messages": value, "rank": rank}
        for number, domain in enumerate(domains)
        for rank, (what, value) in enumerate(_outcomes(domain.numbers))
        if value
    ]
    known = list(dict.fromkeys(str(row["what"]) for row in sorted(rows, key=lambda row: int(str(row["rank"])))))
    summary = "; ".join(f"{domain.domain}: {domain.numbers.submitted:,}" for domain in domains)
    return _chart(
        "Where messages went",
        f"Messages by receiving domain. {summary}.",
        lambda w: stacked_bar_chart(rows, known, w),
        draw,
    )


def reason_chart(numbers: Numbers, draw: ChartRenderer) -> Chart | None:
    """Draw why messages bounced."""
    rows = [{"reason": reason, "messages": number} for reason, number in _most_common(numbers)]
    if not rows:
        return None
    summary = "; ".join(f"{row['reason']}: {row['messages']:,}" for row in rows)
    return _chart(
        "Why messages bounced", f"Bounced messages by reason. {summary}.", lambda w: reason_chart_spec(rows, w), draw
    )


def _most_common(numbers: Numbers) -> list[tuple[str, int]]:
    return sorted(numbers.bounce_reasons.items(), key=lambda each: (-each[1], each[0]))[:_MAX_REASONS]


def _outcomes(numbers: Numbers) -> list[tuple[str, int | None]]:
    if numbers.delivered is None:
        return [("submitted", numbers.submitted - (numbers.bounced or 0)), ("bounced", numbers.bounced)]
    unreported = numbers.submitted - numbers.delivered - (numbers.bounced or 0)
    return [("delivered", numbers.delivered), ("not reported", max(0, unreported)), ("bounced", numbers.bounced)]


def _chart(title: str, description: str, specify: Callable[[int], dict[str, Any]], draw: ChartRenderer) -> Chart:
    wide, narrow = (_themed(draw(_styled(specify(width), width))) for width in (WIDE, NARROW))
    return Chart(title=title, description=description, wide=wide, narrow=narrow)


def _styled(specification: dict[str, Any], width: int) -> dict[str, Any]:
    """Return a specification with the common style: few lines, one width."""
    quiet = {"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 12, "titleFontSize": 12}
    _label_issues(specification)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "padding": 0,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        **specification,
        "config": {
            "aria": False,
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {**quiet, "gridColor": HAIRLINE, "domain": False, "ticks": False, "title": None},
            "axisX": {"grid": False},
            "axisY": {"labelPadding": 6},
            "legend": {**quiet},
        },
    }


def _label_issues(specification: dict[str, Any]) -> None:
    """Label issues with their dates, which need not be unique."""
    for layer in (specification, *specification.get("layer", ())):
        x = layer.get("encoding", {}).get("x", {})
        values = (layer.get("data") or specification.get("data") or {}).get("values", [])
        if x.get("field") == "order":
            names = {row["order"]: row["issue"] for row in values}
            x["axis"] = {**x.get("axis", {}), "labelExpr": f"({json.dumps(names)})[datum.value]"}


def _themed(svg: str) -> str:
    """Return an SVG that takes its colours from the page and is hidden from screen readers."""
    for colour, name in _COLOURS.items():
        svg = re.sub(rf'(fill|stroke)="{colour}"', rf'\1="var({name})"', svg)
    return re.sub(r"<svg ", '<svg aria-hidden="true" focusable="false" ', svg, count=1)


def _percent(part: float | None) -> float | None:
    return None if part is None else round(part * 100, 2)
