"""The commands by name: the module of this folder that has each, and what `newsletter --help` says of it.

The sentence stands in the module too; the list of all commands need import none of them. A test compares the two.
"""

VERBS = {
    "init": ("starting", "Make a new publication that is ready to send."),
    "new": ("starting", "Start an issue as a draft."),
    "compose": ("composing", "Compose an issue and write what would be sent."),
    "check": ("composing", "Say what should be mended before an issue is sent."),
    "preview": ("previewing", "Show a letter in the browser, anew whenever you save."),
    "cards": ("cards", "Fill link and video cards from the pages they lead to."),
    "plan": (
        "sending",
        "Say who would get an issue, who would not and why, how long it takes and what it costs.",
    ),
    "test-send": ("trying", "Send an issue to a few addresses of your own, to see it as readers will."),
    "rehearse": ("rehearsing", "Rehearse a whole send against a pretend Amazon SES, and say what happened."),
    "send": ("sending", "Send an issue to a list: to everybody who has not got it yet, and to nobody twice."),
    "pause": ("steering", "Let nothing more of a mailing leave, until it is resumed."),
    "resume": (
        "steering",
        "Let a paused mailing leave again. It sends nothing by itself: `newsletter send` does.",
    ),
    "cancel": ("steering", "End a mailing for good: whoever has not got it yet will not."),
    "status": (
        "status",
        "Say where everybody is: who was mailed, who is still to be, who not and why, and what came back.",
    ),
    "resolve": (
        "steering",
        "Settle the deliveries of a mailing of which nobody knows whether they were taken.",
    ),
    "events": ("events", "What came back about letters: deliveries, bounces, complaints."),
    "outbox": ("outbox", "Read the letters that the outbox keeps instead of mailing them."),
    "subscribers": ("audience", "The people on your lists: bring them in, look, let them go."),
    "lists": ("audience", "Show the lists and how many people stand how on each."),
    "segments": ("segments", "Questions about the people of a list, by name or as they come."),
    "suppressions": ("audience", "Addresses that are not to be mailed, and why."),
    "replies": ("replies", "What readers wrote back: fetch it, read it, let it stand under its issue."),
    "notices": ("notices", "Mail to one person: answers, and word on what became of theirs."),
    "archive": ("archive", "Build the static site of issues and their comments."),
    "serve": ("serving", "Open the web door: people subscribe, confirm, unsubscribe and choose there."),
    "database": ("database", "Where people are kept: its shape, and copies of it."),
    "keys": ("keys", "The secrets that sign links, and hash who must not be written to."),
    "stats": ("stats", "Say what became of letters: submitted, delivered, bounced, answered; and how lists grow."),
    "doctor": ("doctor", "Look at everything that a send needs: ok, warn or fail, each with its remedy."),
}
"""In the order of an author's day."""
