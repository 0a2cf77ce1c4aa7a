"""The doctor: checks everything that a send needs, one result each, with what to do about it.

`runner` runs all groups of checks side by side and ends in time, whatever does not answer. A module holds
the checks of one subject: `configuration` (settings, secrets, templates), `storage` (database and disk), `clock`,
`smtp` (the relay), `ses` and `ses_identity` (the account), `queues` (mailboxes and SQS), and the package `dns` (SPF,
DKIM, DMARC, MX). `self_test` sends a message to ourselves and checks its signatures. `check` is the result itself.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
