"""Public names of `newsletter.link_cards`, each loaded on first use; `__init__.py` says what they are for."""

from .address_guard import FetchError as FetchError
from .card_filler import CardResult as CardResult, fill_cards as fill_cards, make_card as make_card
from .http_client import HttpClient as HttpClient
