"""Builds the site from the author's files: every ready issue dated up to now, with its comments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from newsletter.archive.comment_feed import comment_feed
from newsletter.archive.entry import Entry
from newsletter.archive.feed import atom_feed
from newsletter.archive.outline import ranked
from newsletter.archive.pages import Pages
from newsletter.archive.sitemap import robots, sitemap
from newsletter.archive.threads import Threaded, thread
from newsletter.compose import compose_article, issue_url, sent_pictures
from newsletter.content import Issue, Status, read_comments, read_issues
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.replies import comment_reply_address, issue_reply_address
from newsletter.settings import Settings, packaged_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A whole site, and what was left out of it."""

    files: dict[str, bytes]
    """Path to content, in the order of the paths."""
    findings: tuple[Finding, ...]
    """Why an issue or a comment is not there."""
    issues: int
    """How many issues have a page."""


def build_site(settings: Settings, *, now: datetime) -> Site:
    """Build the site; the same files give the same bytes.

    An issue that is refused is skipped and named; ContentError if a site template is at fault. What letters that have
    left link stays, also when its issue shows other pictures by now or is gone.
    """
    shelf = read_issues(settings)
    findings = list(shelf.findings)
    entries: list[Entry] = []
    files: dict[str, bytes] = {}
    for issue in shelf.issues:
        if issue.status is not Status.READY or (issue.date is not None and issue.date > now):
            continue
        if issue.date is None:
            findings.append(_undated(issue))
            continue
        try:
            entry, pictures, broken_comments = _enter(issue, issue.date, settings)
        except ContentError as refusal:
            findings.extend(refusal.findings)
            continue
        entries.append(entry)
        files.update(pictures)
        findings.extend(broken_comments)
    files.update({path: kept.read_bytes() for path, kept in sent_pictures(settings).items()})
    files.update(_pages(settings, entries))
    return Site(files=dict(sorted(files.items())), findings=tuple(findings), issues=len(entries))


def _enter(issue: Issue, date: datetime, settings: Settings) -> tuple[Entry, dict[str, bytes], tuple[Finding, ...]]:
    """Return an issue's entry, its pictures by their path in the site, and its broken comments."""
    composed = compose_article(issue, settings)
    comments = read_comments(settings, issue.slug.text)
    entry = Entry(
        issue=issue,
        date=date,
        url=issue_url(settings, issue.slug.text),
        body=ranked(composed.html),
        hero=composed.hero,
        comments=tuple(
            replace(one, answer_to=_answer_to_comment(issue, one, settings)) for one in thread(comments.comments)
        ),
        answer_to=_answer_to(issue, settings),
    )
    folder = entry.path.removesuffix("index.html")
    pictures = {f"{folder}{picture.name}": picture.path.read_bytes() for picture in composed.pictures}
    return entry, pictures, comments.findings


def _pages(settings: Settings, entries: Sequence[Entry]) -> dict[str, bytes]:
    home = _home(settings)
    folders = (settings.templates / "site", packaged_path("templates") / "site")
    has_feed = bool(home and entries)  # a feed of nothing has no date, and none knows relative addresses
    has_comment_feed = has_feed and any(entry.answers for entry in entries)
    pages = Pages(settings, folders, home, has_feed=has_feed, has_comment_feed=has_comment_feed)
    files = {
        "index.html": pages.index(entries),
        "404.html": pages.missing(),
        "robots.txt": robots(home),
        pages.style_name: pages.style,
    }
    for index, entry in enumerate(entries):
        newer = entries[index - 1] if index else None
        older = entries[index + 1] if index + 1 < len(entries) else None
        files[entry.path] = pages.issue(entry, newer, older)
    if home and has_feed:
        files["feed.xml"] = atom_feed(settings, home, entries)
        if has_comment_feed:
            files["comments.xml"] = comment_feed(settings, home, entries)
        files["sitemap.xml"] = sitemap(home, entries)
    return files


def _home(settings: Settings) -> str | None:
    """Return the URL of the archive, ending in a slash; None if the publication has none."""
    if settings.archive.url is None and settings.publication.url is None:
        return None
    return issue_url(settings, "-").removesuffix("issues/-/")


def _answer_to(issue: Issue, settings: Settings) -> str | None:
    """Return the `mailto:` URL of an answer; it is nobody's own, so that it carries no token."""
    replies = settings.replies
    plain = replies.address or (f"r@{replies.domain}" if replies.domain else None)
    address = issue.reply_to or issue_reply_address(settings, issue.slug.text) or plain
    return _mail_to(str(address), issue) if address is not None and issue.comments_open else None


def _answer_to_comment(issue: Issue, threaded: Threaded, settings: Settings) -> str | None:
    """Return the `mailto:` URL of an answer to stand under a comment; its address names that, and no more."""
    comment = threaded.comment
    if issue.reply_to or not issue.comments_open or comment.is_withdrawn:
        return None
    address = comment_reply_address(settings, comment.id)
    return None if address is None else _mail_to(address, issue)


def _mail_to(address: str, issue: Issue) -> str:
    return f"mailto:{quote(address, safe='@+')}?subject={quote(f'Re: {issue.title}', safe='')}"


def _undated(issue: Issue) -> Finding:
    return Finding(
        rule="date",
        level=Level.WARNING,
        file=issue.file,
        message="is ready but has no date, so it is not in the archive",
        remedy="Write 'date: YYYY-MM-DD' into its front matter",
    )
