"""Moderators' commands by mail: to a signed address that names one decision, or as lines in an answer to a digest.

A command counts only from a moderator's address, and only where that is authenticated: an address can be forged, and
a signed address can leak. What was done is noted in the reply that the message itself is.
"""

import re
from dataclasses import replace

from newsletter.errors import NewsletterError
from newsletter.replies.addresses.match import Match
from newsletter.replies.addresses.signed_actions import ReplyAction, read_action
from newsletter.replies.authentication import AuthResult
from newsletter.replies.authentication.from_header import read_from_header
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.inbound.classify_reply import Inbound
from newsletter.replies.inbound.context import InboundContext
from newsletter.replies.moderation.approval import approve, reject
from newsletter.replies.moderation.digest import DIGEST, digest_reply_ids
from newsletter.replies.notify.author_answer import answer_reply
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.tokens import Purpose

_CHANNEL = "mail"
_MAX_LINES = 100
"""Lines of one message that are read as commands."""
_MAX_REASON = 300
_COMMAND = re.compile(
    r"[>*\s]*(approve|publish|yes|reject|no|tell|answer)\s+([a-z2-7]{4,10})\b[\s:,–-]*(.*)", re.IGNORECASE
)
_ACTIONS = {
    "approve": ReplyAction.APPROVE,
    "publish": ReplyAction.APPROVE,
    "yes": ReplyAction.APPROVE,
    "reject": ReplyAction.REJECT,
    "no": ReplyAction.REJECT,
    "tell": ReplyAction.REJECT_AND_NOTIFY,
    "answer": ReplyAction.ANSWER,
}


def is_moderator_command(match: Match) -> bool:
    """Whether a message came to an address that only a moderator has."""
    return match.purpose is Purpose.MODERATE or (match.notice is not None and match.notice.kind == DIGEST)


def execute_moderator_command(context: InboundContext, inbound: Inbound, reply: Reply) -> Reply:
    """Execute a moderator's message, and note what was done in the reply that it is itself."""
    if reply.verdict is not Verdict.HUMAN:
        return replace(reply, state=ReplyState.IGNORED)
    command = replace(reply, state=ReplyState.COMMAND, slug=None)
    if refusal := _refusal(context, inbound):
        return replace(command, note=f"nothing was decided: {refusal}")
    match, text = inbound.match, inbound.extraction.text
    moderator = read_from_header(inbound.message.headers).address
    if match.number is not None:
        target = read_action(context.database, match.purpose, match.number)
        if target is None:
            return replace(command, note="nothing was decided: the reply it is about no longer exists")
        action, about = target
        return replace(command, note=_execute(context, action, about.id, text, moderator))
    lines = [line for row in text.split("\n")[:_MAX_LINES] if (line := _COMMAND.fullmatch(row.strip()))]
    notes = [
        _execute(context, _ACTIONS[line[1].lower()], line[2].lower(), line[3].strip(), moderator) for line in lines
    ]
    if not notes and match.notice is not None and text.strip():
        notes = _execute_without_id(context, digest_reply_ids(match.notice), text, moderator)
    return replace(command, note="; ".join(notes) or "nothing was decided: no line of it names a decision")


def _execute_without_id(context: InboundContext, reply_ids: list[str], text: str, moderator: str) -> list[str]:
    """Execute a lone command in answer to a digest of one reply; other text is the author's answer to that reply."""
    if len(reply_ids) != 1:
        return []
    word, _, rest = text.strip().partition("\n")
    action = _ACTIONS.get(word.strip(" .!").lower())
    if action is None:
        return [_execute(context, ReplyAction.ANSWER, reply_ids[0], text, moderator)]
    if action is ReplyAction.ANSWER and not rest.strip():
        return []
    return [_execute(context, action, reply_ids[0], rest.strip(), moderator)]


def _refusal(context: InboundContext, inbound: Inbound) -> str:
    """Return why a message does not count as a moderator's, or ""."""
    sender = read_from_header(inbound.message.headers).address
    if sender not in {address.key for address in context.settings.replies.moderators}:
        return "it does not come from one of [replies] moderators"
    if inbound.authentication.result is not AuthResult.PASS:
        return f"it is not authenticated as coming from {sender}: {inbound.authentication.reason}"
    if not context.is_authenticated_to_us(inbound.message, inbound.authentication):
        return "it was not written to us"
    return ""


def _execute(context: InboundContext, action: ReplyAction, reply_id: str, text: str, moderator: str) -> str:
    """Execute one command and return what was done, or why not."""
    database, settings, now = context.database, context.settings, context.now
    try:
        if action is ReplyAction.APPROVE:
            approve(database, settings, reply_id, by=moderator, channel=_CHANNEL, keyring=context.keyring, now=now)
            return f"approved {reply_id}"
        if action is ReplyAction.ANSWER:
            answer_reply(database, settings, reply_id, text, now=now)
            return f"answered {reply_id}"
        is_notified = action is ReplyAction.REJECT_AND_NOTIFY
        rejected = reject(
            database,
            reply_id,
            by=moderator,
            reason=" ".join(text.split())[:_MAX_REASON],
            channel=_CHANNEL,
            settings=settings,
            is_notified=is_notified,
            now=now,
        )
    except NewsletterError as error:
        return f"{reply_id} is unchanged: {error}"
    return f"rejected {rejected.id}" + (" and its writer is notified" if is_notified else "")
