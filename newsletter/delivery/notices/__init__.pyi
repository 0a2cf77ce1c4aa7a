"""Public names of `newsletter.delivery.notices`, each loaded on first use; `__init__.py` says what they are for."""

from .cancellation import (
    cancel_comment_replies as cancel_comment_replies,
    withdraw_comment_replies as withdraw_comment_replies,
)
from .message import build_notice_message as build_notice_message, notice_sender as notice_sender
from .queue import (
    COMMENT_REPLY as COMMENT_REPLY,
    Notice as Notice,
    find_notice as find_notice,
    find_notice_about as find_notice_about,
    find_notice_by_reference as find_notice_by_reference,
    is_notice as is_notice,
    list_notices as list_notices,
    plan_notice as plan_notice,
    resolve_notice as resolve_notice,
)
from .send import (
    SentNotices as SentNotices,
    send_due_notices as send_due_notices,
    submit_unrecorded_notice as submit_unrecorded_notice,
)
from .signup_mail import plan_signup_mail as plan_signup_mail
from .welcome_series import (
    WELCOME as WELCOME,
    plan_welcome_series as plan_welcome_series,
)
