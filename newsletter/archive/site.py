"""Build the static site from the author's files: every ready issue dated up to now, with its comments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from newsletter.archive.comments import ThreadedComment, thread_comments
from newsletter.archive.feeds import comment_feed, issue_feed, robots_txt, sitemap
from newsletter.archive.pages import IssuePage, SiteTemplates, with_headings_from_h2
from newsletter.compose import compose_article, issue_url, sent_pictures
from newsletter.content import Issue, Status, read_comments, read_issues
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.replies import comment_reply_address, issue_reply_address
from newsletter.settings import Settings, packaged_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A built site, and what was left out of it."""

    files: dict[str, bytes]
    """Path to content, in the order of the paths."""
    findings: tuple[Finding, ...]
    """Why an issue or a comment was left out."""
    issues: int
    """How many issues have a page."""


def build_site(settings: Settings, *, now: datetime) -> Site:
    """Build the site; the same files give the same bytes.

    An issue that cannot be composed is skipped and reported; ContentError if a site template is at fault. Pictures
    that sent emails link stay, also when their issue shows others by now or is gone.
    """
    shelf = read_issues(settings)
    findings = list(shelf.findings)
    pages: list[IssuePage] = []
    files: dict[str, bytes] = {}
    for issue in shelf.issues:
        if issue.status is not Status.READY or (issue.date is not None and issue.date > now):
            continue
        if issue.date is None:
            findings.append(_undated(issue))
            continue
        try:
            page, pictures, comment_findings = _issue_page(issue, issue.date, settings)
        except ContentError as error:
            findings.extend(error.findings)
            continue
        pages.append(page)
        files.update(pictures)
        findings.extend(comment_findings)
    files.update({name: path.read_bytes() for name, path in sent_pictures(settings).items()})
    files.update(_rendered(settings, pages))
    return Site(files=dict(sorted(files.items())), findings=tuple(findings), issues=len(pages))


def _issue_page(
    issue: Issue, date: datetime, settings: Settings
) -> tuple[IssuePage, dict[str, bytes], tuple[Finding, ...]]:
    """Return an issue's page, its pictures by their path in the site, and what is wrong with its comments."""
    article = compose_article(issue, settings)
    comments = read_comments(settings, issue.slug.text)
    page = IssuePage(
        issue=issue,
        date=date,
        url=issue_url(settings, issue.slug.text),
        body=with_headings_from_h2(article.html),
        hero=article.hero,
        comments=tuple(
            replace(threaded, reply_url=_comment_reply_url(issue, threaded, settings))
            for threaded in thread_comments(comments.comments)
        ),
        reply_url=_issue_reply_url(issue, settings),
    )
    folder = page.path.removesuffix("index.html")
    pictures = {f"{folder}{picture.name}": picture.path.read_bytes() for picture in article.pictures}
    return page, pictures, comments.findings


def _rendered(settings: Settings, pages: Sequence[IssuePage]) -> dict[str, bytes]:
    """Return every file of the site but pictures."""
    home = _home(settings)
    folders = (settings.templates / "site", packaged_path("templates") / "site")
    has_feed = bool(home and pages)  # an empty feed has no date, and feeds need absolute URLs
    has_comment_feed = has_feed and any(page.comment_count for page in pages)
    templates = SiteTemplates(settings, folders, home, has_feed=has_feed, has_comment_feed=has_comment_feed)
    files = {
        "index.html": templates.index(pages),
        "404.html": templates.not_found(),
        "robots.txt": robots_txt(home),
        templates.style_name: templates.style,
    }
    for index, page in enumerate(pages):
        newer = pages[index - 1] if index else None
        older = pages[index + 1] if index + 1 < len(pages) else None
        files[page.path] = templates.issue(page, newer, older)
    if home and has_feed:
        files["feed.xml"] = issue_feed(settings, home, pages)
        if has_comment_feed:
            files["comments.xml"] = comment_feed(settings, home, pages)
        files["sitemap.xml"] = sitemap(home, pages)
    return files


def _home(settings: Settings) -> str | None:
    """Return the URL of the archive, ending in a slash; None if the publication has none."""
    if settings.archive.url is None and settings.publication.url is None:
        return None
    return issue_url(settings, "-").removesuffix("issues/-/")


def _issue_reply_url(issue: Issue, settings: Settings) -> str | None:
    """Return the `mailto:` URL of a reply to an issue; anybody may use it, so it carries no token."""
    replies = settings.replies
    plain = replies.address or (f"r@{replies.domain}" if replies.domain else None)
    address = issue.reply_to or issue_reply_address(settings, issue.slug.text) or plain
    return _mailto(str(address), issue) if address is not None and issue.comments_open else None


def _comment_reply_url(issue: Issue, threaded: ThreadedComment, settings: Settings) -> str | None:
    """Return the `mailto:` URL of a reply to a comment; its address names the comment and nothing else."""
    comment = threaded.comment
    if issue.reply_to or not issue.comments_open or comment.is_withdrawn:
        return None
    address = comment_reply_address(settings, comment.id)
    return None if address is None else _mailto(address, issue)


def _mailto(address: str, issue: Issue) -> str:
    return f"mailto:{quote(address, safe='@+')}?subject={quote(f'Re: {issue.title}', safe='')}"


def _undated(issue: Issue) -> Finding:
    return Finding(
        rule="date",
        level=Level.WARNING,
        file=issue.file,
        message="is ready but has no date, so it is not in the archive",
        remedy="Write 'date: YYYY-MM-DD' into its front matter",
    )
