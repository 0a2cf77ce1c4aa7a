"""The application layer: every use case of the product, as functions with typed arguments and results.

A caller opens a `Publication` once and hands it to the use cases, which are grouped by subject: issues, sending,
subscribers, replies, archive, feedback, statistics. Work that takes long is a generator of progress; closing it
stops it cleanly. Nothing here prints, asks or knows of a terminal or a request: command line, web, API and worker
parse what they are given, call one use case, and render its result.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
