"""The bytes of a mailing's messages (RFC 5322): an edition as a MIME template, rendered once for each reader.

`build` is where to start: it encodes an edition into a `template`, in which only the reader's values and tokens are
missing. A message's parts come from `headers` (From, Subject, List-*), `links` (unsubscribe, preferences, view
online, reply), `signed_addresses` (Reply-To, the envelope's sender), `click_links` (click tracking) and
`quoted_printable` (the bodies). Where the settings ask for it `dkim` signs each message, with the keys of
`dkim_keys`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
