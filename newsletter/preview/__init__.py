"""The preview: an issue on a page of this machine's browser, composed anew whenever its author saves."""

from newsletter.preview.galley import Reviewed
from newsletter.preview.running import Open, serve

__all__ = ["Open", "Reviewed", "serve"]
