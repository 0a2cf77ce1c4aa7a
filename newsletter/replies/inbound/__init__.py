"""What one incoming message is and does, once it is parsed and matched.

`context` holds what every message of a fetch needs. `classify_reply` makes the Reply that is recorded: who wrote it,
what it answers, its public text and its state. `effects` applies what a message asks or reports: an unsubscribe
request, a bounce, a complaint. Commands by moderators and writers are executed in `newsletter.replies.moderation`.
Start with `newsletter.replies.fetch`, which calls all of them.
"""
