"""Request handlers, one module a subject: each takes a `WebContext` and a `WebRequest` and returns a response.

Sign-up and confirmation (`signup`, `confirm`), unsubscribing (`unsubscribe`, RFC 8058 one-click included), what a
reader changes (`preferences`, `my_data`, `comment`), links in emails (`click`, `view_online`), and machines
(`webhooks`, `monitoring`, `static_files`). Which path each serves is listed in `newsletter.web.app`.
"""
