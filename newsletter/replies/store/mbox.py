"""mbox export (RFC 4155) of published comments, threaded, for any mail program, without addresses and tokens."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP

from newsletter.content import Comment

_POLICY = SMTP.clone(linesep="\n", max_line_length=998, cte_type="7bit")
_NOWHERE = "comments.invalid"
"""A domain that never exists (RFC 2606): nobody can be written to at it."""


def build_mbox(comments: Sequence[tuple[str, str, Comment]]) -> bytes:
    """Return the mbox of comments, each with its issue's slug and title, oldest first."""
    ordered = sorted(comments, key=lambda entry: (entry[2].date, entry[2].id))
    known = {comment.id for _, _, comment in ordered}
    return b"".join(_pieces(ordered, known))


def _pieces(ordered: Sequence[tuple[str, str, Comment]], known: set[str]) -> Iterator[bytes]:
    for slug, title, comment in ordered:
        if comment.is_withdrawn:
            continue
        moment = comment.date.astimezone(UTC)
        parent = comment.in_reply_to if comment.in_reply_to in known else None
        message = EmailMessage(policy=_POLICY)
        message["From"] = _mailbox(comment)
        message["To"] = f"{slug}@{_NOWHERE}"
        message["Subject"] = f"Re: {' '.join(title.split())[:200]}"
        message["Date"] = moment
        message["Message-ID"] = _message_id(comment.id)
        message["In-Reply-To"] = message["References"] = _message_id(parent) if parent else f"<{slug}@{_NOWHERE}>"
        message["X-Verified"] = "yes" if comment.is_verified else "no"
        message.set_content(comment.text + "\n", charset="utf-8")
        yield f"From {comment.id}@{_NOWHERE} {moment:%a %b %d %H:%M:%S %Y}\n".encode("ascii", "replace")
        yield re.sub(rb"(?m)^(>*From )", rb">\1", message.as_bytes()).rstrip(b"\n") + b"\n\n"


def _mailbox(comment: Comment) -> str:
    name = re.sub(r"[^\w .’'-]", " ", comment.author).strip() or "A reader"
    return f'"{name}" <{_local(comment.id)}@{_NOWHERE}>'


def _message_id(comment_id: str) -> str:
    return f"<{_local(comment_id)}@{_NOWHERE}>"


def _local(comment_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", comment_id)[:60] or "comment"
