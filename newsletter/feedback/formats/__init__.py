"""Formats of reports: each module reads one kind into an `Event`; none touches the database.

`ses` reads Amazon SES's JSON events, which `json_envelopes` takes out of SNS, EventBridge, SQS and Lambda envelopes.
`multipart_report` finds the machine-readable part of a bounce or complaint mail (RFC 6522), `dsn_arf` reads it
(RFC 3464 and RFC 5965), `qmail` reads qmail's bounces. `bounce_classifier` says why a message bounced.
"""
