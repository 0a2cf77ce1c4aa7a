"""Where answers and events arrive: mailboxes and queues, reachable and moving."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

from newsletter.aws import SqsQueue
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.dns.resolver import Resolver
from newsletter.settings import Settings


def check_mailbox(settings: Settings, _dns: Resolver) -> Iterator[CheckResult]:
    """Open the mailbox of `[replies]` as `newsletter replies fetch` does; nothing is taken or marked."""
    setting = settings.replies.mailbox or ""
    if setting.startswith("sqs:"):
        yield from check_queue("mailbox", setting.removeprefix("sqs:"), settings)
        return
    from newsletter.replies import open_mailbox

    mailbox = open_mailbox(setting, settings.root, password=settings.imap_password)
    if setting.startswith("maildir:"):
        folder = settings.root / setting.removeprefix("maildir:")
        if not folder.is_dir():
            yield fail("mailbox", "maildir", f"{folder} is not there", "Make it, or mend [replies] mailbox")
            return
        yield ok("mailbox", "maildir", f"{sum(1 for _ in mailbox.waiting()):,} mails lie in it")
        return
    next(iter(mailbox.waiting()), None)
    yield ok("mailbox", "imap", f"{setting.partition('://')[2]} lets us in")


def check_queue(part: str, url: str, settings: Settings) -> Iterator[CheckResult]:
    """Ask a queue how much waits, and whether what could not be read lies aside."""
    with closing(SqsQueue(url, region=settings.delivery.ses.region)) as queue:
        state = queue.state()
        name = url.rsplit("/", 1)[-1]
        if state.waiting > 0 and state.hidden == 0:
            yield warn(part, f"queue {name}", f"{state.waiting:,} wait", _remedy(part))
        else:
            yield ok(part, f"queue {name}", f"reachable; {state.waiting:,} wait, {state.hidden:,} are being read")
        if state.retention_seconds is not None and timedelta(seconds=state.retention_seconds) < timedelta(days=4):
            yield warn(
                part,
                f"queue {name}",
                f"it keeps messages {state.retention_seconds // 3600} hours only",
                "Keep them 14 days",
            )
        if state.dead_letters is None:
            yield warn(part, f"queue {name}", "no dead-letter queue: what cannot be read comes for ever", "Give it one")
            return
    with closing(SqsQueue(state.dead_letters, region=settings.delivery.ses.region)) as aside:
        dead = aside.state().waiting
    if dead:
        yield fail(
            part,
            f"dead letters of {name}",
            f"{dead:,} could not be read again and again",
            "Look at them in SQS's console",
        )
    else:
        yield ok(part, f"dead letters of {name}", "none")


def _remedy(part: str) -> str:
    return "newsletter replies fetch" if part == "mailbox" else "newsletter events pull"
