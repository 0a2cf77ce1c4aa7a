"""What programs read: Atom feeds of issues and of comments (RFC 4287), sitemap.xml and robots.txt (RFC 9309).

All URLs are absolute. An entry's id rests on the list's identifier, which never changes, so that a move of the site
shows no reader an old issue as new.
"""

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape as escape_xml

from feedgenerator import Atom1Feed
from lxml import html as markup

from newsletter.archive.comments import comment_html, without_direction_marks
from newsletter.archive.pages import IssuePage
from newsletter.compose import comment_anchor
from newsletter.locales import translations_for
from newsletter.settings import Settings

MAX_ENTRIES = 50
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""What XML 1.0 cannot hold."""


def issue_feed(settings: Settings, home: str, pages: Sequence[IssuePage]) -> bytes:
    """Return the feed of the newest issues, each with its whole text; `home` is the archive's URL, ending in "/"."""
    publication = settings.publication
    authority = _tag_authority(settings, home)
    feed = Atom1Feed(
        title=_xml_text(publication.title),
        link=home,
        description=None,
        subtitle=_xml_text(publication.tagline) or None,
        language=publication.language,
        author_name=_xml_text(publication.author or publication.title),
        feed_url=f"{home}feed.xml",
        feed_guid=f"tag:{authority},2026:archive",
    )
    for page in pages[:MAX_ENTRIES]:
        issue = page.issue
        feed.add_item(
            title=_xml_text(issue.title),
            link=page.url,
            description=escape(_xml_text(issue.preheader)) or None,
            author_name=_xml_text(", ".join(issue.authors)) or None,
            unique_id=f"tag:{authority},{page.date:%Y}:issues/{issue.slug}",
            pubdate=page.date,
            updateddate=page.date,
            categories=[_xml_text(tag) for tag in issue.tags],
            content=_xml_text(_with_absolute_urls(_with_hero(page), page.url)),
        )
    return f"{feed.writeString('utf-8')}\n".encode()


def comment_feed(settings: Settings, home: str, pages: Sequence[IssuePage]) -> bytes:
    """Return the feed of the newest comments of all issues; `home` is the archive's URL, ending in a slash.

    It holds no address, no hash of one and no message id; withdrawn comments are not in it.
    """
    publication = settings.publication
    authority = _tag_authority(settings, home)
    heading = translations_for(publication.language, own=settings.locales).gettext("Readers’ comments")
    feed = Atom1Feed(
        title=_xml_text(f"{publication.title} – {heading}"),
        link=home,
        description=None,
        language=publication.language,
        author_name=_xml_text(publication.author or publication.title),
        feed_url=f"{home}comments.xml",
        feed_guid=f"tag:{authority},2026:comments",
    )
    comments = [
        (page, threaded.comment) for page in pages for threaded in page.comments if not threaded.comment.is_withdrawn
    ]
    comments.sort(key=lambda pair: (pair[1].date, pair[1].id), reverse=True)
    for page, comment in comments[:MAX_ENTRIES]:
        author = without_direction_marks(comment.author)
        feed.add_item(
            title=_xml_text(f"{author}: {page.issue.title}"),
            link=f"{page.url}#{comment_anchor(comment.id)}",
            description=None,
            author_name=_xml_text(author) or None,
            unique_id=f"tag:{authority},{comment.date:%Y}:comments/{comment.id}",
            pubdate=comment.date,
            updateddate=comment.date,
            content=_xml_text(str(comment_html(comment.text))),
        )
    return f"{feed.writeString('utf-8')}\n".encode()


def sitemap(home: str, pages: Sequence[IssuePage]) -> bytes:
    """Return sitemap.xml (sitemaps.org, 0.9): the URLs of the front page and of every issue, with their last change."""
    newest = max((_last_change(page) for page in pages), default="")
    urls = [_sitemap_url(home, newest), *(_sitemap_url(page.url, _last_change(page)) for page in pages)]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{''.join(urls)}</urlset>\n".encode()


def robots_txt(home: str | None) -> bytes:
    """Return a robots.txt that allows everything and names the sitemap, if the archive has a URL."""
    line = f"Sitemap: {home}sitemap.xml\n" if home else ""
    return f"User-agent: *\nAllow: /\n{line}".encode()


def _with_hero(page: IssuePage) -> str:
    if page.hero is None or not page.hero.src:
        return page.body
    return f'<p><img src="{escape(page.hero.src)}" alt="{escape(page.hero.alt)}"></p>\n{page.body}'


def _with_absolute_urls(body: str, base: str) -> str:
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
    except ValueError:  # not a URL, such as http://[
        return link


def _tag_authority(settings: Settings, home: str) -> str:
    """Return what a tag URI (RFC 4151) begins with: the default list's identifier, else the site's host."""
    lists = settings.lists
    name = settings.publication.default_list
    chosen = lists.get(name) if name else next(iter(lists.values()), None)
    return chosen.list_id.lower() if chosen else urlsplit(home).hostname or "archive.invalid"


def _xml_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)


def _last_change(page: IssuePage) -> str:
    """Return the day on which the issue or its last comment appeared."""
    return max([page.date, *(threaded.comment.date for threaded in page.comments)]).date().isoformat()


def _sitemap_url(url: str, day: str) -> str:
    return f"<url><loc>{escape_xml(url)}</loc><lastmod>{day}</lastmod></url>\n"
