"""Boxes that hold no text of their own kind: galleries, cards, lists of contents, letters from readers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it.token import Token
from markupsafe import escape

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block, Callout, Card, Columns
from newsletter.compose.images.resolver import Album
from newsletter.compose.markdown.paragraphs import Found, Paragraphs
from newsletter.compose.markdown.renderer import Renderer
from newsletter.compose.markdown.token_stream import chunks_of
from newsletter.compose.markdown.warnings import Remarks
from newsletter.compose.merge_tags import Tags
from newsletter.compose.text.html_to_text import parsed
from newsletter.compose.urls import absolute
from newsletter.content import Comment, Issue, read_comments
from newsletter.errors import NewsletterError
from newsletter.finding import suggest
from newsletter.locales import translations_for
from newsletter.settings import Settings

BOXES = ("gallery", "card", "video", "contents", "toc", "letters")
_ARGUMENT = re.compile(
    r"""(?<!\S)(?P<name>url|href|link|title|text|description|picture|image|poster|alt|issue|comments)=(?:"(?P<double>[^"]*)"|“(?P<curly>[^”]*)”|'(?P<single>[^']*)'|(?P<bare>[^\s"']+))"""
)
_NAMES = {
    "url": "url", "href": "url", "link": "url", "title": "title", "text": "text", "description": "text",
    "picture": "picture", "image": "picture", "poster": "picture", "alt": "alt",
}  # fmt: skip
_FIELD = re.compile(rf"^\s*(?P<name>{'|'.join(_NAMES)}):(?:\s+(?P<value>\S.*))?\s*$", re.IGNORECASE)
_MAX_HEADINGS, _MAX_LISTS = 200, 4
"""More is no help to any reader."""
_WEB = ("http://", "https://")


