"""9. Looks across all stations: statistics, the doctor, alerts, metrics, one person's whole record.

Names are loaded when they are first asked for, so that nobody waits for what they do not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletter.overview.agreement import agree_to_clicks, withdraw_clicks
    from newsletter.overview.alerting import alarm_of_stop, plan_alert, silence_of, submit_alert
    from newsletter.overview.caveats import Caveat, Weight
    from newsletter.overview.charts import open_drawing
    from newsletter.overview.doctor import Check, Dns, Level, examine, fail, read_server
    from newsletter.overview.doctor.received import await_letter, judge_letter, own_address
    from newsletter.overview.exporting import csv_rows, statistics_json
    from newsletter.overview.exposition import metrics
    from newsletter.overview.lasting import is_lasting, is_over
    from newsletter.overview.numbers import (
        FEWEST,
        DayClicks,
        DomainNumbers,
        IssueNumbers,
        LinkNumbers,
        ListGrowth,
        MailingNumbers,
        Numbers,
        Week,
        share,
    )
    from newsletter.overview.person import ErasedPerson, WholeRecord, erase, record
    from newsletter.overview.report import make_report
    from newsletter.overview.statistics import Statistics, gather_statistics
    from newsletter.overview.telling import record_json
    from newsletter.overview.watching import Alarm, watch

_PLACES = {
    "FEWEST": "numbers",
    "Alarm": "watching",
    "Caveat": "caveats",
    "Check": "doctor",
    "DayClicks": "numbers",
    "Dns": "doctor",
    "DomainNumbers": "numbers",
    "ErasedPerson": "person",
    "IssueNumbers": "numbers",
    "Level": "doctor",
    "LinkNumbers": "numbers",
    "ListGrowth": "numbers",
    "MailingNumbers": "numbers",
    "Numbers": "numbers",
    "Statistics": "statistics",
    "Week": "numbers",
    "Weight": "caveats",
    "WholeRecord": "person",
    "agree_to_clicks": "agreement",
    "alarm_of_stop": "alerting",
    "await_letter": "doctor.received",
    "csv_rows": "exporting",
    "erase": "person",
    "examine": "doctor",
    "fail": "doctor",
    "gather_statistics": "statistics",
    "is_lasting": "lasting",
    "is_over": "lasting",
    "judge_letter": "doctor.received",
    "make_report": "report",
    "metrics": "exposition",
    "open_drawing": "charts",
    "own_address": "doctor.received",
    "plan_alert": "alerting",
    "read_server": "doctor",
    "record": "person",
    "record_json": "telling",
    "share": "numbers",
    "silence_of": "alerting",
    "statistics_json": "exporting",
    "submit_alert": "alerting",
    "watch": "watching",
    "withdraw_clicks": "agreement",
}

__all__ = [
    "FEWEST",
    "Alarm",
    "Caveat",
    "Check",
    "DayClicks",
    "Dns",
    "DomainNumbers",
    "ErasedPerson",
    "IssueNumbers",
    "Level",
    "LinkNumbers",
    "ListGrowth",
    "MailingNumbers",
    "Numbers",
    "Statistics",
    "Week",
    "Weight",
    "WholeRecord",
    "agree_to_clicks",
    "alarm_of_stop",
    "await_letter",
    "csv_rows",
    "erase",
    "examine",
    "fail",
    "gather_statistics",
    "is_lasting",
    "is_over",
    "judge_letter",
    "make_report",
    "metrics",
    "open_drawing",
    "own_address",
    "plan_alert",
    "read_server",
    "record",
    "record_json",
    "share",
    "silence_of",
    "statistics_json",
    "submit_alert",
    "watch",
    "withdraw_clicks",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
