"""Public names of `newsletter.delivery.message`, each loaded on first use; `__init__.py` says what they are for."""

from .click_links import (
    CLICK_PATH as CLICK_PATH,
    find_click_link as find_click_link,
    find_click_links as find_click_links,
)
from .dkim_keys import (
    lookup_txt as lookup_txt,
    open_dkim_signer as open_dkim_signer,
    unpublished_dkim_keys as unpublished_dkim_keys,
)
from .signed_addresses import (
    parse_signed_address as parse_signed_address,
    signed_address as signed_address,
)
from .links import WEB_PATHS as WEB_PATHS
