"""Link cards are filled in from the pages they lead to: the only part that fetches from the web, if asked."""

from newsletter.cards.filling import FilledCard, fill_cards, new_card
from newsletter.cards.reach import NotFetched
from newsletter.cards.web import Web

__all__ = ["FilledCard", "NotFetched", "Web", "fill_cards", "new_card"]
