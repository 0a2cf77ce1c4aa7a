"""Composes issues: an issue becomes an edition for a list, and an article for the archive.

An issue with parts for some readers only is composed once for each combination of their segments. Nothing is fetched
from the network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from newsletter.compose.blocks import Image
from newsletter.compose.edition import Edition, Variant
from newsletter.compose.html.mjml import Templates
from newsletter.compose.html.semantic_html import semantic_html
from newsletter.compose.images.resolver import Picture, PictureResolver
from newsletter.compose.markdown.audience_parts import (
    AudienceParts,
    IssueSegment,
    find_audience_parts,
    issue_segment,
)
from newsletter.compose.markdown.block_reader import read_body
from newsletter.compose.markdown.directives import CardDirective, without_cards
from newsletter.compose.merge_tags import Placeholders
from newsletter.compose.rendition import MessageRenderer, Rendition, hero_image, logo_images
from newsletter.compose.text.plain_text import render_plain_text
from newsletter.content import Issue
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.locales import translations_for
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """An edition, and the findings made while composing it."""

    edition: Edition
    findings: tuple[Finding, ...]
    segment: IssueSegment | None = None
    """The segment that the issue itself is addressed to; None for the whole list."""
    part_segments: tuple[IssueSegment, ...] = ()
    """The segments that the issue has parts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An issue for the web: semantic, sanitised HTML without merge tags, title and hero."""

    html: str
    text: str
    hero: Image | None
    pictures: tuple[Picture, ...]
    """The pictures of the page, by the names it uses."""
    findings: tuple[Finding, ...]


def compose(issue: Issue, list_name: str, settings: Settings) -> Composition:
    """Compose an issue for a list; ContentError if it is empty or a template is at fault."""
    parts = find_audience_parts(issue, settings)
    resolver = PictureResolver(settings, issue)
    templates = Templates(settings)
    template, template_findings = _choose_template(issue, templates)
    renderer = MessageRenderer(list_name, settings, resolver, templates, template, parts.footnotes)
    public_issue = parts.issue_for_all()
    public = renderer.render(public_issue)
    combinations = list(_combinations(parts.segments))
    renditions = [
        public if own_issue.body == public_issue.body else renderer.render(own_issue)
        for own_issue in (parts.issue_for(inside) for inside in combinations)
    ]
    if all(rendition.is_empty for rendition in renditions):
        raise _empty(issue, parts)
    placeholders = public.placeholders
    edition = Edition(
        slug=issue.slug.text,
        list_name=list_name,
        title=placeholders.with_defaults(placeholders.protect_line(issue.title)),
        language=issue.language,
        subject=placeholders.split_text(placeholders.protect_line(issue.subject)),
        preheader=placeholders.with_defaults(placeholders.protect_line(issue.preheader)),
        html=renditions[0].html,
        text=renditions[0].text,
        web=public.web,
        reply_to=issue.reply_to or "",
        segments=parts.segments,
        variants=tuple(
            Variant(
                number=number,
                inside=tuple(segment for segment in parts.segments if segment in inside),
                html=rendition.html,
                text=rendition.text,
            )
            for number, (inside, rendition) in enumerate(zip(combinations, renditions, strict=True))
            if number
        ),
    )
    segment, segment_findings = issue_segment(issue, settings)
    is_for_part_segment = segment is not None and segment.expression in parts.segments
    findings = (
        *issue.findings,
        *template_findings,
        *segment_findings,
        *parts.findings,
        *_unknown_tags(issue, placeholders),
        *(finding for rendition in (public, *renditions) for finding in rendition.findings),
        *(() if is_for_part_segment else _empty_for_others(issue, parts, renditions)),
        *resolver.findings,
    )
    return Composition(
        edition=edition,
        findings=tuple(dict.fromkeys(findings)),
        segment=segment,
        part_segments=parts.segment_references,
    )


def compose_article(issue: Issue, settings: Settings) -> Article:
    """Compose an issue as a web page; ContentError if it is empty."""
    parts = find_audience_parts(issue, settings)
    placeholders = Placeholders(issue.body, issue.title, issue.hero_alt)
    resolver = PictureResolver(settings, issue, is_article=True)
    body = read_body(parts.issue_for_all(), settings, placeholders, resolver, parts.footnotes)
    if not body.blocks:
        raise _empty(issue, parts)
    if parts.parts:  # emails link to the pictures of every part beside the page, though the page does not show them
        read_body(parts.issue_with_all(), settings, Placeholders(issue.body), resolver)
    logo_images(settings, resolver)  # the logos of emails are kept where the page's pictures are
    translations = translations_for(issue.language, own=settings.locales)
    return Article(
        html=placeholders.with_defaults_in_html(semantic_html(body.blocks, translations)),
        text=placeholders.with_defaults(render_plain_text(body.blocks, translations)),
        hero=hero_image(issue, resolver),
        pictures=resolver.pictures,
        findings=(*issue.findings, *body.findings, *resolver.findings),
    )


def read_card_directives(issue: Issue, settings: Settings) -> tuple[tuple[CardDirective, ...], tuple[object, ...]]:
    """Return the cards of an issue as written, and a comparable form of everything else in it."""
    placeholders = Placeholders()
    whole = find_audience_parts(issue, settings).issue_with_all()
    body = read_body(whole, settings, placeholders, PictureResolver(settings, issue, is_article=True))
    cards = tuple(replace(card, href=placeholders.restore(card.href)) for card in body.cards)
    return cards, without_cards(body.blocks)


def _combinations(segments: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """Yield every combination of segments in the order of variant numbers; the empty one first."""
    for number in range(1 << len(segments)):
        yield frozenset(segment for bit, segment in enumerate(segments) if number >> bit & 1)


def _empty_for_others(issue: Issue, parts: AudienceParts, renditions: Sequence[Rendition]) -> list[Finding]:
    """Return a warning if readers who are in no segment get an email without text."""
    if not renditions[0].is_empty:
        return []
    message = "readers who are in none of its segments get an email without text"
    remedy = "Set 'segment' in the front matter, or write something for them too"
    line = parts.segment_references[0].line if parts.segment_references else None
    return [Finding(rule="part", level=Level.WARNING, file=issue.file, line=line, message=message, remedy=remedy)]


def _empty(issue: Issue, parts: AudienceParts) -> ContentError:
    message = "this issue has no text that could be shown"
    if parts.parts:
        message = "nothing in this issue is for everybody, so its web page would be empty"
    finding = Finding(
        rule="empty",
        level=Level.ERROR,
        file=issue.file,
        line=issue.body_line,
        message=message,
        remedy="Write something" if not parts.parts else "Write something for everybody",
    )
    return ContentError([finding])


def _choose_template(issue: Issue, templates: Templates) -> tuple[str, list[Finding]]:
    if templates.has(issue.template):
        return issue.template, []
    finding = Finding(
        rule="template",
        level=Level.WARNING,
        file=issue.file,
        message=f"there is no template '{issue.template[:40]}'",
        remedy="The template 'letter' was used",
    )
    return "letter", [finding]


def _unknown_tags(issue: Issue, placeholders: Placeholders) -> list[Finding]:
    """Return a warning for each unknown tag in title, subject and preheader."""
    fields = {"title": issue.title, "subject": issue.subject, "preheader": issue.preheader}
    return [
        Finding(
            rule="tag",
            level=Level.WARNING,
            file=issue.file,
            message=f"unknown tag '{source[:60]}' in the {name} is left as it is",
        )
        for name, text in fields.items()
        for source in placeholders.unknown_tags(placeholders.protect(text))
        if name == "title" or text != issue.title
    ]
