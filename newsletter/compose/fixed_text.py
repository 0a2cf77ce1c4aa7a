"""The fixed sentences around an issue's text: what a reply does, why the email came, labels of boxes."""

from newsletter.locales import Translations


def reply_invitation(publish: str, translations: Translations) -> str:
    """Return what emails and pages promise about replies under `[replies] publish`: review, ask or never.

    The word that keeps a reply private is one that replies are searched for.
    """
    _ = translations.gettext
    if publish == "review":
        return _(
            "Reply to this email and it reaches me. I read every reply, and publish some as comments on the web page, "
            "with the writer’s name. Begin yours with “private” and it stays between us."
        )
    if publish == "ask":
        return _(
            "Reply to this email and it reaches me. I read every reply, and publish none without asking you first."
        )
    return _("Reply to this email and it reaches me. I read every reply; what you write stays between us.")


def closed_invitation(translations: Translations) -> str:
    """Return the same for an issue whose comments are closed."""
    return translations.gettext("Reply to this email and it reaches me. Replies to this issue are not published.")


def subscription_reason(reason: str, list_title: str, translations: Translations) -> str:
    """Return why somebody receives an email: the list's own `reason`, else that they subscribed to it."""
    _ = translations.gettext
    reason = reason or _("you subscribed to {title}").format(title=list_title)
    return _("You receive this email because {reason}.").format(reason=reason)


def callout_label(style: str, translations: Translations) -> str:
    """Return the label of a callout that has no title of its own."""
    _ = translations.gettext
    if style in {"warning", "caution", "danger"}:
        return _("Warning")
    if style == "important":
        return _("Important")
    return _("Tip") if style == "tip" else _("Note")
