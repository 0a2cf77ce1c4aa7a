"""Public names of `newsletter.link_cards`, each loaded on first use; `__init__.py` says what they are for."""

from .filling import FilledCard as FilledCard, fill_cards as fill_cards, new_card as new_card
from .reach import NotFetched as NotFetched
from .web import Web as Web
