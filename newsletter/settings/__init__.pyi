"""Public names of `newsletter.settings`, each loaded on first use; `__init__.py` says what they are for."""

from .keys import (
    GRACE_DAYS as GRACE_DAYS,
    Rotation as Rotation,
    read_hashing_key as read_hashing_key,
    read_or_make_keys as read_or_make_keys,
    rotate_keys as rotate_keys,
)
from .reading import (
    FILE_NAME as FILE_NAME,
    find_root as find_root,
    packaged as packaged,
    read_settings as read_settings,
)
from .sections import (
    Archive as Archive,
    Database as Database,
    Delivery as Delivery,
    Dkim as Dkim,
    Feedback as Feedback,
    ListSettings as ListSettings,
    Operations as Operations,
    Pictures as Pictures,
    Publication as Publication,
    Replies as Replies,
    Ses as Ses,
    Settings as Settings,
    Smtp as Smtp,
    Tracking as Tracking,
    Web as Web,
)
from .theme import (
    Colours as Colours,
    DarkColours as DarkColours,
    LightColours as LightColours,
    ThemeSettings as ThemeSettings,
)
