"""Authentication-Results (RFC 8601) of our own mail server, and SES's verdicts.

Anybody can write such a field into a message. Only the topmost one that carries our own authserv-id counts: our mail
server adds its own above whatever came in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.replies.parsing.headers import Headers

_LONGEST = 8_000
_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)(?=\s|$)", re.IGNORECASE)
_PROPERTY = re.compile(r"(?<![a-z])([a-z]+)\s*\.\s*([a-z0-9-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResults:
    """What our own mail server found."""

    dmarc: str = ""
    """pass, fail, none, ...; "" where it says nothing of DMARC."""
    dmarc_domain: str = ""
    """The From domain that it is about; "" if not stated."""
    dkim_domains: tuple[str, ...] = ()
    """The domains whose signatures are valid."""
    by: str = ""


def read_authentication_results(headers: Headers, authserv_id: str | None) -> AuthenticationResults | None:
    """Return what the topmost field of our own mail server says; None without one, or without an authserv-id."""
    if not authserv_id:
        return None
    wanted = authserv_id.strip().lower()
    for value in headers.all_written("authentication-results"):
        parts = _parts(value[:_LONGEST])
        head = parts[0].split() if parts else []
        if not head or head[0].strip('"').lower() != wanted or head[1:] not in ([], ["1"]):
            continue
        return _read_results(parts[1:], wanted)
    return None


def read_ses_verdicts(verdicts: Mapping[str, str], domain: str) -> AuthenticationResults | None:
    """Return what SES's receipt says; only its DMARC verdict is about the From field."""
    dmarc = verdicts.get("dmarc", "").lower()
    if dmarc not in {"pass", "fail"}:
        return None
    return AuthenticationResults(dmarc=dmarc, dmarc_domain=domain, by="SES")


def _read_results(parts: list[str], by: str) -> AuthenticationResults:
    dmarc = dmarc_domain = ""
    domains: list[str] = []
    for part in parts:
        result = _RESULT.match(part)
        if result is None:
            continue
        method, verdict = result[1].lower(), result[2].lower()
        properties = {
            f"{kind}.{name}".lower(): (quoted or bare).lower().strip(".")
            for kind, name, quoted, bare in _PROPERTY.findall(part[result.end() :])
        }
        if method == "dmarc" and not dmarc:
            dmarc, dmarc_domain = verdict, properties.get("header.from", "").rpartition("@")[2]
        elif method == "dkim" and verdict == "pass":
            domains.append(properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2])
    return AuthenticationResults(
        dmarc=dmarc, dmarc_domain=dmarc_domain, dkim_domains=tuple(filter(None, domains)), by=by
    )


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
