"""Merge tags: places in a text for a reader's own values, escaped for their context; and placeholders for all tags.

A merge tag is a name and a default, `{{ subscriber.first_name | default("friend") }}`, and nothing more: it is not
Jinja, and nothing that somebody else wrote is ever evaluated.

While an issue is composed, every `{{ }}` and `{% %}` is replaced by an opaque placeholder, so that neither Markdown nor
MJML nor the CSS inliner can damage it. At the end, merge tags become `MergeTag`s; all other tags, and all tags inside
code, are restored literally. Placeholders are made from a digest of the text, so that no text contains one.
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class EscapeContext(StrEnum):
    """The context of a merge tag, which decides how its value is escaped."""

    HTML = "html"
    """HTML text or a quoted attribute."""
    LINK = "link"
    """A whole link in an href: an http, https, mailto or tel URL, else nothing."""
    URL = "url"
    """A component of a URL, percent-encoded."""
    PLAIN = "plain"
    """The text part or a header: unchanged, without control characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTag:
    """One place in a text for a value of the reader."""

    name: str
    """A field such as `subscriber.first_name`, or a link of ours such as `links.unsubscribe`."""
    default: str = ""
    context: EscapeContext


_LINK = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)

MergeText = tuple[str | MergeTag, ...]
"""A text split at its merge tags: static pieces and merge tags in order."""


def escape_value(value: str, context: EscapeContext) -> str:
    """Return `value` escaped for `context`, on one line and without control characters."""
    if not value.isprintable():
        value = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in value)
    if context is EscapeContext.HTML:
        return html.escape(value, quote=True)
    if context is EscapeContext.LINK:
        return html.escape(value, quote=True) if _LINK.match(value) else ""
    if context is EscapeContext.URL:
        return quote(value, safe="")
    return value


def fill_merge_tags(text: MergeText, values: Mapping[str, str]) -> str:
    """Return the text with each merge tag replaced by its value, or its default if it has none."""
    return "".join(
        piece if isinstance(piece, str) else escape_value(values.get(piece.name) or piece.default, piece.context)
        for piece in text
    )


