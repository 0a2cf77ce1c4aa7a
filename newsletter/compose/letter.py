"""Composing: an issue becomes an edition for a list, and an article for the archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from newsletter.compose.blocks import Block, Shown
from newsletter.compose.cards import CardBox, without_cards
from newsletter.compose.days import written_day
from newsletter.compose.edition import Edition, Variant
from newsletter.compose.layout import Templates, mail_only, make_html, rows
from newsletter.compose.merge import Part
from newsletter.compose.parts import AskedSegment, Parts, find_parts, own_segment
from newsletter.compose.phrase import Phrases
from newsletter.compose.phrases import direction_of, phrases_for
from newsletter.compose.pictures import Album, Picture
from newsletter.compose.places import page_url
from newsletter.compose.plaintext import Frame, make_letter, make_text
from newsletter.compose.reading import read_text
from newsletter.compose.semantic import about, figure, semantic
from newsletter.compose.tags import Tags
from newsletter.compose.theme import make_theme
from newsletter.compose.typeface import typeface_for
from newsletter.errors import EditFile
from newsletter.finding import Finding, Level
from newsletter.settings import Settings
from newsletter.writing import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An edition, and what was found while composing it."""

    edition: Edition
    findings: tuple[Finding, ...]
    segment: AskedSegment | None = None
    """Whom the issue itself says it goes to; None for the whole list."""
    parts: tuple[AskedSegment, ...] = ()
    """The segments that it has parts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An issue's text for the web: semantic, sanitised HTML without slots, without title and hero."""

    html: str
    text: str
    hero: Shown | None
    pictures: tuple[Picture, ...]
    """What the page shows, by the name it uses."""
    findings: tuple[Finding, ...]


def compose(issue: Issue, list_name: str, settings: Settings) -> Composed:
    """Compose `issue` for a list; EditFile when it is empty or a template is at fault.

    With parts for some readers only, it is composed once for each way to be in some of its segments.
    """
    parts = find_parts(issue, settings)
    album = Album(settings, issue)
    templates = Templates(settings)
    template, findings = _template(issue, templates)
    press = _Press(list_name, settings, album, templates, template)
    everybody = press.letter(parts.issue_for_all())
    letters = (
        [press.letter(parts.issue_for(inside)) for inside in _ways(parts.segments)] if parts.found else [everybody]
    )
    if all(letter.is_empty for letter in letters):
        raise _empty(issue)
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
        *_nothing_for_some(issue, parts, letters),
        *album.findings,
    )
    return Composed(edition=edition, findings=tuple(dict.fromkeys(found)), segment=segment, parts=parts.asked)


def article(issue: Issue, settings: Settings) -> Article:
    """Return the issue for the web; EditFile when it is empty."""
    parts = find_parts(issue, settings)
    tags = Tags(issue.body, issue.title, issue.hero_alt)
    album = Album(settings, issue, is_article=True)
    text = read_text(parts.issue_for_all(), settings, tags, album)
    if not text.blocks:
        raise _empty(issue)
    if parts.found:  # letters fetch the pictures of every part from beside the page, which does not name them
        read_text(parts.issue_with_all(), settings, Tags(issue.body), album)
    _logos(settings, album)  # the letter's, kept where the page's pictures are
    return Article(
        html=tags.defaulted_markup(semantic(text.blocks, phrases_for(issue.language))),
        text=tags.defaulted(make_text(text.blocks, phrases_for(issue.language))),
        hero=_hero(issue, album),
        pictures=album.pictures,
        findings=(*issue.findings, *text.findings, *album.findings),
    )


