"""What search engines ask for: robots.txt (RFC 9309) and sitemap.xml (sitemaps.org, 0.9)."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from newsletter.archive.entry import Entry


def robots(home: str | None) -> bytes:
    """Return a robots.txt that lets everybody in and names the sitemap, if there can be one."""
    line = f"Sitemap: {home}sitemap.xml\n" if home else ""
    return f"User-agent: *\nAllow: /\n{line}".encode()


def sitemap(home: str, entries: Sequence[Entry]) -> bytes:
    """Return the addresses of the front page and of every issue."""
    newest = max((_changed(entry) for entry in entries), default="")
    urls = [_url(home, newest), *(_url(entry.url, _changed(entry)) for entry in entries)]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{''.join(urls)}</urlset>\n".encode()


def _changed(entry: Entry) -> str:
    """Return the day on which the issue or its last comment appeared."""
    return max([entry.date, *(threaded.comment.date for threaded in entry.comments)]).date().isoformat()


def _url(address: str, day: str) -> str:
    return f"<url><loc>{escape(address)}</loc><lastmod>{day}</lastmod></url>\n"
