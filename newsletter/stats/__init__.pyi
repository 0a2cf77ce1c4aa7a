"""Public names of `newsletter.stats`, each loaded on first use; `__init__.py` says what they are for."""

from .caveats import Caveat as Caveat, Weight as Weight
from .charts import open_chart_renderer as open_chart_renderer
from .export import csv_rows as csv_rows, statistics_json as statistics_json
from .numbers import (
    MIN_GROUP_SIZE as MIN_GROUP_SIZE,
    DayClicks as DayClicks,
    DomainNumbers as DomainNumbers,
    IssueNumbers as IssueNumbers,
    LinkNumbers as LinkNumbers,
    ListGrowth as ListGrowth,
    MailingNumbers as MailingNumbers,
    Numbers as Numbers,
    Week as Week,
    share as share,
)
from .report import render_report as render_report
from .statistics import Statistics as Statistics, gather_statistics as gather_statistics
