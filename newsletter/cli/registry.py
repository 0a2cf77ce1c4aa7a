"""Command registry: each command's module below `commands/`, and the sentence that `newsletter --help` shows for it.

The table repeats the first sentence of each command's docstring, so that listing all commands imports none of them.
A test compares the two.
"""

COMMANDS = {
    "init": ("issues", "Make a new publication that is ready to send."),
    "new": ("issues", "Start a new issue as a draft."),
    "compose": ("issues", "Compose an issue and write what would be sent."),
    "check": ("issues", "Check an issue for errors and warnings before it is sent."),
    "preview": ("issues", "Preview an issue in the browser, updated whenever you save."),
    "cards": ("cards", "Fill link and video cards from the pages they link to."),
    "plan": ("send", "Show who would get an issue, who would not and why, how long it takes and what it costs."),
    "test-send": ("send", "Send an issue to a few addresses of your own, to see it as readers will."),
    "rehearse": ("rehearse", "Rehearse a whole send against a simulated Amazon SES, and report what happened."),
    "send": ("send", "Send an issue to a list: to everybody who has not got it yet, and to nobody twice."),
    "pause": ("mailings", "Pause a mailing: nothing more of it is sent until you resume it."),
    "resume": ("mailings", "Resume a paused mailing. It sends nothing by itself: `newsletter send` does."),
    "cancel": ("mailings", "Cancel a mailing for good: readers who have not got it yet will not."),
    "status": ("mailings", "Show who was mailed, who still will be, who will not and why, and what was reported back."),
    "resolve": ("mailings", "Settle a mailing's uncertain deliveries: those that may or may not have been accepted."),
    "events": ("events", "What mail providers report about messages: deliveries, bounces, complaints."),
    "outbox": ("outbox", "Read the messages that the outbox keeps instead of sending them."),
    "subscribers": ("subscribers", "The people on your lists: import, show, remove and erase them."),
    "lists": ("lists", "Show the lists, and how many subscribers each has by subscription status."),
    "segments": ("lists", "Queries that select some of a list's subscribers, by name or written out."),
    "suppressions": ("suppressions", "Addresses that are never mailed, and why."),
    "replies": ("replies", "What readers wrote back: fetch, read, moderate and answer it."),
    "notices": ("notices", "Emails to one person: confirmations, your answers, news about their replies."),
    "archive": ("archive", "Build the static site of issues and their comments."),
    "serve": (
        "maintenance",
        "Run the web server: readers sign up, confirm, unsubscribe and change their preferences there.",
    ),
    "database": ("maintenance", "Upgrade, back up and copy the database."),
    "keys": ("maintenance", "The secret key that signs links and hashes suppressed addresses."),
    "stats": ("stats", "Show what became of messages (submitted, delivered, bounced, replied to) and how lists grow."),
    "doctor": ("doctor", "Check everything that a send needs: ok, warn or fail, each with its remedy."),
}
"""In the order of an author's day."""