_ANY_TAG = re.compile(r"\{\{[^{}`\n]{0,300}\}\}|\{%[^`\n]{0,300}?%\}")
_MERGE_TAG = re.compile(
    r"""\{\{-?\s*(?P<name>subscriber\.[A-Za-z_][\w-]{0,63}|links\.(?:unsubscribe|reply))\s*
    (?:\|\s*default\s*(?:\(|:)\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|“(?P<curly>[^”]*)”)\s*\)?\s*)?-?\}\}""",
    re.VERBOSE,
)
_ELEMENT = re.compile(r"<!--.*?-->|<[A-Za-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_LINK_ATTRIBUTES = frozenset({"href", "src", "action", "background", "cite"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One tag behind a placeholder."""

    source: str
    name: str | None = None
    """The name of the merge tag; None if it is none of ours."""
    default: str = ""


class Placeholders:
    """The placeholders of one composition, and the tags that they stand for."""

    def __init__(self, *texts: str) -> None:
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        self.prefix = f"zq{digest[:10]}"
        """The beginning of every placeholder, which no text contains."""
        while any(self.prefix in text for text in texts):
            digest = hashlib.sha256(digest.encode()).hexdigest()
            self.prefix = f"zq{digest[:10]}"
        self._placeholders: list[Placeholder] = []
        self._pattern = re.compile(rf"{self.prefix}x(\d+)z")

    def protect(self, text: str) -> str:
        """Return `text` with every tag replaced by a placeholder."""
        return _ANY_TAG.sub(lambda match: self._add(_parse_tag(match[0])), text)

    def add_merge_tag(self, name: str) -> str:
        """Return a placeholder for a merge tag of our own, such as `links.unsubscribe`."""
        return self._add(Placeholder(source="", name=name))

    def unknown_tags(self, text: str) -> list[str]:
        """Return the source of each tag in `text` that is not a merge tag of ours."""
        return [tag.source for tag in self._placeholders_in(text) if tag.name is None]

    def count(self, text: str) -> int:
        """Return the number of placeholders in `text`."""
        return len(self._pattern.findall(text))

    def restore(self, text: str) -> str:
        """Return `text` with every tag as its author wrote it."""
        return self._pattern.sub(lambda match: self._tag(match).source, text)

    def restore_unknown(self, text: str, *, is_markup: bool = False) -> str:
        """Return `text` with unknown tags as written, escaped in markup; merge tags stay placeholders."""
        return self._pattern.sub(lambda match: self._restored(match, is_markup), text)

    def protect_line(self, text: str) -> str:
        """Return a line of the author's with placeholders for its merge tags and every other tag literally."""
        return self.restore_unknown(self.protect(text))

    def with_defaults_in_html(self, markup: str) -> str:
        """Return HTML for everybody: each merge tag's default, escaped for its context."""
        return fill_merge_tags(self.split_html(markup), {})

    def with_defaults(self, text: str) -> str:
        """Return text for everybody: each merge tag's default, other tags literally."""
        return self._pattern.sub(lambda match: self._default(self._tag(match)), text)

    def split_text(self, text: str) -> MergeText:
        """Split a plain text at its merge tags."""
        return self._split(text, lambda _start: EscapeContext.PLAIN)

    def split_html(self, markup: str) -> MergeText:
        """Split HTML at its merge tags, each with its context."""
        contexts = {
            start: context for element in _ELEMENT.finditer(markup) for start, context in self._contexts_in(element)
        }
        return self._split(markup, lambda start: contexts.get(start, EscapeContext.HTML))

    def _add(self, tag: Placeholder) -> str:
        self._placeholders.append(tag)
        return f"{self.prefix}x{len(self._placeholders) - 1}z"

    def _tag(self, match: re.Match[str]) -> Placeholder:
        return self._placeholders[int(match[1])]

    def _placeholders_in(self, text: str) -> list[Placeholder]:
        return [self._tag(match) for match in self._pattern.finditer(text)]

    def _restored(self, match: re.Match[str], is_markup: bool) -> str:
        tag = self._tag(match)
        if tag.name is not None:
            return match[0]
        return html.escape(tag.source, quote=True) if is_markup else tag.source

    @staticmethod
    def _default(tag: Placeholder) -> str:
        return tag.source if tag.name is None else tag.default

    def _contexts_in(self, element: re.Match[str]) -> list[tuple[int, EscapeContext]]:
        """Return the positions and contexts of the placeholders inside one start tag."""
        contexts = []
        for attribute in _ATTRIBUTE.finditer(element[0]):
            group = 2 if attribute[2] is not None else 3
            for match in self._pattern.finditer(attribute[group]):
                is_whole = match[0] == attribute[group].strip()
                context = EscapeContext.LINK if is_whole else EscapeContext.URL
                if attribute[1].lower() not in _LINK_ATTRIBUTES:
                    context = EscapeContext.HTML
                contexts.append((element.start() + attribute.start(group) + match.start(), context))
        return contexts

    def _split(self, text: str, context_at: Callable[[int], EscapeContext]) -> MergeText:
        pieces: list[str | MergeTag] = []
        end = 0
        for match in self._pattern.finditer(text):
            tag = self._tag(match)
            if match.start() > end:
                pieces.append(text[end : match.start()])
            if tag.name is None:
                pieces.append(escape_value(tag.source, context_at(match.start())))
            else:
                pieces.append(MergeTag(name=tag.name, default=tag.default, context=context_at(match.start())))
            end = match.end()
        if end < len(text):
            pieces.append(text[end:])
        return tuple(pieces)


def _parse_tag(source: str) -> Placeholder:
    match = _MERGE_TAG.fullmatch(source)
    if match is None:
        return Placeholder(source=source)
    default = next((match[name] for name in ("double", "single", "curly") if match[name] is not None), "")
    return Placeholder(source=source, name=match["name"], default=default)
