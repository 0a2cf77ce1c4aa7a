"""Rate limiting: no more messages a second than the provider grants, whoever else sends through the same account.

`limiter.py` holds the algorithm and the backoff. Two stores share a rate between senders: `shared_file.py` between the
processes of one machine, `shared_db.py` between all machines on one PostgreSQL database.
"""
