"""From field, read by its grammar (RFC 5322 section 3.4) for authentication: one mailbox, or the reason why not."""

import re
from dataclasses import dataclass

from newsletter.replies.parsing.headers import Headers

_LONGEST = 2_000
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_ANGLE = re.compile(r"\s*([^<>]*?)\s*<\s*([^<>]*?)\s*>\s*")
_SINGLE = (
    *("from", "sender", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)
"""Fields that a message has once (RFC 5322 section 3.6): a second one is read by some and signed by others."""


@dataclass(frozen=True, slots=True)
class FromHeader:
    """Who a message says it is from."""

    address: str = ""
    """In lower case; "" where the message does not name exactly one mailbox."""
    fault: str = ""
    """Why there is no address that could be authenticated."""

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.address.rpartition("@")[2]


def read_from_header(headers: Headers) -> FromHeader:
    """Return the one mailbox of the one From field."""
    fields = headers.all_written("from")
    if len(fields) != 1:
        return FromHeader(fault="it has no From field" if not fields else f"it has {len(fields)} From fields")
    address = _only_mailbox(fields[0])
    return (
        FromHeader(address=address) if address else FromHeader(fault="its From field does not name exactly one address")
    )


def duplicated_field(headers: Headers) -> str:
    """Return the name of a field that a message has once and this one has twice, or ""."""
    names = [name for name, _ in headers.written]
    return next((name.title() for name in _SINGLE if names.count(name) > 1), "")


def _only_mailbox(value: str) -> str:
    bare = _without_comments(value[:_LONGEST])
    if bare is None or len(value) > _LONGEST:
        return ""
    bare = _QUOTED.sub("quoted", bare).strip()
    angle = _ANGLE.fullmatch(bare)
    if angle is not None:
        name, address = angle.groups()
        if re.search(r"[,;:@]", name):
            return ""
    elif re.search(r"[<>,;:\s]", bare):
        return ""
    else:
        address = bare
    return address.lower() if _ADDRESS.fullmatch(address) else ""


def _without_comments(value: str) -> str | None:
    """Take out comments (RFC 5322 section 3.2.2), which nest; None if one, or a quoted string, never ends."""
    kept: list[str] = []
    depth = 0
    is_quoted = is_escaped = False
    for char in value:
        if is_escaped:
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif is_quoted:
            is_quoted = char != '"'
        elif char == "(":
            depth += 1
            kept.append(" ")
            continue
        elif char == ")":
            if not depth:
                return None
            depth -= 1
            continue
        elif char == '"' and not depth:
            is_quoted = True
        if not depth:
            kept.append(char)
    return None if depth or is_quoted or is_escaped else "".join(kept)
