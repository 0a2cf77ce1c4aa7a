"""Public names of `newsletter.replies`, each loaded on first use; `__init__.py` says what they are for."""

from .authenticity import (
    Answer as Answer,
    DnsKeys as DnsKeys,
    KeyLookup as KeyLookup,
    Proof as Proof,
    Signature as Signature,
    read_signatures as read_signatures,
)
from .conversation import Answered as Answered, answer as answer, draft as draft
from .decisions import Decision as Decision
from .digest import plan_digest as plan_digest
from .erasure import (
    ErasedReplies as ErasedReplies,
    erase_replies as erase_replies,
    names_of as names_of,
    replies_by as replies_by,
    replies_to_letters_of as replies_to_letters_of,
)
from .extract import Cut as Cut, Extraction as Extraction
from .hearing import hears as hears, note_wish as note_wish, said_wish as said_wish
from .intake import Fetched as Fetched, fetch as fetch
from .isolation import Reader as Reader, Unreadable as Unreadable
from .mailboxes import Mailbox as Mailbox, Received as Received, open_mailbox as open_mailbox
from .match import OurMail as OurMail
from .mbox import write_mbox as write_mbox
from .moderation import (
    ShownReply as ShownReply,
    approve as approve,
    ask as ask,
    list_replies as list_replies,
    reject as reject,
    show_reply as show_reply,
)
from .naming import keep_name as keep_name, kept_name as kept_name
from .pageaddress import comment_address as comment_address, issue_address as issue_address
from .rawmail import raw_path as raw_path
from .reading import Reading as Reading, extract_file as extract_file
from .redact import redacted_name as redacted_name
from .reply import Reply as Reply, ReplyState as ReplyState
from .rereading import Reread as Reread, reread as reread
from .screen import Verdict as Verdict
from .trust import History as History
from .withdrawal import replies_of as replies_of, withdraw as withdraw
from .writerpage import (
    WRITER_PATH as WRITER_PATH,
    hand_in as hand_in,
    read_writer_link as read_writer_link,
    writer_link as writer_link,
)
