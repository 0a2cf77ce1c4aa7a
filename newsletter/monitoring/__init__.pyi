"""Public names of `newsletter.monitoring`, each loaded on first use; `__init__.py` says what they are for."""

from .alarms import Alarm as Alarm, find_alarms as find_alarms
from .alert_mail import (
    alarm_for_stopped_mailing as alarm_for_stopped_mailing,
    alarm_for_unreadable_source as alarm_for_unreadable_source,
    plan_alert as plan_alert,
    submit_unrecorded_alert as submit_unrecorded_alert,
)
from .marker_files import clear_failure as clear_failure, record_failure as record_failure
from .prometheus import render_metrics as render_metrics
