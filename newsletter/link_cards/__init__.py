"""Link cards: fills in the title, text and picture of an issue's cards from the pages they link to.

`card_filler` looks at each card of an issue and writes what is missing into the issue's file (`directive_editor`).
`page_lookup` fetches the page, the video's oEmbed description and the picture; `page_metadata` reads Open Graph,
JSON-LD and plain HTML. `http_client` fetches with limits on bytes, time and redirects, and `address_guard` keeps it
away from private addresses. Nothing is fetched unless the author runs the command. Start with `card_filler`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
