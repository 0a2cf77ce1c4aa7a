"""Settings: newsletter.toml and the environment, read once into one frozen value.

Secrets never stand in the file. Unknown keys are errors with a suggestion.
"""

from newsletter.settings.keys import GRACE_DAYS, Rotation, read_hashing_key, read_or_make_keys, rotate_keys
from newsletter.settings.reading import FILE_NAME, find_root, packaged, read_settings
from newsletter.settings.sections import (
    Archive,
    Database,
    Delivery,
    Dkim,
    Feedback,
    ListSettings,
    Operations,
    Pictures,
    Publication,
    Replies,
    Ses,
    Settings,
    Smtp,
    Tracking,
    Web,
)
from newsletter.settings.theme import Colours, DarkColours, LightColours, ThemeSettings

__all__ = [
    "FILE_NAME",
    "GRACE_DAYS",
    "Archive",
    "Colours",
    "DarkColours",
    "Database",
    "Delivery",
    "Dkim",
    "Feedback",
    "LightColours",
    "ListSettings",
    "Operations",
    "Pictures",
    "Publication",
    "Replies",
    "Rotation",
    "Ses",
    "Settings",
    "Smtp",
    "ThemeSettings",
    "Tracking",
    "Web",
    "find_root",
    "packaged",
    "read_hashing_key",
    "read_or_make_keys",
    "read_settings",
    "rotate_keys",
]
