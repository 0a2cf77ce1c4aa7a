"""Requests in the text of a reply: to be unsubscribed, or not to be published."""

import re

from newsletter.replies.extract.phrase_tables import fold, phrase_set

_LEAVE = phrase_set(
    """unsubscribe|unsubscribe me|please unsubscribe|please unsubscribe me|stop|stop it|remove|remove me
    please remove me|opt out|opt-out|abmelden|abbestellen|bitte abmelden|austragen|désabonner|se désabonner
    désinscription|désabonnement|me désabonner|désinscrire|darse de baja|baja|dar de baja
    cancelar suscripción|cancelar inscrição|descadastrar|remover|cancellami|disiscrivimi|annulla iscrizione
    cancella iscrizione|afmelden|uitschrijven|avregistrera|avsluta prenumeration|afmeld|avmeld|meld meg av
    peruuta tilaus|poista|wypisz|wypisz mnie|odhlásit|odhlásiť|отписаться|отписать|відписатися
    abonelikten çık|leiratkozás|dezabonare|odjava|退订|取消订阅|退訂|取消訂閱|配信停止|購読解除|수신거부
    구독취소|hủy đăng ký|berhenti berlangganan|إلغاء الاشتراك|הסר"""
)
_ABOUT_LEAVING = re.compile(
    r"\b(?:unsubscri|opt(?:ing)? out|remove (?:me|my|this address)|take me off|mailing list"
    r"|stop (?:sending|mailing)|no more (?:e-?)?mails?|abmeld|abbestell|austrag|keine (?:e-?)?mails"
    r"|desabonn|desinscri|dar(?:me|se)? de baja|cancelar (?:\w+ )?(?:sus|ins)cri|descadastr|disiscri"
    r"|cancell(?:a|ate|ami)\b|afmeld|uitschrijv|avregistr|avprenumer|avsluta pren|avmeld|peruut\w+ tilau"
    r"|wypis(?:z|ac)|rezygnuj|odhlas|отпи[сш]|відпи[сш]|aboneli|listeden|leirat|dezabon|odjav|διαγρα"
    r"|berhenti berl|huy đang ky)"
    r"|退订|取消订阅|退訂|取消訂閱|配信停止|配信を停止|購読解除|수신\s?거부|구독\s?(?:취소|해지)"
    r"|إلغاء الاشتراك|הסירו|להסיר|ยกเลิกการ"
)
"""What people write of leaving, within a sentence; in the form that `folded` gives."""
_SHORT = 90
"""Characters within which a message says little more than one wish."""
_PRIVATE = phrase_set(
    """private|privat|privé|privée|privado|privada|privato|privata|prywatne|privát|soukromé|частное|приватно
    лично|özel|yksityinen|particulier|vertraulich|confidential|confidentiel|confidencial|私信|非公開|비공개
    פרטי|خاص"""
)
_MARKS = " \t\n.,;:!?'\"()[]*_-–—<>"


def asks_to_unsubscribe(text: str, subject: str = "") -> bool:
    """Whether the whole message is "unsubscribe" or "stop", or it is empty under such a subject."""
    phrase = " ".join(fold(text[:200]).split()).strip(_MARKS)
    return (phrase or " ".join(fold(subject[:200]).split()).strip(_MARKS)) in _LEAVE


def may_ask_to_unsubscribe(text: str) -> bool:
    """Whether a short message mentions unsubscribing, so that the author should read it as a request."""
    phrase = " ".join(fold(text[: 2 * _SHORT]).split())
    return len(phrase) <= _SHORT and _ABOUT_LEAVING.search(phrase) is not None


def asks_for_privacy(text: str) -> bool:
    """Whether the first word is "private", the way the email explains to keep a reply unpublished."""
    first = re.match(r"\W*(\w+)", fold(text[:200]))
    return first is not None and first[1] in _PRIVATE
