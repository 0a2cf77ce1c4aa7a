"""Sign-up: double opt-in, the whole of it in three steps.

1. `request`: somebody gives an address on the web. That is only recorded: whoever knows an address can type it, and
   neither the answer nor the time it takes may tell whether the address is known.
2. `process`: a background worker looks the address up, makes the subscriptions pending, and decides which email it
   gets: a confirmation link, a note that it is subscribed already, a link to "my data", or none. That email is written
   by `newsletter.delivery.notices`.
3. `confirm`: whoever follows the link confirms the subscriptions. Requests that nobody confirms are deleted.

Requests for the "my data" link take the same way. Lists with single opt-in confirm in step 2.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
