"""The Atom feed of comments (RFC 4287): the newest answers of all issues, each as plain text made HTML."""

from collections.abc import Sequence

from feedgenerator import Atom1Feed

from newsletter.archive.entry import Entry
from newsletter.archive.feed import authority_of, clean
from newsletter.archive.words import paragraphs, unsteered
from newsletter.compose import comment_anchor
from newsletter.locales import translations_for
from newsletter.settings import Settings

NEWEST = 50


def comment_feed(settings: Settings, home: str, entries: Sequence[Entry]) -> bytes:
    """Return the feed of the newest comments; `home` is the archive's URL, ending in a slash.

    No address, no hash of one and no id of a mail is in it; what was taken back is not.
    """
    publication = settings.publication
    authority = authority_of(settings, home)
    heading = translations_for(publication.language, own=settings.locales).gettext("Readers’ comments")
    feed = Atom1Feed(
        title=clean(f"{publication.title} – {heading}"),
        link=home,
        description=None,
        language=publication.language,
        author_name=clean(publication.author or publication.title),
        feed_url=f"{home}comments.xml",
        feed_guid=f"tag:{authority},2026:comments",
    )
    found = [
        (entry, threaded.comment)
        for entry in entries
        for threaded in entry.comments
        if not threaded.comment.is_withdrawn
    ]
    found.sort(key=lambda pair: (pair[1].date, pair[1].id), reverse=True)
    for entry, comment in found[:NEWEST]:
        feed.add_item(
            title=clean(f"{unsteered(comment.author)}: {entry.issue.title}"),
            link=f"{entry.url}#{comment_anchor(comment.id)}",
            description=None,
            author_name=clean(unsteered(comment.author)) or None,
            unique_id=f"tag:{authority},{comment.date:%Y}:comments/{comment.id}",
            pubdate=comment.date,
            updateddate=comment.date,
            content=clean(str(paragraphs(comment.text))),
        )
    return f"{feed.writeString('utf-8')}\n".encode()
