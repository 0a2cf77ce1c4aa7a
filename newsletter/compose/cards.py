"""Cards as their author wrote them, before the letter makes up for what they leave out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.compose.blocks import Block, Callout, Card, Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBox:
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
