"""Directives: the `:::` containers gallery, card, video, contents, and letters (quoted comments)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it.token import Token
from markupsafe import escape

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block, Callout, Card, Columns
from newsletter.compose.images.resolver import PictureResolver
from newsletter.compose.markdown.paragraphs import FoundPicture, ParagraphReader
from newsletter.compose.markdown.renderer import Renderer
from newsletter.compose.markdown.token_stream import split_chunks
from newsletter.compose.markdown.warnings import FindingCollector
from newsletter.compose.merge_tags import Placeholders
from newsletter.compose.text.html_to_text import parse_fragment
from newsletter.compose.urls import absolute_url
from newsletter.content import Comment, Issue, read_comments
from newsletter.errors import NewsletterError
from newsletter.finding import suggest
from newsletter.locales import translations_for
from newsletter.settings import Settings

DIRECTIVES = ("gallery", "card", "video", "contents", "toc", "letters")
_ARGUMENT = re.compile(
    r"""(?<!\S)(?P<name>url|href|link|title|text|description|picture|image|poster|alt|issue|comments)=(?:"(?P<double>[^"]*)"|“(?P<curly>[^”]*)”|'(?P<single>[^']*)'|(?P<bare>[^\s"']+))"""
)
_NAMES = {
    "url": "url", "href": "url", "link": "url", "title": "title", "text": "text", "description": "text",
    "picture": "picture", "image": "picture", "poster": "picture", "alt": "alt",
}  # fmt: skip
_FIELD = re.compile(rf"^\s*(?P<name>{'|'.join(_NAMES)}):(?:\s+(?P<value>\S.*))?\s*$", re.IGNORECASE)
_MAX_HEADINGS, _MAX_CONTENTS = 200, 4
"""More would not help any reader."""
_WEB = ("http://", "https://")


