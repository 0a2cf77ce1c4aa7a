"""Merge tags: places in a part where one reader's value goes, escaped for where they stand.

`{{ subscriber.first_name | default("friend") }}` is all there is: a name and a default. It
is not Jinja, and nothing a stranger wrote is ever evaluated.
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
    """What surrounds a slot, which decides how a value is escaped."""

    HTML = "html"
    """HTML text or a quoted attribute."""
    LINK = "link"
    """A whole link in an href: http, https, mailto or tel, or nothing at all."""
    URL = "url"
    """A piece of a URL, percent-encoded."""
    PLAIN = "plain"
    """The text part or a header: as it is, without control characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTag:
    """One place where a reader's value goes."""

    name: str
    """`subscriber.first_name`, `subscriber.city`, or one of ours: `links.unsubscribe`."""
    default: str = ""
    context: EscapeContext


_LINK = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)

MergeText = tuple[str | MergeTag, ...]
"""A text cut at its slots; static pieces and slots in order."""


def escape_value(value: str, context: EscapeContext) -> str:
    """Return `value` safe to stand in `context`, on one line and without control characters."""
    if not value.isprintable():
        value = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in value)
    if context is EscapeContext.HTML:
        return html.escape(value, quote=True)
    if context is EscapeContext.LINK:
        return html.escape(value, quote=True) if _LINK.match(value) else ""
    if context is EscapeContext.URL:
        return quote(value, safe="")
    return value


def fill_merge_tags(part: MergeText, values: Mapping[str, str]) -> str:
    """Return the part with each slot's value, or its default where there is none."""
    return "".join(
        piece if isinstance(piece, str) else escape_value(values.get(piece.name) or piece.default, piece.context)
        for piece in part
    )


_ANY = re.compile(r"\{\{[^{}`\n]{0,300}\}\}|\{%[^`\n]{0,300}?%\}")
_MERGE = re.compile(
    r"""\{\{-?\s*(?P<name>subscriber\.[A-Za-z_][\w-]{0,63}|links\.(?:unsubscribe|reply))\s*
    (?:\|\s*default\s*(?:\(|:)\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|“(?P<curly>[^”]*)”)\s*\)?\s*)?-?\}\}""",
    re.VERBOSE,
)
_MARKUP = re.compile(r"<!--.*?-->|<[A-Za-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_LINK_ATTRIBUTES = frozenset({"href", "src", "action", "background", "cite"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One hidden tag."""

    source: str
    slot: str | None = None
    """The slot's name; None when it is no merge tag of ours."""
    default: str = ""


class Tags:
    """The tags of one composition and the words they hide behind."""

    def __init__(self, *texts: str) -> None:
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        self.mark = f"zq{digest[:10]}"
        """What every word begins with, and no text holds."""
        while any(self.mark in text for text in texts):
            digest = hashlib.sha256(digest.encode()).hexdigest()
            self.mark = f"zq{digest[:10]}"
        self._hidden: list[Tag] = []
        self._word = re.compile(rf"{self.mark}x(\d+)z")

    def hide(self, text: str) -> str:
        """Return `text` with every tag behind a word."""
        return _ANY.sub(lambda match: self._add(_read(match[0])), text)

    def place(self, name: str) -> str:
        """Return a word for one of our own slots, such as `links.unsubscribe`."""
        return self._add(Tag(source="", slot=name))

    def unknown_in(self, text: str) -> list[str]:
        """Return the source of each tag in `text` that is none of ours."""
        return [tag.source for tag in self._found(text) if tag.slot is None]

    def count(self, text: str) -> int:
        """Return how many words stand in `text`."""
        return len(self._word.findall(text))

    def reveal(self, text: str) -> str:
        """Return `text` with every tag as it was written."""
        return self._word.sub(lambda match: self._tag(match).source, text)

    def settle(self, text: str, *, is_markup: bool = False) -> str:
        """Return `text` with the tags that are none of ours as they were written; escaped in markup."""
        return self._word.sub(lambda match: self._settled(match, is_markup), text)

    def admit(self, text: str) -> str:
        """Return a line of the author's with its merge tags behind words and every other tag as written."""
        return self.settle(self.hide(text))

    def defaulted_markup(self, markup: str) -> str:
        """Return HTML as anybody may read it: each slot's default, escaped for where it stands."""
        return fill_merge_tags(self.cut_markup(markup), {})

    def defaulted(self, text: str) -> str:
        """Return `text` as anybody may read it: each slot's default, all else as written."""
        return self._word.sub(lambda match: self._public(self._tag(match)), text)

    def cut(self, text: str) -> MergeText:
        """Cut a plain text at its slots."""
        return self._cut(text, lambda _start: EscapeContext.PLAIN)

    def cut_markup(self, markup: str) -> MergeText:
        """Cut HTML at its slots, each with the context it stands in."""
        contexts = {start: context for element in _MARKUP.finditer(markup) for start, context in self._inside(element)}
        return self._cut(markup, lambda start: contexts.get(start, EscapeContext.HTML))

    def _add(self, tag: Tag) -> str:
        self._hidden.append(tag)
        return f"{self.mark}x{len(self._hidden) - 1}z"

    def _tag(self, match: re.Match[str]) -> Tag:
        return self._hidden[int(match[1])]

    def _found(self, text: str) -> list[Tag]:
        return [self._tag(match) for match in self._word.finditer(text)]

    def _settled(self, match: re.Match[str], is_markup: bool) -> str:
        tag = self._tag(match)
        if tag.slot is not None:
            return match[0]
        return html.escape(tag.source, quote=True) if is_markup else tag.source

    @staticmethod
    def _public(tag: Tag) -> str:
        return tag.source if tag.slot is None else tag.default

    def _inside(self, element: re.Match[str]) -> list[tuple[int, EscapeContext]]:
        """Return the contexts of the words inside one start tag."""
        found = []
        for attribute in _ATTRIBUTE.finditer(element[0]):
            group = 2 if attribute[2] is not None else 3
            for word in self._word.finditer(attribute[group]):
                is_whole = word[0] == attribute[group].strip()
                context = EscapeContext.LINK if is_whole else EscapeContext.URL
                if attribute[1].lower() not in _LINK_ATTRIBUTES:
                    context = EscapeContext.HTML
                found.append((element.start() + attribute.start(group) + word.start(), context))
        return found

    def _cut(self, text: str, context_at: Callable[[int], EscapeContext]) -> MergeText:
        pieces: list[str | MergeTag] = []
        end = 0
        for word in self._word.finditer(text):
            tag = self._tag(word)
            if word.start() > end:
                pieces.append(text[end : word.start()])
            if tag.slot is None:
                pieces.append(escape_value(tag.source, context_at(word.start())))
            else:
                pieces.append(MergeTag(name=tag.slot, default=tag.default, context=context_at(word.start())))
            end = word.end()
        if end < len(text):
            pieces.append(text[end:])
        return tuple(pieces)


def _read(source: str) -> Tag:
    match = _MERGE.fullmatch(source)
    if match is None:
        return Tag(source=source)
    default = next((match[name] for name in ("double", "single", "curly") if match[name] is not None), "")
    return Tag(source=source, slot=match["name"], default=default)
