"""What a writer asks about their own words, by mail to a signed address or in answer to a notice.

It counts from the address that the notice went to, unless that is refuted. To take words back, or to agree,
needs no more; new words wait for the moderator as all others do.
"""

import re
from dataclasses import replace

from newsletter.delivery import COMMENT_REPLY
from newsletter.errors import NewsletterError
from newsletter.locales import translations_for
from newsletter.replies.addresses.match import Match
from newsletter.replies.addresses.signed_actions import Act, read_act
from newsletter.replies.authentication import Authenticity, AuthResult
from newsletter.replies.authentication.from_header import read_sender
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.classify.unsubscribe_request import asks_to_leave
from newsletter.replies.decisions import CONSENT, Decision, note_decision
from newsletter.replies.extract.phrase_tables import folded, word_set
from newsletter.replies.inbound.classify_reply import is_proven_to_us
from newsletter.replies.inbound.context import Desk
from newsletter.replies.moderation.withdrawal import withdraw_reply
from newsletter.replies.notify.author_answer import subject_and_language
from newsletter.replies.notify.comment_notifications import ASKED, PUBLISHED
from newsletter.replies.notify.hearing import set_answer_notification
from newsletter.replies.parsing.message import Mail
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import find_reply_named, read_reply
from newsletter.tokens import Purpose

_DOOR = "mail"
_WITHDRAW = word_set(
    """withdraw|withdraw it|withdraw my comment|delete|delete it|delete my comment
    remove my comment|zurückziehen
    bitte zurückziehen|löschen|bitte löschen|retirer|supprimer|retirar|borrar|eliminar|apagar
    ritirare
    cancellare|    eliminare|intrekken|verwijderen|wycofać|usunąć|usuń|отозвать|удалить
    geri çek|sil|اسحب|حذف|למשוך|למחוק|撤回|删除
    取り下げ|削除|철회|삭제"""
)
_YES = word_set(
    """yes|yes please|you may|of course|ok|okay|sure|si|oui bien sûr|ja gerne|ja bitte|да конечно|はい
    はい、どうぞ"""
)
_MARKS = " \t.,;:!?'\"()-–—。！"


def is_request(found: Match, text: str) -> bool:
    """Whether a mail may be a writer's word on what they wrote, rather than an answer to be published."""
    if found.purpose is Purpose.REPLY_AUTHOR:
        return True
    if found.notice is None:
        return False
    if found.notice.kind == COMMENT_REPLY:
        return asks_to_leave(text)
    return found.notice.kind == ASKED or (found.notice.kind == PUBLISHED and _first(text) in _WITHDRAW)


def heed(desk: Desk, mail: Mail, found: Match, authenticity: Authenticity, reply: Reply) -> Reply:
    """Do what a writer asks, and say so in the reply that the mail is itself."""
    if reply.verdict is not Verdict.HUMAN:
        return replace(reply, state=ReplyState.IGNORED)
    ordered = replace(reply, state=ReplyState.ORDER)
    try:
        act, about = _target(desk, found)
    except NewsletterError:
        return replace(ordered, note="nothing was changed: what it is about is not there any more")
    sender = read_sender(mail.headers).address
    if not sender or sender != about.from_address or authenticity.proof is AuthResult.FAIL:
        return replace(ordered, note=f"nothing was changed: it does not come from the writer of {about.id}")
    if act is Act.EDIT:
        is_proven = is_proven_to_us(desk, mail, authenticity)
        return _edit(reply, about, is_verified=is_proven and about.is_from_subscriber)
    if act in {Act.HEAR, Act.QUIET}:
        set_answer_notification(desk.database, about, wants=act is Act.HEAR, door=_DOOR, now=desk.now)
        wish = "wants to hear of answers" if act is Act.HEAR else "wants to hear of no more answers"
        return replace(ordered, slug=about.slug, text="", note=f"the writer of {about.id} {wish}")
    if act is Act.CONSENT:
        return replace(ordered, slug=about.slug, note=_agreed(desk, reply.text, about))
    try:
        withdraw_reply(desk.database, desk.settings, about.id, by="its writer", door=_DOOR, now=desk.now)
    except NewsletterError as error:
        return replace(ordered, note=f"nothing was changed: {error}")
    return replace(ordered, slug=about.slug, text="", note=f"{about.id} is withdrawn by its writer")


def _target(desk: Desk, found: Match) -> tuple[Act, Reply]:
    if found.number is not None:
        target = read_act(desk.database, found.purpose, found.number)
        return target if target is not None else (Act.EDIT, read_reply(desk.database, ""))
    notice = found.notice
    if notice is not None and notice.kind == COMMENT_REPLY:  # about the answer; they wrote what it answers
        answer = find_reply_named(desk.database, notice.about)
        return Act.QUIET, read_reply(desk.database, (answer and answer.in_reply_to) or "")
    about = read_reply(desk.database, notice.about if notice is not None else "")
    return (Act.CONSENT if notice is not None and notice.kind == ASKED else Act.WITHDRAW), about


def _edit(reply: Reply, about: Reply, *, is_verified: bool) -> Reply:
    """Return the mail as new words for an earlier comment, waiting for the moderator."""
    if about.state in {ReplyState.WITHDRAWN, ReplyState.PRIVATE}:
        return replace(reply, state=ReplyState.ORDER, note=f"nothing was changed: {about.id} is {about.state}")
    first = about.edits or about.id
    note = "; ".join(filter(None, (f"new words for {first}", reply.note.replace(_NO_LETTER, "").strip("; "))))
    return replace(
        reply,
        state=ReplyState.HELD,
        slug=about.slug,
        delivery_id=about.delivery_id,
        subscriber_id=about.subscriber_id,
        is_from_subscriber=about.is_from_subscriber,
        is_verified=is_verified,
        in_reply_to=about.in_reply_to,
        author=about.author,
        edits=first,
        note=note,
    )


_NO_LETTER = "it answers no letter that we know of"


def _agreed(desk: Desk, text: str, about: Reply) -> str:
    _, language = subject_and_language(desk.settings, about)
    translations = translations_for(language, own=desk.settings.locales)
    # Translators: the word that "If so, reply “yes”" asks for.
    yes = translations.pgettext("the reply that agrees to publication", "yes")
    if _first(text) not in _YES | {folded(yes)}:
        return f"its writer was asked about {about.id} and did not plainly say yes"
    said = Decision(reply_id=about.id, state=CONSENT, by="its writer", why="", door=_DOOR, at=desk.now)
    with desk.database.write() as connection:
        note_decision(connection, said)
    return f"its writer agrees: {about.id} may be published"


def _first(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip() and not re.match(r"\s*>", line)]
    return " ".join(folded(lines[0][:100]).split()).strip(_MARKS) if lines else ""