class DirectiveReader:
    """Reads the directives of one issue."""

    def __init__(
        self,
        issue: Issue,
        settings: Settings,
        placeholders: Placeholders,
        resolver: PictureResolver,
        collector: FindingCollector,
        renderer: Renderer,
        headings: tuple[kinds.Heading, ...],
    ) -> None:
        self._issue = issue
        self._settings = settings
        self._placeholders = placeholders
        self._resolver = resolver
        self._collector = collector
        self._renderer = renderer
        self._paragraphs = ParagraphReader(renderer, resolver, settings)
        self._headings = headings[:_MAX_HEADINGS]
        self._contents_count = 0
        self.cards: list[CardDirective] = []
        """The cards read so far, as their author wrote them."""

    def read(self, name: str, arguments: str, chunk: Sequence[Token], max_width: int, line: int) -> list[Block]:
        """Read a directive, one of DIRECTIVES, with the `arguments` behind its name, as blocks."""
        match name:
            case "gallery":
                return self._gallery(arguments, chunk[1:-1], max_width, line)
            case "card" | "video":
                return self._card(arguments, chunk, max_width, line, is_video=name == "video")
            case "letters":
                return [*self._comments(arguments, chunk, line), *self._prose(chunk[1:-1], max_width, line)]
            case _:
                return [*self.table_of_contents(line, arguments), *self._prose(chunk[1:-1], max_width, line)]

    def table_of_contents(self, line: int, title: str = "") -> list[Block]:
        """Return a table of contents; nothing if the text has no headings, or has enough tables already."""
        if not self._headings or self._contents_count >= _MAX_CONTENTS:
            return []
        self._contents_count += 1
        return [kinds.TableOfContents(line=line, title=title.strip('"“” '), headings=self._headings)]

    def _prose(self, tokens: Sequence[Token], max_width: int, line: int) -> list[Block]:
        html = self._renderer.render(tokens, max_width) if tokens else ""
        return [kinds.Prose(line=line, html=html)] if html else []

    def _gallery(self, arguments: str, tokens: Sequence[Token], max_width: int, line: int) -> list[Block]:
        """Set all pictures in rows; anything else in the directive follows as prose."""
        pictures: list[FoundPicture] = []
        others: list[Token] = []
        for chunk in split_chunks(tokens):
            picture_rows = [
                self._paragraphs.find_pictures(token)
                for token in (chunk.tokens if not chunk.is_mixed else ())
                if token.type == "inline"
            ]
            if picture_rows and all(picture_rows):
                pictures.extend(picture for row in picture_rows for picture in row or ())
            else:
                others.extend(chunk.tokens)
        if not pictures:
            return self._prose(others, max_width, line)
        rows = self._paragraphs.rows(pictures, max_width, line, {"2": 2, "3": 3}.get(arguments.strip()))
        return [kinds.Gallery(line=line, rows=tuple(rows)), *self._prose(others, max_width, line)]

    def _card(
        self, arguments: str, chunk: Sequence[Token], max_width: int, line: int, *, is_video: bool
    ) -> list[Block]:
        values = _named_arguments(arguments)
        rest = _ARGUMENT.sub("", arguments).strip()
        if rest.startswith(_WEB):
            values.setdefault("url", rest.split()[0])
        elif rest:
            values.setdefault("title", rest)
        html = "".join(self._take_fields(values, piece.tokens, max_width) for piece in split_chunks(chunk[1:-1]))
        href = absolute_url(values.get("url", ""), self._settings)
        if not href.startswith(_WEB) and not self._placeholders.count(href):
            self._collector.add("card", (chunk[0].map or [0])[0], "a card has no link", "Add a line 'url: https://...'")
            href = ""
        picture = values.get("picture")
        self.cards.append(
            CardDirective(
                line=line,
                href=href,
                is_video=is_video,
                title=values.get("title", "").strip(),
                text=f"{values.get('text', '')}{html}",
                picture=picture or "",
                alt=values.get("alt", ""),
            )
        )
        image = None
        if picture:
            alt = values.get("alt") or values.get("title", "")
            image = self._resolver.resolve(
                picture, alt, line, width=max_width, max_width=max_width, is_stacked=max_width < self._resolver.column
            )
        text = f"<p>{self._renderer.render_line(values['text'])}</p>" if values.get("text") else ""
        card = kinds.Card(
            line=line, href=href, title=values.get("title", ""), html=text + html, image=image, is_video=is_video
        )
        if not (card.title or card.html or card.image or card.href):
            return []
        return [card if card.title else kinds.Card(
            line=line, href=href, title=card.host, html=card.html, image=image, is_video=is_video
        )]  # fmt: skip

    def _take_fields(self, values: dict[str, str], tokens: Sequence[Token], max_width: int) -> str:
        """Move a card's fields (`name: value`, picture, link) from `tokens` into `values`; return the rest as HTML."""
        inline = tokens[1] if len(tokens) == 3 and tokens[1].type == "inline" else None
        if inline is None:
            return self._renderer.render(tokens, max_width)
        fields = [_FIELD.match(field) for field in inline.content.split("\n")]
        if all(fields):
            for field in fields:
                assert field is not None
                name = _NAMES[field["name"].lower()]
                value = self._placeholders.restore_unknown((field["value"] or "").strip().strip('"<>'))
                if not value:
                    continue  # left empty, to be filled in later
                values[name] = (
                    str(parse_fragment(self._renderer.render_line(value)).text_content()) if name == "title" else value
                )
            return ""
        if "picture" not in values and (pictures := self._paragraphs.find_pictures(inline)):
            token, href, _caption = pictures[0]
            values["picture"] = str(token.attrs.get("src", ""))
            values["alt"] = token.content
            if href:
                values.setdefault("url", href)
            return ""
        children = [child for child in inline.children or () if child.type != "text" or child.content.strip()]
        links = [child for child in children if child.type == "link_open"]
        text = "".join(child.content for child in children if child.type in {"text", "code_inline"})
        is_link = len(links) == 1 and children[0] is links[0] and children[-1].type == "link_close"
        if tokens[0].type == "heading_open" or is_link:
            values.setdefault("title", text.strip())
            if links:
                values.setdefault("url", str(links[0].attrs.get("href", "")))
            return ""
        if links:
            values.setdefault("url", str(links[0].attrs.get("href", "")))
        return self._renderer.render(tokens, max_width)

    def _comments(self, arguments: str, chunk: Sequence[Token], line: int) -> list[Block]:
        """Read `letters SLUG ID ...`, which quotes comments of another issue; without an id, all of them."""
        line_of_body = (chunk[0].map or [0])[0]
        values = _named_arguments(arguments)
        slug, *ids = [*values.get("issue", "").split(), *_ARGUMENT.sub("", arguments).split()] or [""]
        ids += re.split(r"[\s,]+", values.get("comments", "").strip()) if values.get("comments") else []
        try:
            comments = {comment.id: comment for comment in read_comments(self._settings, slug).comments}
        except NewsletterError as error:
            self._collector.add("letters", line_of_body, f"no comments can be read: {error}")
            return []
        for missing in (name for name in ids if name not in comments):
            self._collector.add(
                "letters", line_of_body, f"'{slug}' has no comment '{missing[:40]}'", suggest(missing, comments)
            )
        chosen = [comments[name] for name in ids if name in comments] if ids else list(comments.values())
        if not chosen:
            if not ids:
                self._collector.add("letters", line_of_body, f"'{slug}' has no comments")
            return []
        return [kinds.QuotedComments(line=line, comments=tuple(self._quote(comment) for comment in chosen))]

    def _quote(self, comment: Comment) -> kinds.QuotedComment:
        """Return a comment with its text escaped, and without anything that could be read as a placeholder."""
        translations = translations_for(self._issue.language, own=self._settings.locales)
        paragraphs = re.split(r"\n\s*\n", comment.text.replace(self._placeholders.prefix, "").strip())
        html = "".join(f"<p>{escape(paragraph.strip())}</p>".replace("\n", "<br />") for paragraph in paragraphs)
        author = comment.author.replace(self._placeholders.prefix, "")
        return kinds.QuotedComment(author=author, date=translations.day(comment.date), html=html)


def _named_arguments(arguments: str) -> dict[str, str]:
    """Return `name="value"` pairs by the canonical name of each."""
    values = {}
    for match in _ARGUMENT.finditer(arguments):
        value = next(match[kind] for kind in ("double", "curly", "single", "bare") if match[kind] is not None)
        name = match["name"].lower()
        values[_NAMES.get(name, name)] = value
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDirective:
    """A `::: card` or `::: video` as its author wrote it; what the author left out is ""."""

    line: int
    """The 1-based line of the file on which it begins."""
    href: str
    is_video: bool
    title: str
    text: str
    """Markdown or HTML; what matters is whether there is any."""
    picture: str
    alt: str


def without_cards(blocks: Sequence[Block]) -> tuple[object, ...]:
    """Return a comparable form of blocks that leaves out line numbers and the content of cards."""
    return tuple(_without_card(block) for block in blocks)


def _without_card(block: Block) -> object:
    match block:
        case Card():
            return "card"
        case Callout():
            return (block.style, block.title, without_cards(block.blocks))
        case Columns():
            return tuple(without_cards(column) for column in block.columns)
        case _:
            return replace(block, line=0)
