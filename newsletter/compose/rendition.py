"""Renditions: an issue's letter as one kind of reader gets it, and what stands around its text."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from newsletter.compose.blocks import Block, Image
from newsletter.compose.fixed_text import callout_label, closed_invitation, reply_invitation, subscription_reason
from newsletter.compose.html.mjml import Templates, mail_only, make_html, rows
from newsletter.compose.html.semantic_html import about, figure, semantic
from newsletter.compose.images.resolver import Album
from newsletter.compose.markdown.block_reader import read_text
from newsletter.compose.merge_tags import MergeText, Tags
from newsletter.compose.text.plain_text import Frame, make_letter
from newsletter.compose.theme import make_theme
from newsletter.compose.typeface import typeface_for
from newsletter.compose.urls import issue_url
from newsletter.content import Issue
from newsletter.finding import Finding
from newsletter.locales import Translations, direction_of, primary, translations_for
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One letter of an issue."""

    tags: Tags
    is_empty: bool
    html: MergeText
    text: MergeText
    web: str
    findings: tuple[Finding, ...]

    @property
    def parts(self) -> dict[str, MergeText]:
        """HTML and text, by their names in an edition."""
        return {"html": self.html, "text": self.text}


@dataclass(frozen=True, slots=True)
class Press:
    """What all renditions of an issue have in common."""

    list_name: str
    settings: Settings
    album: Album
    templates: Templates
    template: str
    notes_of_parts: dict[str, int]

    def letter(self, issue: Issue) -> Rendition:
        """Compose an issue, of which nothing is left but what this reader gets."""
        settings = self.settings
        own_words = (
            settings.publication.model_dump_json(),
            settings.list_named(self.list_name).model_dump_json(),
        )
        tags = Tags(issue.body, issue.title, issue.subject, issue.preheader, issue.hero_alt, *own_words)
        text = read_text(issue, settings, tags, self.album, self.notes_of_parts)
        letter = _around(issue, self.list_name, settings, tags, self.album)
        values = _values(letter, text.blocks, issue, settings, tags)
        html = make_html(self.templates, self.template, values, tags)
        translations = translations_for(issue.language, own=settings.locales)
        return Rendition(
            tags=tags,
            is_empty=not text.blocks,
            html=tags.cut_markup(html.letter),
            text=tags.cut(make_letter(text.blocks, translations, _frame(letter))),
            web=tags.defaulted_markup(html.web),
            findings=text.findings,
        )


def hero_of(issue: Issue, album: Album) -> Image | None:
    """Return the picture under the title, if there is one."""
    return album.show(issue.hero, issue.hero_alt or issue.title, 1, room=album.page) if issue.hero else None


def logos_of(settings: Settings, album: Album) -> dict[str, Image | None]:
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
    translations = translations_for(issue.language, own=settings.locales)
    mailing_list, publication = settings.list_named(list_name), settings.publication
    direction = direction_of(issue.language)
    page = issue_url(settings, issue.slug.text)
    has_door = settings.web.url is not None
    url = page if page.startswith("http") else tags.place("links.view") if has_door else ""
    is_own_language = primary(issue.language) == primary(publication.language)
    reason = mailing_list.description if is_own_language else ""
    return {
        "title": tags.admit(issue.title),
        "preheader": tags.admit(issue.preheader),
        "language": issue.language,
        "dir": direction.dir,
        "start": direction.start,
        "end": direction.end,
        "authors": ", ".join(issue.authors) or publication.author,
        "day": translations.day(issue.date),
        "url": url,
        "hero": hero_of(issue, album),
        "logos": logos_of(settings, album),
        "masthead": mailing_list.title,
        "because": subscription_reason(reason, mailing_list.title, translations),
        "postal_address": mailing_list.postal_address or publication.postal_address,
        "invitation": _invitation(issue, settings, translations),
        "links": {
            "unsubscribe": tags.place("links.unsubscribe"),
            "preferences": tags.place("links.preferences") if has_door else "",
            "reply": tags.place("links.reply"),
        },
    }


def _invitation(issue: Issue, settings: Settings, translations: Translations) -> str:
    """Return what the letter promises about answers, which is what will be done with them.

    Without a reply address of our own, answers reach the list's From and are not collected: none is published.
    """
    replies = settings.replies
    if replies.publish == "never" or not (replies.domain or replies.address) or issue.reply_to:
        return reply_invitation("never", translations)
    if not issue.comments_open:
        return closed_invitation(translations)
    return reply_invitation(replies.publish, translations)


def _values(
    letter: dict[str, Any], blocks: tuple[Block, ...], issue: Issue, settings: Settings, tags: Tags
) -> dict[str, Any]:
    """Return what the templates may use."""
    begin, end = mail_only(tags)
    translations = translations_for(issue.language, own=settings.locales)
    return {
        "letter": {**letter, "rows": rows(blocks)},
        "publication": settings.publication,
        **translations.for_templates(),
        "callout_label": lambda style: callout_label(style, translations),
        "theme": make_theme(settings.publication.accent, settings.theme),
        "type": typeface_for(issue.language, settings.theme),
        "mail": {"begin": begin, "end": end},
        "semantic": lambda inner: Markup(semantic(inner, translations)),  # noqa: S704 - blocks are sanitised
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
        preferences=letter["links"]["preferences"],
    )
