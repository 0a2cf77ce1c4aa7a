"""Public names of `newsletter.settings`, each loaded on first use; `__init__.py` says what they are for."""

from .secret_keys import (
    GRACE_DAYS as GRACE_DAYS,
    Rotation as Rotation,
    read_hashing_key as read_hashing_key,
    read_or_make_keys as read_or_make_keys,
    rotate_keys as rotate_keys,
)
from .loader import (
    SETTINGS_FILE as SETTINGS_FILE,
    find_root as find_root,
    packaged_path as packaged_path,
    read_settings as read_settings,
)
from .sections import (
    ArchiveSettings as ArchiveSettings,
    DatabaseSettings as DatabaseSettings,
    DeliverySettings as DeliverySettings,
    DkimSettings as DkimSettings,
    FeedbackSettings as FeedbackSettings,
    ListSettings as ListSettings,
    OperationsSettings as OperationsSettings,
    PictureSettings as PictureSettings,
    PublicationSettings as PublicationSettings,
    RepliesSettings as RepliesSettings,
    SesSettings as SesSettings,
    Settings as Settings,
    SmtpSettings as SmtpSettings,
    TrackingSettings as TrackingSettings,
    WebSettings as WebSettings,
)
from .theme import (
    Colours as Colours,
    DarkColours as DarkColours,
    LightColours as LightColours,
    ThemeSettings as ThemeSettings,
)
