"""Signed addresses that name one reply and one action on it: an email there executes the action.

Moderators get theirs in the digest, writers in the notices about their comments.
"""

from enum import IntEnum

from newsletter.database import Database
from newsletter.delivery.message import signed_address
from newsletter.replies.store.models import Reply
from newsletter.replies.store.queries import find_reply_by_number, reply_number
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_ACTIONS_PER_REPLY = 16
"""The signed number is the reply's number times this, plus the action."""


class ReplyAction(IntEnum):
    """What an email to such an address does."""

    APPROVE = 1
    REJECT = 2
    REJECT_AND_NOTIFY = 3
    """Reject, and tell the writer so."""
    ANSWER = 4
    WITHDRAW = 9
    EDIT = 10
    CONSENT = 11
    NOTIFY = 12
    """Notify the writer of answers by other readers."""
    MUTE = 13
    """Notify them no longer."""


_MODERATOR_ACTIONS = frozenset(
    {ReplyAction.APPROVE, ReplyAction.REJECT, ReplyAction.REJECT_AND_NOTIFY, ReplyAction.ANSWER}
)


def action_address(
    database: Database, keyring: Keyring, settings: Settings, list_name: str, reply: Reply, action: ReplyAction
) -> str | None:
    """Return the address for an action on a reply; None where `[replies]` has no room for one."""
    purpose = Purpose.MODERATE if action in _MODERATOR_ACTIONS else Purpose.REPLY_AUTHOR
    number = reply_number(database, reply) * _ACTIONS_PER_REPLY + action
    return signed_address(keyring, settings, list_name, purpose, number)


def read_action(database: Database, purpose: Purpose, number: int) -> tuple[ReplyAction, Reply] | None:
    """Return the action and the reply that a signed number names; None if that reply is gone."""
    code = number % _ACTIONS_PER_REPLY
    if code not in list(ReplyAction):
        return None
    action = ReplyAction(code)
    reply = find_reply_by_number(database, number // _ACTIONS_PER_REPLY)
    is_for_purpose = (action in _MODERATOR_ACTIONS) is (purpose is Purpose.MODERATE)
    return (action, reply) if reply is not None and is_for_purpose else None