def read_cards(issue: Issue, settings: Settings) -> tuple[tuple[CardBox, ...], tuple[object, ...]]:
    """Return the cards of an issue as they were written, and all else that it says, to be compared."""
    tags = Tags()
    whole = find_parts(issue, settings).issue_with_all()
    text = read_text(whole, settings, tags, Album(settings, issue, is_article=True))
    boxes = tuple(replace(box, href=tags.reveal(box.href)) for box in text.cards)
    return boxes, without_cards(text.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """One rendition of an issue."""

    tags: Tags
    is_empty: bool
    html: Part
    text: Part
    web: str
    findings: tuple[Finding, ...]

    @property
    def parts(self) -> dict[str, Part]:
        return {"html": self.html, "text": self.text}


@dataclass(frozen=True, slots=True)
class _Press:
    """What all renditions of an issue have in common."""

    list_name: str
    settings: Settings
    album: Album
    templates: Templates
    template: str

    def letter(self, issue: Issue) -> _Letter:
        settings = self.settings
        own_words = (
            settings.publication.model_dump_json(),
            settings.list_named(self.list_name).model_dump_json(),
        )
        tags = Tags(issue.body, issue.title, issue.subject, issue.preheader, issue.hero_alt, *own_words)
        text = read_text(issue, settings, tags, self.album)
        letter = _around(issue, self.list_name, settings, tags, self.album)
        values = _values(letter, text.blocks, issue, settings, tags)
        html = make_html(self.templates, self.template, values, tags)
        return _Letter(
            tags=tags,
            is_empty=not text.blocks,
            html=tags.cut_markup(html.letter),
            text=tags.cut(make_letter(text.blocks, phrases_for(issue.language), _frame(letter))),
            web=tags.defaulted_markup(html.web),
            findings=text.findings,
        )


def _ways(segments: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """Yield every way to be in some of the segments, by the number of its variant; first, to be in none."""
    for number in range(1 << len(segments)):
        yield frozenset(segment for place, segment in enumerate(segments) if number >> place & 1)


def _nothing_for_some(issue: Issue, parts: Parts, letters: Sequence[_Letter]) -> list[Finding]:
    if not letters[0].is_empty:
        return []
    message = "readers who are in none of its segments get a letter without a text"
    remedy = "Say 'segment:' in the front matter, or write something for them too"
    line = parts.asked[0].line if parts.asked else None
    return [Finding(rule="part", level=Level.WARNING, file=issue.file, line=line, message=message, remedy=remedy)]


def _empty(issue: Issue) -> EditFile:
    message = "nothing is left of this issue's text that could be read"
    finding = Finding(
        rule="empty",
        level=Level.ERROR,
        file=issue.file,
        line=issue.body_line,
        message=message,
        remedy="Write something",
    )
    return EditFile([finding])


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


def _hero(issue: Issue, album: Album) -> Shown | None:
    return album.show(issue.hero, issue.hero_alt or issue.title, 1, room=album.page) if issue.hero else None


def _logos(settings: Settings, album: Album) -> dict[str, Shown | None]:
    """Return the logo, and the one for the dark; None for what the author has not."""
    look = settings.theme
    alt = look.logo_alt or settings.publication.title
    paths = {"light": look.logo, "dark": look.logo_dark if look.logo else ""}
    return {
        name: album.show(f"/{path}", alt, 1, width=look.logo_width, room=look.width) if path else None
        for name, path in paths.items()
    }


def _around(issue: Issue, list_name: str, settings: Settings, tags: Tags, album: Album) -> dict[str, Any]:
    """Return what stands around the text; merge tags in it are words of `tags`."""
    words = phrases_for(issue.language)
    mailing_list, publication = settings.list_named(list_name), settings.publication
    direction = direction_of(issue.language)
    url = page_url(settings, issue.slug.text)
    is_own_language = issue.language.split("-")[0].lower() == publication.language.split("-")[0].lower()
    reason = mailing_list.description if is_own_language else ""
    return {
        "title": tags.admit(issue.title),
        "preheader": tags.admit(issue.preheader),
        "language": issue.language,
        "dir": direction.dir,
        "start": direction.start,
        "end": direction.end,
        "authors": ", ".join(issue.authors) or publication.author,
        "day": written_day(issue.date, words),
        "url": url if url.startswith("http") else "",
        "hero": _hero(issue, album),
        "logos": _logos(settings, album),
        "masthead": mailing_list.title,
        "because": words.because.format(reason=reason or words.subscribed.format(title=mailing_list.title)),
        "postal_address": mailing_list.postal_address or publication.postal_address,
        "invitation": _invitation(issue, settings, words),
        "links": {"unsubscribe": tags.place("links.unsubscribe"), "reply": tags.place("links.reply")},
    }


def _invitation(issue: Issue, settings: Settings, words: Phrases) -> str:
    """Return what the letter promises about answers, which is what will be done with them.

    Without a reply address of our own, answers reach the list's From and are not collected: none is published.
    """
    replies = settings.replies
    if replies.publish == "never" or not (replies.domain or replies.address) or issue.reply_to:
        return words.answer
    if not issue.comments_open:
        return words.answer_closed
    return words.answer_asked if replies.publish == "ask" else words.answer_reviewed


def _values(
    letter: dict[str, Any], blocks: tuple[Block, ...], issue: Issue, settings: Settings, tags: Tags
) -> dict[str, Any]:
    """Return what the templates may use."""
    begin, end = mail_only(tags)
    words = phrases_for(issue.language)
    return {
        "letter": {**letter, "rows": rows(blocks)},
        "publication": settings.publication,
        "words": words,
        "theme": make_theme(settings.publication.accent, settings.theme),
        "type": typeface_for(issue.language, settings.theme),
        "mail": {"begin": begin, "end": end},
        "semantic": lambda inner: Markup(semantic(inner, words)),  # noqa: S704 - blocks are sanitised
        "figure": lambda shown, **how: Markup(figure(shown, is_mail=True, **how)),  # noqa: S704 - escaped there
        "about": lambda card: Markup(about(card)),  # noqa: S704 - escaped where it is made
    }


def _frame(letter: dict[str, Any]) -> Frame:
    names = ("masthead", "title", "invitation", "because", "postal_address")
    return Frame(
        **{name: letter[name] for name in names},
        byline=" · ".join(part for part in (letter["authors"], letter["day"]) if part),
        view_online=letter["url"],
        unsubscribe=letter["links"]["unsubscribe"],
    )
