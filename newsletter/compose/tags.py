"""Tags of one composition: hidden behind opaque words before Markdown, put back as slots at the very end.

Every `{{ }}` and `{% %}` is hidden, so that neither Markdown nor MJML nor premailer can mangle
one. What is a merge tag becomes a slot; the rest, and everything inside code, goes back
literally. The words are made from a digest of the text, so no text can hold one by design.
"""

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.compose.merge import Context, Part, Slot, escaped, filled

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
        return filled(self.cut_markup(markup), {})

    def defaulted(self, text: str) -> str:
        """Return `text` as anybody may read it: each slot's default, all else as written."""
        return self._word.sub(lambda match: self._public(self._tag(match)), text)

    def cut(self, text: str) -> Part:
        """Cut a plain text at its slots."""
        return self._cut(text, lambda _start: Context.PLAIN)

    def cut_markup(self, markup: str) -> Part:
        """Cut HTML at its slots, each with the context it stands in."""
        contexts = {start: context for element in _MARKUP.finditer(markup) for start, context in self._inside(element)}
        return self._cut(markup, lambda start: contexts.get(start, Context.HTML))

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

    def _inside(self, element: re.Match[str]) -> list[tuple[int, Context]]:
        """Return the contexts of the words inside one start tag."""
        found = []
        for attribute in _ATTRIBUTE.finditer(element[0]):
            group = 2 if attribute[2] is not None else 3
            for word in self._word.finditer(attribute[group]):
                is_whole = word[0] == attribute[group].strip()
                context = Context.LINK if is_whole else Context.URL
                if attribute[1].lower() not in _LINK_ATTRIBUTES:
                    context = Context.HTML
                found.append((element.start() + attribute.start(group) + word.start(), context))
        return found

    def _cut(self, text: str, context_at: Callable[[int], Context]) -> Part:
        pieces: list[str | Slot] = []
        end = 0
        for word in self._word.finditer(text):
            tag = self._tag(word)
            if word.start() > end:
                pieces.append(text[end : word.start()])
            if tag.slot is None:
                pieces.append(escaped(tag.source, context_at(word.start())))
            else:
                pieces.append(Slot(name=tag.slot, default=tag.default, context=context_at(word.start())))
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
