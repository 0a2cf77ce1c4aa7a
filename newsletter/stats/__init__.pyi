"""Public names of `newsletter.stats`, each loaded on first use; `__init__.py` says what they are for."""

from .agreement import agree_to_clicks as agree_to_clicks, withdraw_clicks as withdraw_clicks
from .alerting import (
    alarm_of_stop as alarm_of_stop,
    plan_alert as plan_alert,
    silence_of as silence_of,
    submit_alert as submit_alert,
)
from .caveats import Caveat as Caveat, Weight as Weight
from .charts import open_drawing as open_drawing
from .exporting import csv_rows as csv_rows, statistics_json as statistics_json
from .exposition import metrics as metrics
from .lasting import is_lasting as is_lasting, is_over as is_over
from .numbers import (
    FEWEST as FEWEST,
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
from .person import ErasedPerson as ErasedPerson, WholeRecord as WholeRecord, erase as erase, record as record
from .report import make_report as make_report
from .statistics import Statistics as Statistics, gather_statistics as gather_statistics
from .telling import record_json as record_json
from .watching import Alarm as Alarm, watch as watch
