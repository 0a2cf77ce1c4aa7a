"""Composing: an issue becomes an edition for a list, and an article for the archive."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from newsletter.compose.article import figure, semantic
from newsletter.compose.blocks import Shown
from newsletter.compose.edition import Edition
from newsletter.compose.layout import Templates, make_html, rows
from newsletter.compose.phrases import Phrases, phrases_for
from newsletter.compose.pictures import PAGE, Album, Picture
from newsletter.compose.places import page_url
from newsletter.compose.plaintext import make_text
from newsletter.compose.reading import Text, read_text
from newsletter.compose.tags import Tags
from newsletter.compose.theme import make_theme, typeface_for
from newsletter.errors import EditFile
from newsletter.finding import Finding, Level
from newsletter.settings import Settings
from newsletter.writing import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An edition, and what was found while composing it."""

    edition: Edition
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An issue's text for the web: semantic, sanitised HTML without slots."""

    html: str
    text: str
    hero: Shown | None
    """The picture over the title; `html` does not repeat it."""
    pictures: tuple[Picture, ...]
    """What the page shows, by the name it uses."""
    findings: tuple[Finding, ...]


def compose(issue: Issue, list_name: str, settings: Settings) -> Composed:
    """Compose `issue` for a list; EditFile when it is empty or a template is at fault."""
    tags = Tags(issue.body, issue.title, issue.subject, issue.preheader, *_own_words(settings, list_name))
    album = Album(settings, issue)
    text = read_text(issue, settings, tags, album)
    templates = Templates(settings)
    template, findings = _template(issue, templates)
    values = _values(issue, list_name, settings, tags, text, album)
    html = _checked(tags, make_html(templates, template, values))
    web = tags.defaulted(make_html(templates, template, {**values, "is_web": True}))
    edition = Edition(
        slug=issue.slug.text,
        list_name=list_name,
        title=tags.defaulted(tags.hide(issue.title)),
        language=issue.language,
        subject=tags.cut(tags.hide(issue.subject)),
        preheader=tags.defaulted(values["letter"]["preheader"]),
        html=tags.cut_markup(html),
        text=tags.cut(make_text(text.blocks, values)),
        web=web,
    )
    return Composed(edition=edition, findings=(*issue.findings, *findings, *text.findings, *album.findings))


def article(issue: Issue, settings: Settings) -> Article:
    """Return the issue for the web; EditFile when it is empty."""
    tags = Tags(issue.body, issue.title)
    album = Album(settings, issue, is_article=True)
    text = read_text(issue, settings, tags, album)
    hero = album.show(issue.hero, issue.hero_alt or issue.title, 1) if issue.hero else None
    return Article(
        html=tags.defaulted(semantic(text.blocks)),
        text=tags.defaulted(make_text(text.blocks, {})),
        hero=hero,
        pictures=album.pictures,
        findings=(*issue.findings, *text.findings),
    )


def _own_words(settings: Settings, list_name: str) -> tuple[str, ...]:
    return (settings.publication.model_dump_json(), settings.list_named(list_name).model_dump_json())


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


def _checked(tags: Tags, html: str) -> str:
    return html


def _values(
    issue: Issue, list_name: str, settings: Settings, tags: Tags, text: Text, album: Album
) -> dict[str, Any]:
    """Return what the templates may use."""
    words = phrases_for(issue.language)
    mailing_list = settings.list_named(list_name)
    publication = settings.publication
    url = issue.canonical or page_url(settings, issue.slug.text)
    hero = album.show(issue.hero, issue.hero_alt or issue.title, 1, room=PAGE) if issue.hero else None
    letter = {
        "title": tags.hide(issue.title),
        "preheader": tags.hide(issue.preheader),
        "language": issue.language,
        "dir": "rtl" if words.is_rtl else "ltr",
        "start": "right" if words.is_rtl else "left",
        "end": "left" if words.is_rtl else "right",
        "byline": _byline(issue, settings, words),
        "url": url if url.startswith("http") else "",
        "hero": hero,
        "rows": rows(text.blocks),
        "masthead": mailing_list.title,
        "because": words.because.format(
            reason=mailing_list.description or f"you subscribed to {mailing_list.title}"
        ),
        "postal_address": mailing_list.postal_address or publication.postal_address,
        "invitation": words.after_review,
        "links": {"unsubscribe": tags.place("links.unsubscribe"), "reply": tags.place("links.reply")},
    }
    return {
        "letter": letter,
        "publication": publication,
        "words": words,
        "theme": make_theme(publication.accent),
        "is_web": False,
        "type": typeface_for(issue.language),
        "semantic": lambda blocks: Markup(semantic(blocks)),
        "figure": lambda shown: Markup(figure(shown)),
    }


def _byline(issue: Issue, settings: Settings, words: Phrases) -> str:
    authors = ", ".join(issue.authors) or settings.publication.author
    return " · ".join(part for part in (authors, _day(issue.date, words)) if part)


def _day(date: datetime | None, words: Phrases) -> str:
    if date is None:
        return ""
    return words.date.format(day=date.day, month=words.months[date.month - 1], year=date.year, number=date.month)
