"""What readers do for themselves on the web: sign up, unsubscribe, set preferences, edit comments, get their data.

Links in emails carry signed tokens, and most functions here begin with one: they return None where the token is not
valid, or no longer, and a handler then shows the same page for every such case. A `LinkHolder` says how far a link
proves who holds it. An email may be forwarded with its links, so only a link that was just emailed gives access to
data, joins a list at once, or agrees to click tracking. The caller makes the proof of consent (which text was shown,
from which network), since it showed the page.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
