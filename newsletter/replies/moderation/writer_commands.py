"""Writers' commands about their own replies, by mail to a signed address or in answer to a notice.

A command counts from the address that the notice went to, unless authentication fails. To withdraw a reply, or to
agree to its publication, needs no more; an edit is held for the moderator as every reply is.
"""

import re
from dataclasses import replace

from newsletter.delivery.notices import COMMENT_REPLY
from newsletter.errors import NewsletterError
from newsletter.locales import translations_for
from newsletter.replies.addresses.match import Match
from newsletter.replies.addresses.signed_actions import ReplyAction, read_action
from newsletter.replies.authentication import AuthResult
from newsletter.replies.authentication.from_header import read_from_header
from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.classify.unsubscribe_request import asks_to_unsubscribe
from newsletter.replies.extract.phrase_tables import fold, phrase_set
from newsletter.replies.inbound.classify_reply import NO_ISSUE, Inbound
from newsletter.replies.inbound.context import InboundContext
from newsletter.replies.moderation.withdrawal import withdraw_reply
from newsletter.replies.notify.comment_notifications import PERMISSION_ASKED, PUBLISHED, set_answer_notification
from newsletter.replies.notify.notice import title_and_language
from newsletter.replies.store.models import CONSENT, Decision, Reply, ReplyState
from newsletter.replies.store.queries import add_decision, find_reply_by_id, get_reply
from newsletter.tokens import Purpose

_CHANNEL = "mail"
_WRITER = "its writer"
_WITHDRAW = phrase_set(
    """withdraw|withdraw it|withdraw my comment|delete|delete it|delete my comment
    remove my comment|zurückziehen
    bitte zurückziehen|löschen|bitte löschen|retirer|supprimer|retirar|borrar|eliminar|apagar
    ritirare
    cancellare|    eliminare|intrekken|verwijderen|wycofać|usunąć|usuń|отозвать|удалить
    geri çek|sil|اسحب|حذف|למשוך|למחוק|撤回|删除
    取り下げ|削除|철회|삭제"""
)
_YES = phrase_set(
    """yes|yes please|you may|of course|ok|okay|sure|si|oui bien sûr|ja gerne|ja bitte|да конечно|はい
    はい、どうぞ"""
)
_MARKS = " \t.,;:!?'\"()-–—。！"


def is_writer_command(match: Match, text: str) -> bool:
    """Whether a message may be a writer's command about their own reply, rather than a reply to be published."""
    if match.purpose is Purpose.REPLY_AUTHOR:
        return True
    if match.notice is None:
        return False
    if match.notice.kind == COMMENT_REPLY:
        return asks_to_unsubscribe(text)
    is_withdrawal = match.notice.kind == PUBLISHED and _first_line(text) in _WITHDRAW
    return match.notice.kind == PERMISSION_ASKED or is_withdrawal


def execute_writer_command(context: InboundContext, inbound: Inbound, reply: Reply) -> Reply:
    """Execute a writer's message, and note what was done in the reply that it is itself."""
    if reply.verdict is not Verdict.HUMAN:
        return replace(reply, state=ReplyState.IGNORED)
    command = replace(reply, state=ReplyState.COMMAND)
    try:
        action, about = _target(context, inbound.match)
    except NewsletterError:
        return replace(command, note="nothing was changed: the reply it is about no longer exists")
    sender = read_from_header(inbound.message.headers).address
    if not sender or sender != about.from_address or inbound.authentication.result is AuthResult.FAIL:
        return replace(command, note=f"nothing was changed: it does not come from the writer of {about.id}")
    if action is ReplyAction.EDIT:
        is_authenticated = context.is_authenticated_to_us(inbound.message, inbound.authentication)
        return _edit(reply, about, is_verified=is_authenticated and about.is_from_subscriber)
    if action in {ReplyAction.NOTIFY, ReplyAction.MUTE}:
        is_wanted = action is ReplyAction.NOTIFY
        set_answer_notification(context.database, about, is_wanted=is_wanted, channel=_CHANNEL, now=context.now)
        choice = "wants to be notified of answers" if is_wanted else "wants no more notices of answers"
        return replace(command, slug=about.slug, text="", note=f"the writer of {about.id} {choice}")
    if action is ReplyAction.CONSENT:
        return replace(command, slug=about.slug, note=_consent(context, reply.text, about))
    try:
        withdraw_reply(context.database, context.settings, about.id, by=_WRITER, channel=_CHANNEL, now=context.now)
    except NewsletterError as error:
        return replace(command, note=f"nothing was changed: {error}")
    return replace(command, slug=about.slug, text="", note=f"{about.id} is withdrawn by its writer")


def _target(context: InboundContext, match: Match) -> tuple[ReplyAction, Reply]:
    """Return the action that a message asks for, and on which reply; UsageError if that no longer exists."""
    if match.number is not None:
        target = read_action(context.database, match.purpose, match.number)
        return target if target is not None else (ReplyAction.EDIT, get_reply(context.database, ""))
    notice = match.notice
    if notice is not None and notice.kind == COMMENT_REPLY:  # about the answer; they wrote what it answers
        answer = find_reply_by_id(context.database, notice.about)
        return ReplyAction.MUTE, get_reply(context.database, (answer and answer.in_reply_to) or "")
    about = get_reply(context.database, notice.about if notice is not None else "")
    is_question = notice is not None and notice.kind == PERMISSION_ASKED
    return (ReplyAction.CONSENT if is_question else ReplyAction.WITHDRAW), about


def _edit(reply: Reply, about: Reply, *, is_verified: bool) -> Reply:
    """Return a message as the new text of an earlier reply, held for the moderator."""
    if about.state in {ReplyState.WITHDRAWN, ReplyState.PRIVATE}:
        return replace(reply, state=ReplyState.COMMAND, note=f"nothing was changed: {about.id} is {about.state}")
    first = about.edits or about.id
    note = "; ".join(filter(None, (f"edits {first}", reply.note.replace(NO_ISSUE, "").strip("; "))))
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


def _consent(context: InboundContext, text: str, about: Reply) -> str:
    """Record a writer's consent to publication if the first line says yes; return the note that says what was done."""
    _, language = title_and_language(context.settings, about)
    translations = translations_for(language, own=context.settings.locales)
    # Translators: the word that "If so, reply “yes”" asks for.
    yes = translations.pgettext("the reply that agrees to publication", "yes")
    if _first_line(text) not in _YES | {fold(yes)}:
        return f"its writer was asked about {about.id} and did not plainly say yes"
    decision = Decision(reply_id=about.id, state=CONSENT, by=_WRITER, reason="", channel=_CHANNEL, at=context.now)
    with context.database.write() as connection:
        add_decision(connection, decision)
    return f"its writer agrees: {about.id} may be published"


def _first_line(text: str) -> str:
    """Return the first line that is not quoted, folded and without punctuation."""
    lines = [line for line in text.split("\n") if line.strip() and not re.match(r"\s*>", line)]
    return " ".join(fold(lines[0][:100]).split()).strip(_MARKS) if lines else ""