class Boxes:
    """Reads the boxes of one issue."""

    def __init__(
        self,
        issue: Issue,
        settings: Settings,
        tags: Tags,
        album: Album,
        remarks: Remarks,
        renderer: Renderer,
        headings: tuple[kinds.Heading, ...],
    ) -> None:
        self._issue = issue
        self._settings = settings
        self._tags = tags
        self._album = album
        self._remarks = remarks
        self._renderer = renderer
        self._paragraphs = Paragraphs(renderer, album, settings)
        self._headings = headings[:_MAX_HEADINGS]
        self._lists = 0
        self.cards: list[CardDirective] = []
        """The cards read so far, as their author wrote them."""

    def read(self, name: str, words: str, chunk: Sequence[Token], room: int, line: int) -> list[Block]:
        """Read the box `name`, one of BOXES, with the `words` behind its name."""
        match name:
            case "gallery":
                return self._gallery(words, chunk[1:-1], room, line)
            case "card" | "video":
                return self._card(words, chunk, room, line, is_video=name == "video")
            case "letters":
                return [*self._letters(words, chunk, line), *self._kept(chunk[1:-1], room, line)]
            case _:
                return [*self.contents(line, words), *self._kept(chunk[1:-1], room, line)]

    def contents(self, line: int, title: str = "") -> list[Block]:
        """Return the list of the text's headings."""
        if not self._headings or self._lists >= _MAX_LISTS:
            return []
        self._lists += 1
        return [kinds.Contents(line=line, title=title.strip('"“” '), headings=self._headings)]

    def _kept(self, tokens: Sequence[Token], room: int, line: int) -> list[Block]:
        html = self._renderer.html(tokens, room) if tokens else ""
        return [kinds.Prose(line=line, html=html)] if html else []

    def _gallery(self, words: str, tokens: Sequence[Token], room: int, line: int) -> list[Block]:
        """Set every picture in rows; what else stands there follows as prose."""
        found: list[Found] = []
        others: list[Token] = []
        for chunk in chunks_of(tokens):
            pictures = [
                self._paragraphs.found(token)
                for token in (chunk.tokens if not chunk.is_mixed else ())
                if token.type == "inline"
            ]
            if pictures and all(pictures):
                found.extend(picture for row in pictures for picture in row or ())
            else:
                others.extend(chunk.tokens)
        if not found:
            return self._kept(others, room, line)
        rows = self._paragraphs.rows(found, room, line, {"2": 2, "3": 3}.get(words.strip()))
        return [kinds.Gallery(line=line, rows=tuple(rows)), *self._kept(others, room, line)]

    def _card(self, words: str, chunk: Sequence[Token], room: int, line: int, *, is_video: bool) -> list[Block]:
        values = _arguments(words)
        rest = _ARGUMENT.sub("", words).strip()
        if rest.startswith(_WEB):
            values.setdefault("url", rest.split()[0])
        elif rest:
            values.setdefault("title", rest)
        html = "".join(self._take(values, piece.tokens, room) for piece in chunks_of(chunk[1:-1]))
        href = absolute(values.get("url", ""), self._settings)
        if not href.startswith(_WEB) and not self._tags.count(href):
            self._remarks.add(
                "card", (chunk[0].map or [0])[0], "a card leads nowhere", "Give it 'url: https://...' on a line"
            )
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
        shown = None
        if picture:
            alt = values.get("alt") or values.get("title", "")
            shown = self._album.show(picture, alt, line, width=room, room=room, is_stacked=room < self._album.column)
        text = f"<p>{self._renderer.words(values['text'])}</p>" if values.get("text") else ""
        card = kinds.Card(
            line=line, href=href, title=values.get("title", ""), html=text + html, shown=shown, is_video=is_video
        )
        if not (card.title or card.html or card.shown or card.href):
            return []
        return [card if card.title else kinds.Card(
            line=line, href=href, title=card.host, html=card.html, shown=shown, is_video=is_video
        )]  # fmt: skip

    def _take(self, values: dict[str, str], tokens: Sequence[Token], room: int) -> str:
        """Take what a piece says of its card into `values`; return the rest as HTML."""
        inline = tokens[1] if len(tokens) == 3 and tokens[1].type == "inline" else None
        if inline is None:
            return self._renderer.html(tokens, room)
        fields = [_FIELD.match(field) for field in inline.content.split("\n")]
        if all(fields):
            for field in fields:
                assert field is not None
                name = _NAMES[field["name"].lower()]
                value = self._tags.settle((field["value"] or "").strip().strip('"<>'))
                if not value:
                    continue  # left open, to be filled in later
                values[name] = str(parsed(self._renderer.words(value)).text_content()) if name == "title" else value
            return ""
        if "picture" not in values and (found := self._paragraphs.found(inline)):
            token, href, _caption = found[0]
            values["picture"] = str(token.attrs.get("src", ""))
            values["alt"] = token.content
            if href:
                values.setdefault("url", href)
            return ""
        children = [child for child in inline.children or () if child.type != "text" or child.content.strip()]
        links = [child for child in children if child.type == "link_open"]
        said = "".join(child.content for child in children if child.type in {"text", "code_inline"})
        is_link = len(links) == 1 and children[0] is links[0] and children[-1].type == "link_close"
        if tokens[0].type == "heading_open" or is_link:
            values.setdefault("title", said.strip())
            if links:
                values.setdefault("url", str(links[0].attrs.get("href", "")))
            return ""
        if links:
            values.setdefault("url", str(links[0].attrs.get("href", "")))
        return self._renderer.html(tokens, room)

    def _letters(self, words: str, chunk: Sequence[Token], line: int) -> list[Block]:
        """Read `letters SLUG ID ...`; without an id, all comments of that issue."""
        at = (chunk[0].map or [0])[0]
        values = _arguments(words)
        slug, *ids = [*values.get("issue", "").split(), *_ARGUMENT.sub("", words).split()] or [""]
        ids += re.split(r"[\s,]+", values.get("comments", "").strip()) if values.get("comments") else []
        try:
            comments = {comment.id: comment for comment in read_comments(self._settings, slug).comments}
        except NewsletterError as fault:
            self._remarks.add("letters", at, f"no letters can be read: {fault}")
            return []
        for missing in (name for name in ids if name not in comments):
            self._remarks.add("letters", at, f"'{slug}' has no comment '{missing[:40]}'", suggest(missing, comments))
        chosen = [comments[name] for name in ids if name in comments] if ids else list(comments.values())
        if not chosen:
            if not ids:
                self._remarks.add("letters", at, f"'{slug}' has no comments")
            return []
        return [kinds.ReaderLetters(line=line, letters=tuple(self._letter(comment) for comment in chosen))]

    def _letter(self, comment: Comment) -> kinds.ReaderLetter:
        """Return a comment as text that is nobody's markup, least of all a merge tag."""
        translations = translations_for(self._issue.language, own=self._settings.locales)
        paragraphs = re.split(r"\n\s*\n", comment.text.replace(self._tags.mark, "").strip())
        html = "".join(f"<p>{escape(paragraph.strip())}</p>".replace("\n", "<br />") for paragraph in paragraphs)
        author = comment.author.replace(self._tags.mark, "")
        return kinds.ReaderLetter(author=author, day=translations.day(comment.date), html=html)


def _arguments(words: str) -> dict[str, str]:
    """Return `name="value"` pairs under the names we know them by."""
    found = {}
    for match in _ARGUMENT.finditer(words):
        value = next(match[kind] for kind in ("double", "curly", "single", "bare") if match[kind] is not None)
        name = match["name"].lower()
        found[_NAMES.get(name, name)] = value
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDirective:
    """A `::: card` or `::: video` box; what its author did not give is ""."""

    line: int
    """Where it begins in the file, 1-based."""
    href: str
    is_video: bool
    title: str
    text: str
    """Markdown or HTML: what matters is whether there is any."""
    picture: str
    alt: str


def without_cards(blocks: Sequence[Block]) -> tuple[object, ...]:
    """Return what of blocks is the same, wherever they stand and whatever their cards say."""
    return tuple(_constant(block) for block in blocks)


def _constant(block: Block) -> object:
    match block:
        case Card():
            return "card"
        case Callout():
            return (block.style, block.title, without_cards(block.blocks))
        case Columns():
            return tuple(without_cards(column) for column in block.columns)
        case _:
            return replace(block, line=0)
