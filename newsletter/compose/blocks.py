"""Blocks: what an issue is made of, each with the line of the file it came from.

Every `html` is well-formed, sanitised XHTML; merge tags in it are still words (see tags.py).
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A run of headings, paragraphs, lists and quotations."""

    kind: ClassVar[str] = "prose"
    line: int
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One picture as it is shown, sizes in CSS pixels."""

    src: str
    """A URL; "" when the picture is missing, and only its alt text is shown."""
    alt: str
    width: int | None = None
    height: int | None = None
    href: str | None = None
    caption: str = ""
    """HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """One picture, or several side by side."""

    kind: ClassVar[str] = "pictures"
    line: int
    shown: tuple[Image, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Pictures in rows of two or three."""

    kind: ClassVar[str] = "gallery"
    line: int
    rows: tuple[tuple[Image, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A link with its title, a few words and a picture; or a video with its poster."""

    kind: ClassVar[str] = "card"
    line: int
    href: str
    """"" when the author gave none."""
    title: str
    html: str = ""
    shown: Image | None = None
    is_video: bool = False

    @property
    def host(self) -> str:
        """Where the link leads, as a reader names it."""
        return self.href.partition("://")[2].partition("/")[0].partition("?")[0].removeprefix("www.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading as a list of contents names it."""

    level: int
    """1 for the highest order that the text has, 2 for the one below it."""
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A list of the text's headings."""

    kind: ClassVar[str] = "contents"
    line: int
    title: str
    headings: tuple[Heading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLetter:
    """What a reader answered to an earlier issue."""

    author: str
    day: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLetters:
    """Letters to the editor."""

    kind: ClassVar[str] = "letters"
    line: int
    letters: tuple[ReaderLetter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One thing to do."""

    label: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A paragraph of nothing but buttons."""

    kind: ClassVar[str] = "buttons"
    line: int
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """A pause between two parts."""

    kind: ClassVar[str] = "divider"
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows and columns."""

    kind: ClassVar[str] = "table"
    line: int
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A listing, highlighted where its language is known."""

    kind: ClassVar[str] = "code"
    line: int
    html: str
    """The whole `<pre>`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuote:
    """A sentence set large."""

    kind: ClassVar[str] = "pullquote"
    line: int
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A boxed aside: note, tip, warning."""

    kind: ClassVar[str] = "callout"
    line: int
    style: str
    title: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Two to four columns that stack on a narrow screen."""

    kind: ClassVar[str] = "columns"
    line: int
    columns: tuple[tuple["Block", ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footnotes:
    """The notes, each already carrying its number and the way back."""

    kind: ClassVar[str] = "footnotes"
    line: int
    notes: tuple[str, ...]


Block = (
    Prose
    | Pictures
    | Gallery
    | Card
    | Contents
    | ReaderLetters
    | Buttons
    | Divider
    | Table
    | Code
    | PullQuote
    | Callout
    | Columns
    | Footnotes
)
