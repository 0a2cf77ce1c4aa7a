"""What our own border says of a mail: its Authentication-Results (RFC 8601), and SES's verdicts.

Anybody can write such a field into a mail. Only the topmost one that carries our own identifier counts:
the border adds its own above whatever came in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.replies.parsing.headers import Headers

_LONGEST = 8_000
_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)(?=\s|$)", re.IGNORECASE)
_PROPERTY = re.compile(r"(?<![a-z])([a-z]+)\s*\.\s*([a-z0-9-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderWord:
    """What the border found."""

    dmarc: str = ""
    """pass, fail, none, ...; "" where it says nothing of it."""
    dmarc_domain: str = ""
    """The From domain it is about; "" where the border does not say."""
    dkim_domains: tuple[str, ...] = ()
    """The domains whose signatures are valid."""
    by: str = ""


def read_border(headers: Headers, authserv_id: str | None) -> BorderWord | None:
    """Return what the topmost field of our own border says; None without one, or without an identifier."""
    if not authserv_id:
        return None
    wanted = authserv_id.strip().lower()
    for value in headers.all_written("authentication-results"):
        parts = _parts(value[:_LONGEST])
        words = parts[0].split() if parts else []
        if not words or words[0].strip('"').lower() != wanted or words[1:] not in ([], ["1"]):
            continue
        return _word(parts[1:], wanted)
    return None


def read_verdicts(verdicts: Mapping[str, str], domain: str) -> BorderWord | None:
    """Return what SES's receipt says; only its DMARC verdict is about the From line."""
    dmarc = verdicts.get("dmarc", "").lower()
    if dmarc not in {"pass", "fail"}:
        return None
    return BorderWord(dmarc=dmarc, dmarc_domain=domain, by="SES")


def _word(parts: list[str], by: str) -> BorderWord:
    dmarc = dmarc_domain = ""
    domains: list[str] = []
    for part in parts:
        result = _RESULT.match(part)
        if result is None:
            continue
        method, said = result[1].lower(), result[2].lower()
        about = {
            f"{kind}.{name}".lower(): (quoted or bare).lower().strip(".")
            for kind, name, quoted, bare in _PROPERTY.findall(part[result.end() :])
        }
        if method == "dmarc" and not dmarc:
            dmarc, dmarc_domain = said, about.get("header.from", "").rpartition("@")[2]
        elif method == "dkim" and said == "pass":
            domains.append(about.get("header.d") or about.get("header.i", "").rpartition("@")[2])
    return BorderWord(dmarc=dmarc, dmarc_domain=dmarc_domain, dkim_domains=tuple(filter(None, domains)), by=by)


def _parts(value: str) -> list[str]:
    """Split a field at its semicolons, comments taken out; nothing where one, or a quotation, never ends."""
    parts: list[list[str]] = [[]]
    depth = 0
    is_quoted = is_escaped = False
    for char in value:
        if is_escaped:
            is_escaped = False
        elif char == "\\" and (depth or is_quoted):
            is_escaped = True
        elif char == '"' and not depth:
            is_quoted = not is_quoted
        elif char == "(" and not is_quoted:
            depth += 1
        elif char == ")" and not is_quoted and depth:
            depth -= 1
            parts[-1].append(" ")
            continue
        elif char == ";" and not is_quoted and not depth:
            parts.append([])
            continue
        if not depth:
            parts[-1].append(char)
    return [] if depth or is_quoted else ["".join(part) for part in parts]
