"""Sending: plan a mailing, prepare and start it, send what is scheduled and due, and send a test.

Sending an issue takes three steps, so that a person can confirm what would leave in between:

    with prepare_send(publication, SendRequest(issue="on-patience")) as prepared:
        if prepared.needs_confirmation:
            ...                              # show prepared.planned(), and ask
        started = prepared.start()           # the mailing is recorded, and its edition frozen
        for event in started.run():          # `SendProgress` and more, at last a `SendResult`
            ...

`plan` says who would get an issue, `prepare` checks it and starts the mailing, and `run` sends what was started, and
what is due.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
