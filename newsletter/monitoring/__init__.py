"""Monitoring: what has stopped or fallen silent, one alert mail a day about it, and metrics for Prometheus.

`alarms.find_alarms` reads from the database what is wrong now: a mailing that stands still, events that nobody
applies, replies that no longer arrive. `alert_mail` mails what is new among the alarms; `marker_files` remembers, in
empty files under `var/`, what the database cannot. `prometheus` writes statistics and alarms as metrics.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
