"""What a moderator orders by mail: to a signed address that names one decision, or in answer to a digest.

It counts only from a moderator's address, and only where that is proven: an address can be forged, and a
signed address can leak. What was done is said in the note of the mail that ordered it.
"""

import re
from dataclasses import replace

from newsletter.errors import NewsletterError
from newsletter.replies.addresses.match import Match, is_written_to_us
from newsletter.replies.addresses.signed_actions import Act, read_act
from newsletter.replies.authentication import Authenticity, AuthResult
from newsletter.replies.authentication.from_header import read_sender
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.inbound.context import Desk
from newsletter.replies.moderation.approval import approve, reject
from newsletter.replies.moderation.digest import KIND
from newsletter.replies.notify.author_answer import answer_reply
from newsletter.replies.parsing.message import Mail
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.tokens import Purpose

DOOR = "mail"
_MOST = 100
"""Lines of one mail that are read as orders."""
_WHY = 300
_LINE = re.compile(
    r"[>*\s]*(approve|publish|yes|reject|no|tell|answer)\s+([a-z2-7]{4,10})\b[\s:,–-]*(.*)", re.IGNORECASE
)
_WORDS = {
    "approve": Act.APPROVE,
    "publish": Act.APPROVE,
    "yes": Act.APPROVE,
    "reject": Act.REJECT,
    "no": Act.REJECT,
    "tell": Act.TELL,
    "answer": Act.ANSWER,
}


def is_order(found: Match) -> bool:
    """Whether a mail came to an address that only a moderator has."""
    return found.purpose is Purpose.MODERATE or (found.notice is not None and found.notice.kind == KIND)


def carry_out(desk: Desk, mail: Mail, found: Match, authenticity: Authenticity, reply: Reply, text: str) -> Reply:
    """Do what a moderator's mail orders, and say so in the reply that it is itself; `text` is what it says."""
    if reply.verdict is not Verdict.HUMAN:
        return replace(reply, state=ReplyState.IGNORED)
    ordered = replace(reply, state=ReplyState.ORDER, slug=None)
    if refusal := _refusal(desk, mail, authenticity):
        return replace(ordered, note=f"nothing was decided: {refusal}")
    by = read_sender(mail.headers).address
    if found.number is not None:
        target = read_act(desk.database, found.purpose, found.number)
        if target is None:
            return replace(ordered, note="nothing was decided: what it is about is not there any more")
        act, about = target
        return replace(ordered, note=_done(desk, act, about.id, text, by))
    lines = [match for line in text.split("\n")[:_MOST] if (match := _LINE.fullmatch(line.strip()))]
    notes = [_done(desk, _WORDS[line[1].lower()], line[2].lower(), line[3].strip(), by) for line in lines]
    if not notes and found.notice is not None and text.strip():
        notes = _said_of_one(desk, found.notice.about, text, by)
    return replace(ordered, note="; ".join(notes) or "nothing was decided: no line of it names a decision")


def _said_of_one(desk: Desk, about: str, text: str, by: str) -> list[str]:
    """Take plain words in answer to a digest of one comment for the author's answer, and a lone order for one."""
    names = about.partition(" ")[0].split(",")
    if len(names) != 1:
        return []
    order, _, why = text.strip().partition("\n")
    act = _WORDS.get(order.strip(" .!").lower())
    if act is None:
        return [_done(desk, Act.ANSWER, names[0], text, by)]
    return [] if act is Act.ANSWER and not why.strip() else [_done(desk, act, names[0], why.strip(), by)]


def _refusal(desk: Desk, mail: Mail, authenticity: Authenticity) -> str:
    sender = read_sender(mail.headers).address
    if sender not in {address.key for address in desk.settings.replies.moderators}:
        return "it does not come from one of [replies] moderators"
    if authenticity.proof is not AuthResult.PASS:
        return f"nothing proves that it comes from {sender}: {authenticity.why}"
    if not is_written_to_us(desk.keyring, desk.settings, mail.headers, authenticity.covered):
        return "it was not written to us"
    return ""


def _done(desk: Desk, act: Act, name: str, words: str, by: str) -> str:
    """Do one thing and return what was done, or why not."""
    database, settings, now = desk.database, desk.settings, desk.now
    why = " ".join(words.split())[:_WHY]
    try:
        if act is Act.APPROVE:
            approve(database, settings, name, by=by, door=DOOR, keyring=desk.keyring, now=now)
            return f"approved {name}"
        if act is Act.ANSWER:
            answer_reply(database, settings, name, words, now=now)
            return f"answered {name}"
        rejected = reject(
            database, name, by=by, why=why, door=DOOR, settings=settings, is_told=act is Act.TELL, now=now
        )
    except NewsletterError as error:
        return f"{name} is as it was: {error}"
    return f"rejected {rejected.id}" + (" and its writer is told" if act is Act.TELL else "")
