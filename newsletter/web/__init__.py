"""The web server for readers, and the author's preview: read a request, call one use case, render its result.

`server.serve` runs the server: it opens the socket, starts the background threads (`signup_worker`,
`batch_unsubscribe`, the click writer) and hands `app.make_app` to uvicorn. `app.ROUTES` maps every path to a function
in `handlers/`, one module a subject. `endpoint` turns an HTTP request into a `WebRequest` within size and time limits,
calls the handler in a thread pool, and shows errors as pages; `middleware` adds security headers and the access log.
A handler gets a `WebContext` (settings, database, keys, templates, limits) and a `WebRequest`, and returns a response.

`preview/` serves the author's own browser on this machine only, and recomposes an issue whenever a file changes.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
