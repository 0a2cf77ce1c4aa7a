"""Vega-Lite specifications of each kind of chart, with placeholder colours that `charts` replaces."""

from typing import Any

WIDE, NARROW = 640, 320
INK, MUTED, HAIRLINE, ACCENT, SECOND, THIRD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
"""Placeholders for the page's colours; nothing is ever drawn in them."""
_FEW = 10
"""Issues shown on a narrow page."""


def bar_chart(rows: list[dict[str, Any]], name: str, width: int, *, colour: str = SECOND) -> dict[str, Any]:
    """Return one bar an issue, each with its number."""
    shown = rows if width == WIDE else rows[-_FEW:]
    size = max(10, min(32, (width - 60) // max(1, len(shown)) - 6))
    labels = {"field": name, "type": "quantitative", "format": "~s" if len(shown) > 8 else ",d"}
    return {
        "data": {"values": shown},
        "height": 170,
        "encoding": {
            "x": {**_ordered("issue", "order"), "axis": {"labelOverlap": True, "labelAngle": 0}},
            "y": {"field": name, "type": "quantitative", "axis": None},
        },
        "layer": [
            {"mark": {"type": "bar", "color": colour, "size": size, "cornerRadiusEnd": 1}},
            {
                "mark": {"type": "text", "dy": -8, "color": INK, "fontSize": 12},
                "encoding": {"text": labels},
            },
        ],
    }


def rate_chart(rows: list[dict[str, Any]], width: int) -> dict[str, Any]:
    """Return a line of rates, with a rule at the rate at which SES reviews an account."""
    shown = rows if width == WIDE else rows[-_FEW:]
    top = max(6.0, *(float(row["bounced"]) for row in shown)) * 1.1
    return {
        "height": 150,
        "layer": [
            {
                "data": {"values": [{"limit": 5}]},
                "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 4]},
                "encoding": {"y": {"field": "limit", "type": "quantitative"}},
            },
            {
                "data": {"values": shown},
                "mark": {
                    "type": "line",
                    "color": THIRD,
                    "strokeWidth": 2,
                    "point": {"color": THIRD, "size": 36},
                },
                "encoding": {
                    "x": {**_ordered("issue", "order"), "axis": {"labelOverlap": True, "labelAngle": 0}},
                    "y": {
                        "field": "bounced",
                        "type": "quantitative",
                        "scale": {"domain": [0, top]},
                        "axis": {"tickCount": 4, "title": None},
                    },
                },
            },
        ],
    }


def line_chart(rows: list[dict[str, Any]], width: int) -> dict[str, Any]:
    """Return one line a list, with its name at the end."""
    last = max(str(row["week"]) for row in rows)
    ends = [row for row in rows if row["week"] == last]
    names = list(dict.fromkeys(str(row["list"]) for row in rows))
    colours = {"domain": names, "range": [(ACCENT, SECOND, THIRD)[number % 3] for number in range(len(names))]}
    count = "readers"
    encoding = {
        "x": {
            "field": "week",
            "type": "temporal",
            "axis": {"format": "%-d %b", "tickCount": 6 if width == WIDE else 3, "grid": False},
        },
        "y": {
            "field": count,
            "type": "quantitative",
            "axis": {"tickCount": 4, "format": ",d"},
            "scale": {"zero": True},
        },
        "color": {"field": "list", "type": "nominal", "legend": None, "scale": colours},
        "strokeDash": {
            "field": "list",
            "type": "nominal",
            "legend": None,
            "scale": {
                "domain": names,
                "range": [([1, 0], [6, 3], [2, 2])[n % 3] for n in range(len(names))],
            },
        },
    }
    return {
        "height": 190,
        "padding": {"right": 2, "left": 0, "top": 6, "bottom": 0},
        "layer": [
            {"data": {"values": rows}, "mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding},
            {
                "data": {"values": [{**row, "label": f"{row['list']} {row[count]:,}"} for row in ends]},
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "clip": False, "limit": 84},
                "encoding": {
                    "x": encoding["x"],
                    "y": encoding["y"],
                    "text": {"field": "label", "type": "nominal"},
                    "color": {"value": INK},
                },
            },
        ],
    }


def stacked_bar_chart(rows: list[dict[str, Any]], known: list[str], width: int) -> dict[str, Any]:
    """Return one stacked bar a domain: what became of its messages."""
    colours = {"delivered": ACCENT, "submitted": ACCENT, "not reported": HAIRLINE, "bounced": THIRD}
    return {
        "data": {"values": rows},
        "height": {"step": 26},
        "mark": {"type": "bar", "size": 14},
        "encoding": {
            "y": {
                **_ordered("domain", "order"),
                "axis": {"labelLimit": 160 if width == WIDE else 104, "labelPadding": 8},
            },
            "x": {"field": "messages", "type": "quantitative", "axis": {"tickCount": 4, "format": ",d"}},
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"domain": known, "range": [colours[name] for name in known]},
                "legend": {"orient": "top", "title": None, "symbolType": "square", "offset": 6},
            },
            "order": {"field": "rank", "type": "quantitative"},
        },
    }


def reason_chart_spec(rows: list[dict[str, Any]], width: int) -> dict[str, Any]:
    """Return one bar a reason, the most common on top."""
    return {
        "data": {"values": rows},
        "height": {"step": 26},
        "encoding": {
            "y": {
                "field": "reason",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 220 if width == WIDE else 150, "labelPadding": 8},
            },
            "x": {"field": "messages", "type": "quantitative", "axis": None},
        },
        "layer": [
            {"mark": {"type": "bar", "size": 14, "color": THIRD}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 12},
                "encoding": {"text": {"field": "messages", "type": "quantitative", "format": ",d"}},
            },
        ],
    }


def _ordered(name: str, order: str) -> dict[str, Any]:
    """Return an axis of names in the order of the rows, distinct even where two names are equal."""
    return {
        "field": name if name == "domain" else order,
        "type": "nominal" if name == "domain" else "ordinal",
        "sort": {"field": order, "op": "min"} if name == "domain" else None,
        "title": None,
    }
