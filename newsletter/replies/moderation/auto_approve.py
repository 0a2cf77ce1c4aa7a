"""Automatic approval: which replies of verified writers need no moderator, and the warnings that prevent it."""

import re

from newsletter.replies.extract.phrase_tables import fold
from newsletter.replies.store.models import Reply, ReplyState, WriterHistory
from newsletter.settings import RepliesSettings

_LINK = re.compile(r"\b(?:https?://|www\.)\S", re.IGNORECASE)


def spam_warnings(reply: Reply, history: WriterHistory, rules: RepliesSettings) -> list[str]:
    """Return what in a reply looks like spam, for its moderator to read."""
    warnings = []
    links = len(_LINK.findall(reply.text))
    if links > rules.max_links:
        warnings.append(f"it has {links} links")
    text = fold(reply.text)
    matches = [word for word in rules.blocked_words if _contains_word(text, fold(word))]
    if matches:
        warnings.append(f"it contains '{matches[0]}', one of [replies] blocked_words")
    if history.today >= rules.most_a_day:
        warnings.append(f"it is the writer's reply number {history.today + 1} within 24 hours")
    return warnings


def may_be_auto_approved(reply: Reply, history: WriterHistory, rules: RepliesSettings) -> bool:
    """Whether a reply may be published without anybody reading it first, as `[replies] trust_after` says.

    Its sender must be verified and have that many published replies and none rejected, and nothing may be noted of it.
    """
    return (
        rules.trust_after > 0
        and rules.publish == "review"
        and reply.state is ReplyState.HELD
        and reply.is_verified
        and not reply.note
        and reply.edits is None
        and history.published >= rules.trust_after
        and not history.rejected
    )


def _contains_word(text: str, word: str) -> bool:
    return bool(word.strip()) and re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", text) is not None
