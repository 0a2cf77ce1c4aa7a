"""Notices to the writer of a reply: from which list, in which language, in which thread."""

from newsletter.content import read_issue
from newsletter.database import Database
from newsletter.delivery import find_delivery
from newsletter.delivery.notices import Notice
from newsletter.errors import NewsletterError, UsageError
from newsletter.replies.store.models import Reply
from newsletter.settings import Settings


def writer_notice(
    database: Database, settings: Settings, reply: Reply, *, kind: str, about: str, text: str, is_automatic: bool = True
) -> Notice:
    """Return a notice to the writer of a reply, in the thread of their own message.

    `about` is the id of what it is about: of each kind one notice is ever sent about it.
    """
    title, _ = title_and_language(settings, reply)
    return Notice(
        kind=kind,
        about=about,
        recipient=reply.from_address,
        recipient_name=reply.author,
        list_name=list_name_for(database, settings, reply),
        delivery_id=reply.delivery_id,
        subject=f"Re: {title}",
        text=text,
        in_reply_to=reply.message_id,
        references=reply.references,
        is_automatic=is_automatic,
    )


def list_name_for(database: Database, settings: Settings, reply: Reply) -> str:
    """Return the list whose sender writes to a reply's writer; UsageError if newsletter.toml has none."""
    delivery = None if reply.delivery_id is None else find_delivery(database, reply.delivery_id)
    if delivery is not None and delivery.list_name in settings.lists:
        return delivery.list_name
    default = settings.publication.default_list
    name = default if default in settings.lists else next(iter(settings.lists), None)
    if name is None:
        raise UsageError("newsletter.toml has no list, so emails have no sender. Add [lists.NAME]")
    return name


def title_and_language(settings: Settings, reply: Reply) -> tuple[str, str]:
    """Return the title and the language of the issue that a reply answers, else those of the publication."""
    try:
        if reply.slug is not None:
            issue = read_issue(settings, reply.slug)
            return issue.title, issue.language
    except NewsletterError:
        pass  # its file is gone: the title of the publication will do
    return settings.publication.title, settings.publication.language


def quote(text: str) -> str:
    """Return a text with `> ` before each line."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
