"""Applying stored events: `pipeline` runs the steps in order, one transaction for each group of events.

`match` parses an event and finds its delivery, `record` adds a dated fact, `rules` says what follows from a report and
`effects` does it, `circuit_breaker` pauses a mailing of which too much comes back. `throttle` leaves a running sender
its share of the database.
"""
