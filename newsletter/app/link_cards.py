"""Link cards: fill the cards of issues from the pages they link to, and make new ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter import link_cards
from newsletter.app.publication import Publication
from newsletter.content import Status, read_issue, read_issues
from newsletter.errors import ContentError, NewsletterError, UsageError
from newsletter.finding import Finding
from newsletter.link_cards import CardResult, FetchError, HttpClient, fill_cards


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """The Markdown of a card, to be pasted into an issue."""

    markdown: str
    picture: Path | None
    warnings: tuple[str, ...]


def fetch_cards(
    publication: Publication,
    issue_name: str | None = None,
    *,
    replaces: bool = False,
    is_dry_run: bool = False,
    allowed_hosts: Sequence[str] = (),
) -> Iterator[CardResult | Finding]:
    """Fetch title, text and picture for each card that lacks them, and write them into the issue, else every draft.

    Yields each card that lacked something, and findings for pages that cannot be fetched. With `replaces`, what is
    there is replaced too. Only public addresses are fetched from, and `allowed_hosts`.
    """
    settings = publication.settings
    if issue_name is not None:
        issues = [read_issue(settings, issue_name)]
    else:
        issues = [issue for issue in read_issues(settings).issues if issue.status is Status.DRAFT]
        if not issues:
            raise UsageError("there is no draft. Name an issue: newsletter cards fetch ISSUE")
    web = HttpClient(allowed=allowed_hosts)
    for issue in issues:
        try:
            for card in fill_cards(settings, issue, web, is_forced=replaces, is_dry_run=is_dry_run):
                yield card
                if card.finding is not None:
                    yield card.finding
        except ContentError as refusal:
            yield from refusal.findings


def make_card(
    publication: Publication, url: str, issue_name: str | None = None, *, allowed_hosts: Sequence[str] = ()
) -> NewCard:
    """Make a card for a page; its picture is put beside the issue, if one is named. NewsletterError without a card."""
    settings = publication.settings
    issue = read_issue(settings, issue_name) if issue_name is not None else None
    folder = issue.folder if issue is not None else None
    stem = f"{issue.slug}-" if issue is not None and folder == settings.issues else ""
    try:
        markdown, picture, clipping = link_cards.make_card(url, folder, HttpClient(allowed=allowed_hosts), stem=stem)
    except FetchError as fault:
        raise NewsletterError(f"no card for {url[:100]}: {fault}") from fault
    return NewCard(markdown=markdown, picture=picture, warnings=tuple(clipping.problems))
