"""Renditions: the message of an issue for one combination of segments, with everything around the text."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from newsletter.compose.blocks import Block, Image
from newsletter.compose.fixed_text import callout_label, closed_invitation, reply_invitation, subscription_reason
from newsletter.compose.html.mjml import Templates, email_only_markers, layout_rows, render_html
from newsletter.compose.html.semantic_html import card_text, figure, semantic_html
from newsletter.compose.images.resolver import PictureResolver
from newsletter.compose.markdown.block_reader import read_body
from newsletter.compose.merge_tags import MergeText, Placeholders
from newsletter.compose.text.plain_text import MessageFrame, render_text_part
from newsletter.compose.theme import make_theme
from newsletter.compose.typeface import typeface_for
from newsletter.compose.urls import issue_url
from newsletter.content import Issue
from newsletter.finding import Finding
from newsletter.locales import Translations, direction_of, primary, translations_for
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """The HTML, text and web version of an issue for some of its readers."""

    placeholders: Placeholders
    is_empty: bool
    html: MergeText
    text: MergeText
    web: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MessageRenderer:
    """Renders the message of an issue; its fields are what all renditions of the issue have in common."""

    list_name: str
    settings: Settings
    resolver: PictureResolver
    templates: Templates
    template: str
    part_footnotes: dict[str, int]

    def render(self, issue: Issue) -> Rendition:
        """Render an issue whose body holds only what these readers get."""
        settings = self.settings
        placeholders = Placeholders(
            issue.body,
            issue.title,
            issue.subject,
            issue.preheader,
            issue.hero_alt,
            settings.publication.model_dump_json(),
            settings.list_named(self.list_name).model_dump_json(),
        )
        body = read_body(issue, settings, placeholders, self.resolver, self.part_footnotes)
        values = _issue_values(issue, self.list_name, settings, placeholders, self.resolver)
        template_values = _template_values(values, body.blocks, issue, settings, placeholders)
        html = render_html(self.templates, self.template, template_values, placeholders)
        translations = translations_for(issue.language, own=settings.locales)
        return Rendition(
            placeholders=placeholders,
            is_empty=not body.blocks,
            html=placeholders.split_html(html.email),
            text=placeholders.split_text(render_text_part(body.blocks, translations, _frame(values))),
            web=placeholders.with_defaults_in_html(html.web),
            findings=body.findings,
        )


def hero_image(issue: Issue, resolver: PictureResolver) -> Image | None:
    """Return the picture under the title, if there is one."""
    if not issue.hero:
        return None
    return resolver.resolve(issue.hero, issue.hero_alt or issue.title, 1, max_width=resolver.page)


def logo_images(settings: Settings, resolver: PictureResolver) -> dict[str, Image | None]:
    """Return the logos for the light and the dark colour scheme; None for one that is not set."""
    theme = settings.theme
    alt = theme.logo_alt or settings.publication.title
    paths = {"light": theme.logo, "dark": theme.logo_dark if theme.logo else ""}
    return {
        scheme: resolver.resolve(f"/{path}", alt, 1, width=theme.logo_width, max_width=theme.width) if path else None
        for scheme, path in paths.items()
    }


def _issue_values(
    issue: Issue, list_name: str, settings: Settings, placeholders: Placeholders, resolver: PictureResolver
) -> dict[str, Any]:
    """Return the template variable `issue`, without its rows; merge tags in it are placeholders."""
    translations = translations_for(issue.language, own=settings.locales)
    mailing_list, publication = settings.list_named(list_name), settings.publication
    direction = direction_of(issue.language)
    page = issue_url(settings, issue.slug.text)
    has_web_server = settings.web.url is not None
    view_link = placeholders.add_merge_tag("links.view") if has_web_server else ""
    is_own_language = primary(issue.language) == primary(publication.language)
    reason = mailing_list.description if is_own_language else ""
    return {
        "title": placeholders.protect_line(issue.title),
        "preheader": placeholders.protect_line(issue.preheader),
        "language": issue.language,
        "dir": direction.dir,
        "start": direction.start,
        "end": direction.end,
        "authors": ", ".join(issue.authors) or publication.author,
        "date": translations.day(issue.date),
        "url": page if page.startswith("http") else view_link,
        "hero": hero_image(issue, resolver),
        "logos": logo_images(settings, resolver),
        "masthead": mailing_list.title,
        "reason": subscription_reason(reason, mailing_list.title, translations),
        "postal_address": mailing_list.postal_address or publication.postal_address,
        "invitation": _invitation(issue, settings, translations),
        "links": {
            "unsubscribe": placeholders.add_merge_tag("links.unsubscribe"),
            "preferences": placeholders.add_merge_tag("links.preferences") if has_web_server else "",
            "reply": placeholders.add_merge_tag("links.reply"),
        },
    }


def _invitation(issue: Issue, settings: Settings, translations: Translations) -> str:
    """Return what the email says will be done with replies.

    Without a reply address of our own, replies reach the list's From address and are not collected, so none is
    published.
    """
    replies = settings.replies
    if replies.publish == "never" or not (replies.domain or replies.address) or issue.reply_to:
        return reply_invitation("never", translations)
    if not issue.comments_open:
        return closed_invitation(translations)
    return reply_invitation(replies.publish, translations)


def _template_values(
    values: dict[str, Any], blocks: tuple[Block, ...], issue: Issue, settings: Settings, placeholders: Placeholders
) -> dict[str, Any]:
    """Return the variables of the templates, which docs/templates.md documents."""
    begin, end = email_only_markers(placeholders)
    translations = translations_for(issue.language, own=settings.locales)
    return {
        "issue": {**values, "rows": layout_rows(blocks)},
        "publication": settings.publication,
        **translations.for_templates(),
        "callout_label": lambda style: callout_label(style, translations),
        "theme": make_theme(settings.publication.accent, settings.theme),
        "type": typeface_for(issue.language, settings.theme),
        "email_only": {"begin": begin, "end": end},
        "semantic_html": lambda inner: Markup(semantic_html(inner, translations)),  # noqa: S704 - sanitised blocks
        "figure": lambda image, **options: Markup(figure(image, is_email=True, **options)),  # noqa: S704 - escaped
        "card_text": lambda card: Markup(card_text(card)),  # noqa: S704 - escaped
    }


def _frame(values: dict[str, Any]) -> MessageFrame:
    return MessageFrame(
        masthead=values["masthead"],
        title=values["title"],
        byline=" · ".join(part for part in (values["authors"], values["date"]) if part),
        view_online=values["url"],
        invitation=values["invitation"],
        reason=values["reason"],
        unsubscribe=values["links"]["unsubscribe"],
        preferences=values["links"]["preferences"],
        postal_address=values["postal_address"],
    )
