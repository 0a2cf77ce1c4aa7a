"""The signed addresses that name one reply and one thing to be done with it."""

from enum import IntEnum

from newsletter.database import Database
from newsletter.delivery import signed_address
from newsletter.replies.store.models import Reply
from newsletter.replies.store.queries import find_reply, number_of
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_SHARE = 16
"""How many acts a reply's number leaves room for."""


class Act(IntEnum):
    """What a mail to such an address asks for."""

    APPROVE = 1
    REJECT = 2
    TELL = 3
    """Reject, and tell the writer."""
    ANSWER = 4
    WITHDRAW = 9
    EDIT = 10
    CONSENT = 11
    HEAR = 12
    """Tell the writer of answers by other readers."""
    QUIET = 13


MODERATORS = frozenset({Act.APPROVE, Act.REJECT, Act.TELL, Act.ANSWER})


def address_for(
    database: Database, keyring: Keyring, settings: Settings, list_name: str, reply: Reply, act: Act
) -> str | None:
    """Return the address to which a mail is that act on that reply; None where there can be none."""
    purpose = Purpose.MODERATE if act in MODERATORS else Purpose.REPLY_AUTHOR
    number = number_of(database, reply) * _SHARE + act
    return signed_address(keyring, settings, list_name, purpose, number)


def read_act(database: Database, purpose: Purpose, number: int) -> tuple[Act, Reply] | None:
    """Return what a signed number asks for, and of which reply; None if that is not there any more."""
    code = number % _SHARE
    if code not in list(Act):
        return None
    act = Act(code)
    reply = find_reply(database, number // _SHARE)
    is_fit = (act in MODERATORS) is (purpose is Purpose.MODERATE)
    return (act, reply) if reply is not None and is_fit else None
