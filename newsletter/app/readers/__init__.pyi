"""Public names of `newsletter.app.readers`, each loaded on first use; `__init__.py` says what they are for."""

from . import (
    comments as comments,
    links as links,
    my_data as my_data,
    personal_data as personal_data,
    preferences as preferences,
    signup as signup,
    unsubscribe as unsubscribe,
)
