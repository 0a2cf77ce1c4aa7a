"""The Atom feed (RFC 4287): every issue with its whole text, all addresses absolute."""

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urljoin, urlsplit

from feedgenerator import Atom1Feed
from lxml import html as markup

from newsletter.archive.entry import Entry
from newsletter.settings import Settings

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""What XML 1.0 cannot hold."""
NEWEST = 50


def atom_feed(settings: Settings, home: str, entries: Sequence[Entry]) -> bytes:
    """Return the feed of the newest entries; `home` is the archive's URL, ending in a slash.

    An entry's id rests on the list's identifier, which never changes, so that a move of the site
    shows no reader an old issue as new.
    """
    publication = settings.publication
    authority = authority_of(settings, home)
    feed = Atom1Feed(
        title=clean(publication.title),
        link=home,
        description=None,
        subtitle=clean(publication.tagline) or None,
        language=publication.language,
        author_name=clean(publication.author or publication.title),
        feed_url=f"{home}feed.xml",
        feed_guid=f"tag:{authority},2026:archive",
    )
    for entry in entries[:NEWEST]:
        issue = entry.issue
        feed.add_item(
            title=clean(issue.title),
            link=entry.url,
            description=escape(clean(issue.preheader)) or None,
            author_name=clean(", ".join(issue.authors)) or None,
            unique_id=f"tag:{authority},{entry.date:%Y}:issues/{issue.slug}",
            pubdate=entry.date,
            updateddate=entry.date,
            categories=[clean(tag) for tag in issue.tags],
            content=clean(absolute(_with_hero(entry), entry.url)),
        )
    return f"{feed.writeString('utf-8')}\n".encode()


def _with_hero(entry: Entry) -> str:
    if entry.hero is None or not entry.hero.src:
        return entry.body
    return f'<p><img src="{escape(entry.hero.src)}" alt="{escape(entry.hero.alt)}"></p>\n{entry.body}'


def absolute(body: str, base: str) -> str:
    """Return HTML with every link and picture made absolute against `base`."""
    tree = markup.fragment_fromstring(body, create_parent="div")
    for element in tree.iter():
        for attribute in ("href", "src"):
            link = element.get(attribute)
            if link is not None:
                element.set(attribute, _joined(base, link))
    return str(markup.tostring(tree, encoding="unicode"))


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # what is no address, such as http://[
        return link


def authority_of(settings: Settings, home: str) -> str:
    """Return what a tag URI (RFC 4151) begins with: the default list's identifier, else the site's host."""
    lists = settings.lists
    name = settings.publication.default_list
    chosen = lists.get(name) if name else next(iter(lists.values()), None)
    return chosen.list_id.lower() if chosen else urlsplit(home).hostname or "archive.invalid"


def clean(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return _UNPRINTABLE.sub("", text)
