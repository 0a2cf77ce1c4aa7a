"""Compose: an issue becomes an edition (HTML, text and web version), or an article for the archive.

The Markdown body is read into `blocks` (sub-package `markdown`), with pictures resolved to copies (`images`). A
`rendition` puts blocks and everything around them into the templates: `html` renders MJML and inlines styles, `text`
writes the plain text part. Tags are opaque placeholders meanwhile; at the end they become `merge_tags`, which sending
fills in for each reader. The result is an `edition`, identified by its digest. `theme`, `typeface`, `urls` and
`fixed_text` provide colours, fonts, links and sentences. Nothing is fetched from the network. Start with `composer`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
