"""Blocks: what the body of an issue consists of, each with the line of the file it came from.

Every `html` is well-formed, sanitised XHTML, in which merge tags are still placeholders (see merge_tags.py). A block's
`kind` names the template partial that lays it out.
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
    """One picture as an `<img>` shows it, sizes in CSS pixels."""

    src: str
    """A URL; "" if the picture is missing, in which case its alt text is shown."""
    alt: str
    width: int | None = None
    height: int | None = None
    href: str | None = None
    caption: str = ""
    """HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRow:
    """One picture, or several side by side."""

    kind: ClassVar[str] = "pictures"
    line: int
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Pictures in rows of two or three."""

    kind: ClassVar[str] = "gallery"
    line: int
    rows: tuple[tuple[Image, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A link with a title, a short text and a picture; or a video with its poster."""

    kind: ClassVar[str] = "card"
    line: int
    href: str
    """"" when the author gave none."""
    title: str
    html: str = ""
    image: Image | None = None
    is_video: bool = False

    @property
    def host(self) -> str:
        """The host of the link, without `www.`."""
        return self.href.partition("://")[2].partition("/")[0].partition("?")[0].removeprefix("www.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading as a table of contents lists it."""

    level: int
    """1 for the highest level that the text has, 2 for the one below it."""
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOfContents:
    """A table of contents: the headings of the text as links."""

    kind: ClassVar[str] = "contents"
    line: int
    title: str
    headings: tuple[Heading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedComment:
    """A reader's comment on an earlier issue."""

    author: str
    date: str
    """The date as a reader reads it."""
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedComments:
    """Comments quoted in an issue, as letters to the editor."""

    kind: ClassVar[str] = "letters"
    line: int
    comments: tuple[QuotedComment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A link shown as a button."""

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
    """A horizontal rule."""

    kind: ClassVar[str] = "divider"
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table."""

    kind: ClassVar[str] = "table"
    line: int
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code block, highlighted if its language is known."""

    kind: ClassVar[str] = "code"
    line: int
    html: str
    """The whole `<pre>`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuote:
    """A pull quote."""

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
    """The footnotes in order, each with its link back to the reference."""

    kind: ClassVar[str] = "footnotes"
    line: int
    notes: tuple[str, ...]


Block = (
    Prose
    | PictureRow
    | Gallery
    | Card
    | TableOfContents
    | QuotedComments
    | Buttons
    | Divider
    | Table
    | Code
    | PullQuote
    | Callout
    | Columns
    | Footnotes
)
