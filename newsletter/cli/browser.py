"""The author's browser, where there is a display to show it on."""

import os
import sys
import webbrowser


def open_in_browser(url: str) -> bool:
    """Open an address; False where there is no display, or no browser."""
    has_display = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return has_display and webbrowser.open(url)
