"""Public names of `newsletter.app.sending`, each loaded on first use."""

from .plan import PlannedSend as PlannedSend, SendRequest as SendRequest, is_real as is_real, plan_issue as plan_issue
from .prepare import (
    PreparedSend as PreparedSend,
    check_database as check_database,
    choose_for_sending as choose_for_sending,
    prepare_send as prepare_send,
    start_test_of as start_test_of,
    start_test_send as start_test_send,
)
from .run import (
    DueMailing as DueMailing,
    RefusedMailing as RefusedMailing,
    Scheduled as Scheduled,
    SendEvent as SendEvent,
    SendResult as SendResult,
    StartedMailing as StartedMailing,
    Stopping as Stopping,
    StopSignals as StopSignals,
    finish as finish,
    next_due as next_due,
    send_due as send_due,
)
