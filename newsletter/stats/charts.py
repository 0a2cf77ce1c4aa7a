"""Charts: statistics drawn to SVG; the one place that meets vl-convert, which is optional.

Colours in a drawing are CSS variables, so that a page's own light and dark schemes hold for it. Nothing is
fetched: a drawing is text, made here.
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
    bars,
    lines,
    rates,
    reasons,
    stacks,
)

ChartRenderer = Callable[[dict[str, Any]], str]
"""Makes an SVG of a Vega-Lite specification."""

_MOST_ISSUES = 24
_MOST_REASONS = 8
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
    """One chart: its heading, what it shows in words, and its drawings for wide and narrow pages."""

    title: str
    words: str
    wide: str
    narrow: str


def open_chart_renderer() -> ChartRenderer | None:
    """Return what draws; None where vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError:
        return None

    def draw(specification: dict[str, Any]) -> str:
        return str(vl_convert.vegalite_to_svg(specification, vl_version="5.20"))

    return draw


def issue_charts(issues: Sequence[IssueNumbers], draw: ChartRenderer) -> list[Chart]:
    """Draw what became of each issue's letters, the newest issues, in time."""
    shown = issues[-_MOST_ISSUES:]
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
    found = [
        _chart(
            "Letters by issue",
            f"Letters submitted of the last {len(shown)} issues; {newest.totals.submitted:,} of the newest.",
            lambda width: bars(rows, "submitted", width, colour=ACCENT),
            draw,
        )
    ]
    if any(row["replies"] for row in rows):
        words = f"Replies to the last {len(shown)} issues; {newest.totals.replies:,} to the newest."
        found.append(_chart("Replies by issue", words, lambda width: bars(rows, "replies", width), draw))
    heard = [row for row in rows if row["bounced"] is not None]
    if any(row["bounced"] for row in heard) and len(heard) > 1:
        words = "Share of letters that bounced, by issue; the line is at 5 %, where Amazon SES reviews an account."
        found.append(_chart("Bounces by issue, in %", words, lambda width: rates(heard, width), draw))
    return found


def clicks_chart(days: Sequence[DayClicks], draw: ChartRenderer) -> Chart | None:
    """Draw how often an issue's links were followed, day by day; None before there are two days."""
    rows = [
        {
            "order": number,
            "issue": f"{each.day:%d %b}".lstrip("0") if each.day else "other days",
            "clicks": each.clicks,
        }
        for number, each in enumerate(days)
    ]
    if len(rows) < 2:
        return None
    words = f"Clicks of {len(rows)} days; {rows[0]['clicks']:,} on the first."
    return _chart("Clicks by day", words, lambda width: bars(rows, "clicks", width), draw)


def growth_chart(lists: Sequence[ListGrowth], draw: ChartRenderer) -> Chart | None:
    """Draw how many read each list, week by week; None before there are two weeks."""
    rows = [
        {"list": each.name, "week": week.monday.isoformat(), "readers": week.members}
        for each in lists
        for week in each.weeks
    ]
    if len({row["week"] for row in rows}) < 2:
        return None
    words = "; ".join(f"{each.name}: {each.confirmed:,} readers" for each in lists)
    return _chart("Readers by week", f"Readers of each list, week by week. {words}.", lambda w: lines(rows, w), draw)


def domain_chart(domains: Sequence[DomainNumbers], draw: ChartRenderer) -> Chart | None:
    """Draw what became of the letters to each receiving domain."""
    if not domains:
        return None
    rows = [
        {"domain": each.domain, "order": number, "what": what, "letters": value, "rank": rank}
        for number, each in enumerate(domains)
        for rank, (what, value) in enumerate(_outcomes(each.numbers))
        if value
    ]
    known = list(dict.fromkeys(str(row["what"]) for row in sorted(rows, key=lambda row: int(str(row["rank"])))))
    words = "; ".join(f"{each.domain}: {each.numbers.submitted:,}" for each in domains)
    return _chart(
        "Where letters went", f"Letters by receiving domain. {words}.", lambda w: stacks(rows, known, w), draw
    )


def reason_chart(numbers: Numbers, draw: ChartRenderer) -> Chart | None:
    """Draw why letters bounced."""
    rows = [{"reason": reason, "letters": number} for reason, number in _commonest(numbers)]
    if not rows:
        return None
    words = "; ".join(f"{row['reason']}: {row['letters']:,}" for row in rows)
    return _chart("Why letters bounced", f"Bounced letters by reason. {words}.", lambda w: reasons(rows, w), draw)


def _commonest(numbers: Numbers) -> list[tuple[str, int]]:
    return sorted(numbers.bounce_reasons.items(), key=lambda each: (-each[1], each[0]))[:_MOST_REASONS]


def _outcomes(numbers: Numbers) -> list[tuple[str, int | None]]:
    if numbers.delivered is None:
        return [("submitted", numbers.submitted - (numbers.bounced or 0)), ("bounced", numbers.bounced)]
    rest = numbers.submitted - numbers.delivered - (numbers.bounced or 0)
    return [("delivered", numbers.delivered), ("no word", max(0, rest)), ("bounced", numbers.bounced)]


def _chart(title: str, words: str, specify: Callable[[int], dict[str, Any]], draw: ChartRenderer) -> Chart:
    wide, narrow = (_themed(draw(_dressed(specify(width), width))) for width in (WIDE, NARROW))
    return Chart(title=title, words=words, wide=wide, narrow=narrow)


def _dressed(specification: dict[str, Any], width: int) -> dict[str, Any]:
    """Return a specification in the dress of the house: few lines, one measure."""
    quiet = {"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 12, "titleFontSize": 12}
    _name_the_issues(specification)
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


def _name_the_issues(specification: dict[str, Any]) -> None:
    """Label the places of issues with their dates, which need not differ."""
    for layer in (specification, *specification.get("layer", ())):
        place = layer.get("encoding", {}).get("x", {})
        values = (layer.get("data") or specification.get("data") or {}).get("values", [])
        if place.get("field") == "order":
            names = {row["order"]: row["issue"] for row in values}
            place["axis"] = {**place.get("axis", {}), "labelExpr": f"({json.dumps(names)})[datum.value]"}


def _themed(svg: str) -> str:
    """Return a drawing that takes its colours from the page, and says nothing where it is heard."""
    for colour, name in _COLOURS.items():
        svg = re.sub(rf'(fill|stroke)="{colour}"', rf'\1="var({name})"', svg)
    return re.sub(r"<svg ", '<svg aria-hidden="true" focusable="false" ', svg, count=1)


def _percent(part: float | None) -> float | None:
    return None if part is None else round(part * 100, 2)
