"""The delivery queue: who gets a mailing, and the state of each delivery, in the database.

`plan.py` makes a mailing and its deliveries (`recipients.py` decides who). `claim.py` claims deliveries for a sender
and records their outcomes; `lock.py` lets one sender run at a time. What a killed sender left is taken over by
`recovery.py`, with the help of `outcome_spool.py` (outcomes that the database could not take) and `high_water_mark.py`
(which messages had begun). `resolve.py` settles uncertain deliveries by the author's decision, `control.py` pauses and
cancels, `schedule.py` finds mailings that are due.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
