"""Public names of `newsletter.replies`, each loaded on first use; `__init__.py` says what they are for."""

from .addresses.match import OurMessageFilter as OurMessageFilter
from .addresses.page_address import (
    comment_reply_address as comment_reply_address,
    issue_reply_address as issue_reply_address,
)
from .addresses.writer_page import (
    WRITER_PAGE_PATH as WRITER_PAGE_PATH,
    read_writer_token as read_writer_token,
    submit_revision as submit_revision,
)
from .authentication import (
    AuthResult as AuthResult,
    DkimSignature as DkimSignature,
    DnsKeys as DnsKeys,
    verify_dkim as verify_dkim,
)
from .classify.classifier import Verdict as Verdict
from .extract import Cut as Cut
from .fetch import FetchResult as FetchResult, fetch_replies as fetch_replies
from .file_extraction import ExtractedFile as ExtractedFile, extract_file as extract_file
from .mailboxes import open_mailbox as open_mailbox
from .moderation.approval import approve as approve, ask_permission as ask_permission, reject as reject
from .moderation.digest import plan_digest as plan_digest
from .moderation.erasure import (
    erase_replies as erase_replies,
    notice_subject_ids as notice_subject_ids,
    replies_by_person as replies_by_person,
    replies_from_other_addresses as replies_from_other_addresses,
)
from .moderation.reply_detail import ReplyDetail as ReplyDetail, show_reply as show_reply
from .moderation.withdrawal import replies_from_address as replies_from_address, withdraw_reply as withdraw_reply
from .notify.author_answer import (
    PlannedAnswer as PlannedAnswer,
    answer_reply as answer_reply,
    draft_answer as draft_answer,
)
from .notify.comment_notifications import (
    is_notified_of_answers as is_notified_of_answers,
    set_answer_notification as set_answer_notification,
)
from .redact.redaction import redact_name as redact_name
from .reread import RereadResult as RereadResult, reread_replies as reread_replies
from .sandbox import Sandbox as Sandbox, UnreadableMessage as UnreadableMessage
from .store.display_names import find_display_name as find_display_name, save_display_name as save_display_name
from .store.mbox import build_mbox as build_mbox
from .store.models import (
    Decision as Decision,
    Reply as Reply,
    ReplyState as ReplyState,
    WriterHistory as WriterHistory,
)
from .store.queries import (
    answer_notification_choice as answer_notification_choice,
    list_replies as list_replies,
)
from .store.raw_messages import raw_message_path as raw_message_path
