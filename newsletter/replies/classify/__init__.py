"""Classification of messages: a person's reply, an auto-reply, a bounce, a complaint, a loop, list mail or spam.

`classifier` applies the rules, in order, to a parsed message; `patterns` has the header names, senders and subjects
by which automatic mail is recognised in many languages. `unsubscribe_request` reads what a person asks for in the
text itself: to be unsubscribed, or not to be published. Start with `classifier`.
"""
