"""Moderation: what becomes of a reply, by whom, and on what grounds.

`approval` approves and rejects replies and asks their writers for permission; `reply_detail` shows a moderator one
reply with what was cut from it. `digest` mails moderators what waits, with one signed address for each decision;
`moderator_commands` executes what they send there, and `writer_commands` what writers send about their own replies.
`auto_approve` says whose replies need no moderator. `withdrawal` takes a comment back, `erasure` all that a person
wrote. Start with `approval`.
"""
