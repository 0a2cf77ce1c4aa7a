"""Sending: plan a mailing, prepare and start it, send what is scheduled and due, and send a test.

Sending an issue takes three steps, so that a person can confirm what would leave in between:

    with prepare_send(publication, SendRequest(issue="on-patience")) as prepared:
        if prepared.needs_confirmation:
            ...                              # show prepared.planned(), and ask
        started = prepared.start()           # the mailing is recorded, and its edition frozen
        for event in started.run():          # `SendProgress` and more, at last a `SendResult`
            ...

`prepare` plans, checks and starts mailings; `run` sends what was started, and what is due.
"""

from newsletter.app.sending.prepare import (
    PlannedSend,
    PreparedSend,
    check_database,
    choose_for_sending,
    is_real,
    plan_issue,
    prepare_send,
    start_test_of,
    start_test_send,
)
from newsletter.app.sending.run import (
    DueMailing,
    RefusedMailing,
    Scheduled,
    SendEvent,
    SendRequest,
    SendResult,
    StartedMailing,
    Stopping,
    StopSignals,
    finish,
    next_due,
    send_due,
)

__all__ = [
    "DueMailing",
    "PlannedSend",
    "PreparedSend",
    "RefusedMailing",
    "Scheduled",
    "SendEvent",
    "SendRequest",
    "SendResult",
    "StartedMailing",
    "StopSignals",
    "Stopping",
    "check_database",
    "choose_for_sending",
    "finish",
    "is_real",
    "next_due",
    "plan_issue",
    "prepare_send",
    "send_due",
    "start_test_of",
    "start_test_send",
]
