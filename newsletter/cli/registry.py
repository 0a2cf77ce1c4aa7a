"""Command registry: each command's module below `commands/`, and the sentence that `newsletter --help` shows for it.

The table repeats the first sentence of each command's docstring, so that listing all commands imports none of them.
A test compares the two.
"""

COMMANDS = {
    "init": ("init", "Make a new publication that is ready to send."),
    "new": ("init", "Start an issue as a draft."),
    "compose": ("issues", "Compose an issue and write what would be sent."),
    "check": ("issues", "Say what should be mended before an issue is sent."),
    "preview": ("preview", "Show a letter in the browser, anew whenever you save."),
    "cards": ("cards", "Fill link and video cards from the pages they lead to."),
    "plan": (
        "send",
        "Say who would get an issue, who would not and why, how long it takes and what it costs.",
    ),
    "test-send": ("test_send", "Send an issue to a few addresses of your own, to see it as readers will."),
    "rehearse": ("rehearse", "Rehearse a whole send against a pretend Amazon SES, and say what happened."),
    "send": ("send", "Send an issue to a list: to everybody who has not got it yet, and to nobody twice."),
    "pause": ("mailings", "Let nothing more of a mailing leave, until it is resumed."),
    "resume": (
        "mailings",
        "Let a paused mailing leave again. It sends nothing by itself: `newsletter send` does.",
    ),
    "cancel": ("mailings", "End a mailing for good: whoever has not got it yet will not."),
    "status": (
        "status",
        "Say where everybody is: who was mailed, who is still to be, who not and why, and what came back.",
    ),
    "resolve": (
        "mailings",
        "Settle the deliveries of a mailing of which nobody knows whether they were taken.",
    ),
    "events": ("events", "What came back about letters: deliveries, bounces, complaints."),
    "outbox": ("outbox", "Read the letters that the outbox keeps instead of mailing them."),
    "subscribers": ("subscribers", "The people on your lists: bring them in, look, let them go."),
    "lists": ("subscribers", "Show the lists and how many people stand how on each."),
    "segments": ("lists", "Questions about the people of a list, by name or as they come."),
    "suppressions": ("subscribers", "Addresses that are not to be mailed, and why."),
    "replies": ("replies", "What readers wrote back: fetch it, read it, let it stand under its issue."),
    "notices": ("notices", "Mail to one person: answers, and word on what became of theirs."),
    "archive": ("archive", "Build the static site of issues and their comments."),
    "serve": ("serve", "Open the web door: people subscribe, confirm, unsubscribe and choose there."),
    "database": ("database", "Where people are kept: its shape, and copies of it."),
    "keys": ("keys", "The secrets that sign links, and hash who must not be written to."),
    "stats": ("stats", "Say what became of letters: submitted, delivered, bounced, answered; and how lists grow."),
    "doctor": ("doctor", "Look at everything that a send needs: ok, warn or fail, each with its remedy."),
}
"""In the order of an author's day."""
