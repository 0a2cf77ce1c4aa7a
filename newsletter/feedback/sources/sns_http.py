"""Fetches what SNS itself has: its certificates, and the page that confirms a subscription; follows nothing."""

import ssl
from functools import lru_cache
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.errors import TemporaryError

_SECONDS = 5
_MOST = 64 * 1024


def read_certificate(url: str, folder: Path | None = None) -> bytes:
    """Return the certificates at a URL of SNS's, or from a file in `folder` that has its name; else TemporaryError."""
    if folder is not None:
        pinned = folder / Path(urlsplit(url).path).name
        if pinned.is_file():
            return pinned.read_bytes()
    return _fetched(url)


def visit(url: str) -> bytes:
    """Ask for a page of SNS's and return it; TemporaryError when it cannot be had."""
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.netloc, timeout=_SECONDS, context=ssl.create_default_context())
    try:
        connection.request("GET", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
        answer = connection.getresponse()
        content = answer.read(_MOST + 1)
    except (OSError, HTTPException) as error:
        raise TemporaryError(f"{parts.netloc}: cannot be reached: {error}") from error
    finally:
        connection.close()
    if answer.status != 200 or len(content) > _MOST:
        raise TemporaryError(f"{parts.netloc}: answered {answer.status}")
    return content


@lru_cache(maxsize=16)
def _fetched(url: str) -> bytes:
    return visit(url)
