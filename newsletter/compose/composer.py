"""Composing: an issue becomes an edition for a list, and an article for the archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from newsletter.compose.blocks import Image
from newsletter.compose.edition import Edition, Variant
from newsletter.compose.html.mjml import Templates
from newsletter.compose.html.semantic_html import semantic
from newsletter.compose.images.resolver import Album, Picture
from newsletter.compose.markdown.audience_parts import AudienceParts, SegmentReference, find_audience_parts, own_segment
from newsletter.compose.markdown.block_reader import read_text
from newsletter.compose.markdown.directives import CardDirective, without_cards
from newsletter.compose.merge_tags import Tags
from newsletter.compose.rendition import Press, Rendition, hero_of, logos_of
from newsletter.compose.text.plain_text import make_text
from newsletter.content import Issue
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.locales import translations_for
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """An edition, and what was found while composing it."""

    edition: Edition
    findings: tuple[Finding, ...]
    segment: SegmentReference | None = None
    """Whom the issue itself says it goes to; None for the whole list."""
    part_segments: tuple[SegmentReference, ...] = ()
    """The segments that it has parts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An issue's text for the web: semantic, sanitised HTML without slots, without title and hero."""

    html: str
    text: str
    hero: Image | None
    pictures: tuple[Picture, ...]
    """What the page shows, by the name it uses."""
    findings: tuple[Finding, ...]


def compose(issue: Issue, list_name: str, settings: Settings) -> Composition:
    """Compose `issue` for a list; ContentError when it is empty or a template is at fault.

    With parts for some readers only, it is composed once for each way to be in some of its segments.
    """
    parts = find_audience_parts(issue, settings)
    album = Album(settings, issue)
    templates = Templates(settings)
    template, findings = _template(issue, templates)
    press = Press(list_name, settings, album, templates, template, parts.notes)
    public = parts.issue_for_all()
    everybody = press.letter(public)
    letters = [
        everybody if theirs.body == public.body else press.letter(theirs)
        for theirs in (parts.issue_for(inside) for inside in _ways(parts.segments))
    ]
    if all(letter.is_empty for letter in letters):
        raise _empty(issue, parts)
    tags = everybody.tags
    edition = Edition(
        slug=issue.slug.text,
        list_name=list_name,
        title=tags.defaulted(tags.admit(issue.title)),
        language=issue.language,
        subject=tags.cut(tags.admit(issue.subject)),
        preheader=tags.defaulted(tags.admit(issue.preheader)),
        html=letters[0].html,
        text=letters[0].text,
        web=everybody.web,
        reply_to=issue.reply_to or "",
        segments=parts.segments,
        variants=tuple(
            Variant(number=number, inside=tuple(each for each in parts.segments if each in inside), **letter.parts)
            for number, (inside, letter) in enumerate(zip(_ways(parts.segments), letters, strict=True))
            if number
        ),
    )
    segment, wrong = own_segment(issue, settings)
    found = (
        *issue.findings,
        *findings,
        *wrong,
        *parts.findings,
        *_foreign_tags(issue, tags),
        *(finding for letter in (everybody, *letters) for finding in letter.findings),
        *(() if segment and segment.expression in parts.segments else _nothing_for_some(issue, parts, letters)),
        *album.findings,
    )
    return Composition(
        edition=edition, findings=tuple(dict.fromkeys(found)), segment=segment, part_segments=parts.asked
    )


def compose_article(issue: Issue, settings: Settings) -> Article:
    """Return the issue for the web; ContentError when it is empty."""
    parts = find_audience_parts(issue, settings)
    tags = Tags(issue.body, issue.title, issue.hero_alt)
    album = Album(settings, issue, is_article=True)
    text = read_text(parts.issue_for_all(), settings, tags, album, parts.notes)
    if not text.blocks:
        raise _empty(issue, parts)
    if parts.found:  # letters fetch the pictures of every part from beside the page, which does not name them
        read_text(parts.issue_with_all(), settings, Tags(issue.body), album)
    logos_of(settings, album)  # the letter's, kept where the page's pictures are
    translations = translations_for(issue.language, own=settings.locales)
    return Article(
        html=tags.defaulted_markup(semantic(text.blocks, translations)),
        text=tags.defaulted(make_text(text.blocks, translations)),
        hero=hero_of(issue, album),
        pictures=album.pictures,
        findings=(*issue.findings, *text.findings, *album.findings),
    )


def read_card_directives(issue: Issue, settings: Settings) -> tuple[tuple[CardDirective, ...], tuple[object, ...]]:
    """Return the cards of an issue as they were written, and all else that it says, to be compared."""
    tags = Tags()
    whole = find_audience_parts(issue, settings).issue_with_all()
    text = read_text(whole, settings, tags, Album(settings, issue, is_article=True))
    boxes = tuple(replace(box, href=tags.reveal(box.href)) for box in text.cards)
    return boxes, without_cards(text.blocks)


def _ways(segments: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """Yield every way to be in some of the segments, by the number of its variant; first, to be in none."""
    for number in range(1 << len(segments)):
        yield frozenset(segment for place, segment in enumerate(segments) if number >> place & 1)


def _nothing_for_some(issue: Issue, parts: AudienceParts, letters: Sequence[Rendition]) -> list[Finding]:
    if not letters[0].is_empty:
        return []
    message = "readers who are in none of its segments get a letter without a text"
    remedy = "Say 'segment:' in the front matter, or write something for them too"
    line = parts.asked[0].line if parts.asked else None
    return [Finding(rule="part", level=Level.WARNING, file=issue.file, line=line, message=message, remedy=remedy)]


def _empty(issue: Issue, parts: AudienceParts) -> ContentError:
    message = "nothing is left of this issue's text that could be read"
    if parts.found:
        message = "nothing of this issue's text is for everybody, so there is nothing to show"
    finding = Finding(
        rule="empty",
        level=Level.ERROR,
        file=issue.file,
        line=issue.body_line,
        message=message,
        remedy="Write something" if not parts.found else "Write something for everybody",
    )
    return ContentError([finding])


def _template(issue: Issue, templates: Templates) -> tuple[str, list[Finding]]:
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


def _foreign_tags(issue: Issue, tags: Tags) -> list[Finding]:
    """Say which tags of title, subject and preheader are none of ours."""
    fields = {"title": issue.title, "subject": issue.subject, "preheader": issue.preheader}
    return [
        Finding(
            rule="tag",
            level=Level.WARNING,
            file=issue.file,
            message=f"unknown tag '{source[:60]}' in the {name} stays as it is written",
        )
        for name, text in fields.items()
        for source in tags.unknown_in(tags.hide(text))
        if name == "title" or text != issue.title
    ]
