"""A writer's own comment: edit it, withdraw it, and choose whether to be notified of replies to it."""

from datetime import datetime

from newsletter import replies
from newsletter.app.publication import Publication
from newsletter.replies import Reply


def find_comment(publication: Publication, token: str) -> Reply | None:
    """Return the published comment whose writer holds this link."""
    return replies.read_writer_token(publication.database, publication.keyring, token)


def notification_choice(publication: Publication, comment: Reply) -> bool | None:
    """Return whether the writer is notified of replies; None where nobody is, by `[replies] tell_answered`."""
    if publication.settings.replies.tell_answered == "never":
        return None
    return replies.is_notified_of_answers(publication.database, publication.settings, comment)


def set_notification(publication: Publication, comment: Reply, *, is_wanted: bool, now: datetime) -> None:
    """Save whether the writer wants to be notified of replies."""
    replies.set_answer_notification(publication.database, comment, is_wanted=is_wanted, channel="web", now=now)


def revise_comment(publication: Publication, comment: Reply, text: str, now: datetime) -> bool:
    """Hold new text for the moderator; False where there is none, or nothing changed."""
    return replies.submit_revision(publication.database, publication.settings, comment, text, now)


def withdraw_comment(publication: Publication, comment: Reply, now: datetime) -> None:
    """Withdraw a comment at once; its file becomes a tombstone."""
    replies.withdraw_reply(
        publication.database, publication.settings, comment.id, by="its writer", channel="web", now=now
    )
