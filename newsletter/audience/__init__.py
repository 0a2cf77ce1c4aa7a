"""Audience: who is mailed, and why that is allowed.

`models` has the nouns (subscriber, subscription, consent record, suppression), `tables` where they are stored, and
`queries` how they are read. `subscriptions` adds, confirms, unsubscribes and erases people; `preferences`,
`tracking_consent`, `suppressions` and `custom_fields` change one thing each. Every change of a subscription adds a
consent record. `candidates` in `queries` is what a mailing asks: everybody who is or was on a list, with the reason why
they get no email, if there is one.

Three sub-packages have public names of their own: `signup` (double opt-in), `importer` (CSV and other files), and
`segments` (conditions on subscribers as SQL; the language itself is `newsletter.segments`, below settings).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
