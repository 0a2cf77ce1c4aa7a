"""Public names of `newsletter.delivery.queue`, each loaded on first use; `__init__.py` says what they are for."""

from .lock import is_sending as is_sending, sender_lock as sender_lock
from .high_water_mark import (
    accept_older_copy as accept_older_copy,
    high_water_mark_path as high_water_mark_path,
    refuse_older_copy as refuse_older_copy,
)
from .plan import (
    Plan as Plan,
    plan_mailing as plan_mailing,
    start_mailing as start_mailing,
    start_test_mailing as start_test_mailing,
    extend_mailing as extend_mailing,
)
from .schedule import (
    Schedule as Schedule,
    due_mailings as due_mailings,
    next_send_time as next_send_time,
    refuse_late as refuse_late,
)
from .control import cancel as cancel, pause as pause, resume as resume
