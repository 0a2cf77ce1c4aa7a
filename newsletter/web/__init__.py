"""The web door: reads a request, calls one verb of a station, shows what came of it."""

from newsletter.web.running import serve

__all__ = ["serve"]
