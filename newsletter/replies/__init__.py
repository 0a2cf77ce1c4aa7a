"""Replies: what readers write back to an issue, and how it becomes moderated comments.

`fetch` takes the messages of a mailbox in, one after another: `mailboxes` yields them, `sandbox` parses them and
extracts what the sender wrote in a child process (`parsing`, `extract`), `addresses` finds what they answer,
`authentication` says whether they come from their From address, `classify` and `inbound` what they are and do,
`redact` what of them may be public, and `store` records them. `moderation` then publishes or rejects a reply, by
command or by mail, and `notify` writes to its writer. `reread` extracts stored messages again, and `file_extraction`
tries the extraction on a file. Start with `fetch.fetch_replies`, then `moderation.approval`.

Names are loaded when they are first used, so that trying the extraction on a file waits for no database.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
