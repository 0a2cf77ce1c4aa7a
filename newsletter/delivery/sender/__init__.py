"""The sender: sends one mailing, from the delivery queue to the provider.

`send.py` is where to start: it locks, recovers what an interrupted sender left, and then claims, hands over, collects
and records batch by batch. `submission.py` hands messages to `event_loop.py`, the thread that drives the transport's
connections; `in_flight.py` is what both threads share. `outcomes.py` decides what each result means. `rate_refresh.py`
and `quota_wait.py` keep to what the provider grants, `progress.py` and `forecast.py` count and estimate.
"""
