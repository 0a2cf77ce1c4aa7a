"""7. What readers wrote back becomes comments.

Names are loaded when they are first asked for, so that trying the extraction on a file
waits for no database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletter.replies.authenticity import Answer, DnsKeys, KeyLookup, Proof, Signature, read_signatures
    from newsletter.replies.conversation import Answered, answer, draft
    from newsletter.replies.decisions import Decision
    from newsletter.replies.digest import plan_digest
    from newsletter.replies.erasure import (
        ErasedReplies,
        erase_replies,
        names_of,
        replies_by,
        replies_to_letters_of,
    )
    from newsletter.replies.extract import Cut, Extraction
    from newsletter.replies.hearing import hears, note_wish, said_wish
    from newsletter.replies.intake import Fetched, fetch
    from newsletter.replies.isolation import Reader, Unreadable
    from newsletter.replies.mailboxes import Mailbox, Received, open_mailbox
    from newsletter.replies.match import OurMail
    from newsletter.replies.mbox import write_mbox
    from newsletter.replies.moderation import ShownReply, approve, ask, list_replies, reject, show_reply
    from newsletter.replies.naming import keep_name, kept_name
    from newsletter.replies.pageaddress import comment_address, issue_address
    from newsletter.replies.rawmail import raw_path
    from newsletter.replies.reading import Reading, extract_file
    from newsletter.replies.redact import redacted_name
    from newsletter.replies.reply import Reply, ReplyState
    from newsletter.replies.rereading import Reread, reread
    from newsletter.replies.screen import Verdict
    from newsletter.replies.trust import History
    from newsletter.replies.withdrawal import replies_of, withdraw
    from newsletter.replies.writerpage import WRITER_PATH, hand_in, read_writer_link, writer_link

_PLACES = {
    "Answer": "authenticity",
    "DnsKeys": "authenticity",
    "KeyLookup": "authenticity",
    "Answered": "conversation",
    "answer": "conversation",
    "draft": "conversation",
    "Cut": "extract",
    "Extraction": "extract",
    "Fetched": "intake",
    "Mailbox": "mailboxes",
    "OurMail": "match",
    "Proof": "authenticity",
    "Signature": "authenticity",
    "read_signatures": "authenticity",
    "Reading": "reading",
    "Received": "mailboxes",
    "Reply": "reply",
    "ReplyState": "reply",
    "ShownReply": "moderation",
    "Verdict": "screen",
    "Decision": "decisions",
    "History": "trust",
    "approve": "moderation",
    "ask": "moderation",
    "plan_digest": "digest",
    "ErasedReplies": "erasure",
    "Reread": "rereading",
    "reread": "rereading",
    "erase_replies": "erasure",
    "names_of": "erasure",
    "raw_path": "rawmail",
    "replies_by": "erasure",
    "replies_to_letters_of": "erasure",
    "replies_of": "withdrawal",
    "withdraw": "withdrawal",
    "write_mbox": "mbox",
    "extract_file": "reading",
    "fetch": "intake",
    "list_replies": "moderation",
    "open_mailbox": "mailboxes",
    "reject": "moderation",
    "show_reply": "moderation",
    "WRITER_PATH": "writerpage",
    "hand_in": "writerpage",
    "comment_address": "pageaddress",
    "issue_address": "pageaddress",
    "hears": "hearing",
    "Reader": "isolation",
    "Unreadable": "isolation",
    "note_wish": "hearing",
    "said_wish": "hearing",
    "keep_name": "naming",
    "kept_name": "naming",
    "read_writer_link": "writerpage",
    "redacted_name": "redact",
    "writer_link": "writerpage",
}

__all__ = [
    "WRITER_PATH",
    "Answer",
    "Answered",
    "Cut",
    "Decision",
    "DnsKeys",
    "ErasedReplies",
    "Extraction",
    "Fetched",
    "History",
    "KeyLookup",
    "Mailbox",
    "OurMail",
    "Proof",
    "Reader",
    "Reading",
    "Received",
    "Reply",
    "ReplyState",
    "Reread",
    "ShownReply",
    "Signature",
    "Unreadable",
    "Verdict",
    "answer",
    "approve",
    "ask",
    "comment_address",
    "draft",
    "erase_replies",
    "extract_file",
    "fetch",
    "hand_in",
    "hears",
    "issue_address",
    "keep_name",
    "kept_name",
    "list_replies",
    "names_of",
    "note_wish",
    "open_mailbox",
    "plan_digest",
    "raw_path",
    "read_signatures",
    "read_writer_link",
    "redacted_name",
    "reject",
    "replies_by",
    "replies_of",
    "replies_to_letters_of",
    "reread",
    "said_wish",
    "show_reply",
    "withdraw",
    "write_mbox",
    "writer_link",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
