"""Delivery: an edition meets an audience; mailings, their deliveries, and notices to single persons.

`models.py` holds the nouns, `tables.py` their tables, `editions.py` the frozen editions. A mailing is planned, claimed
and recorded in `queue/`, and sent by `sender/`: start at `sender/send.py`. The bytes of each message are built in
`message/`, and leave through one of the `transports/`, no faster than `rate/` allows. `notices/` sends transactional
mail over the same transports. `counts.py` and `lookup.py` answer questions about deliveries, `evidence.py` applies what
the provider reports, and `erasure.py` removes a person. `queue/`, `message/` and `notices/` list public names of their
own; all others are listed here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
