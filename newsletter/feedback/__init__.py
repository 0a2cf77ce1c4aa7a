"""Feedback: what providers and mail servers report about deliveries, and what follows from it.

A report goes one way: a source receives it (`sources`: an SQS queue, the SNS webhook, files and mail), `formats` reads
it (SES JSON, DSN, ARF, qmail bounces), `store` keeps it durably before the sender is told that we have it, and `apply`
works off what is stored: it finds the delivery, records a dated fact, and acts on it. Acting means to resolve an
uncertain delivery, suppress an address, end a subscription, or pause a mailing (`apply/circuit_breaker.py`).

Start with `apply/pipeline.py`, the whole path of a stored event, and `apply/rules.py`, the table of what follows from
which report. `clicks` counts followed links; `suppression_sync` keeps SES's suppression list and ours alike.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
