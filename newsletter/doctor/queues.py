"""Checks of where replies and events arrive: the mailbox, and SQS queues with their dead-letter queues."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

from newsletter.aws import SqsQueue
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.dns.resolver import Resolver
from newsletter.settings import Settings


def check_mailbox(settings: Settings, _dns: Resolver) -> Iterator[CheckResult]:
    """Open the mailbox of `[replies]` as `newsletter replies fetch` does; nothing is moved or marked."""
    setting = settings.replies.mailbox or ""
    if setting.startswith("sqs:"):
        yield from check_queue("mailbox", setting.removeprefix("sqs:"), settings)
        return
    from newsletter.replies import open_mailbox

    mailbox = open_mailbox(setting, settings.root, password=settings.imap_password)
    if setting.startswith("maildir:"):
        folder = settings.root / setting.removeprefix("maildir:")
        if not folder.is_dir():
            yield fail("mailbox", "maildir", f"{folder} does not exist", "Create it, or correct [replies] mailbox")
            return
        yield ok("mailbox", "maildir", f"{sum(1 for _ in mailbox.waiting()):,} messages are waiting")
        return
    next(iter(mailbox.waiting()), None)
    yield ok("mailbox", "imap", f"{setting.partition('://')[2]} accepts the login")


def check_queue(part: str, url: str, settings: Settings) -> Iterator[CheckResult]:
    """Check how many messages wait in a queue, and whether its dead-letter queue is empty."""
    with closing(SqsQueue(url, region=settings.delivery.ses.region)) as queue:
        state = queue.state()
        name = url.rsplit("/", 1)[-1]
        if state.waiting > 0 and state.hidden == 0:
            yield warn(part, f"queue {name}", f"{state.waiting:,} messages are waiting", _remedy(part))
        else:
            yield ok(part, f"queue {name}", f"reachable; {state.waiting:,} waiting, {state.hidden:,} being read")
        if state.retention_seconds is not None and timedelta(seconds=state.retention_seconds) < timedelta(days=4):
            yield warn(
                part,
                f"queue {name}",
                f"it keeps messages for {state.retention_seconds // 3600} hours only",
                "Keep them for 14 days",
            )
        if state.dead_letters is None:
            yield warn(
                part,
                f"queue {name}",
                "no dead-letter queue: a message that cannot be read is delivered again and again",
                "Give it one",
            )
            return
    with closing(SqsQueue(state.dead_letters, region=settings.delivery.ses.region)) as dead_letter_queue:
        dead = dead_letter_queue.state().waiting
    if dead:
        yield fail(
            part,
            f"dead letters of {name}",
            f"{dead:,} could not be read after several attempts",
            "Look at them in the SQS console",
        )
    else:
        yield ok(part, f"dead letters of {name}", "none")


def _remedy(part: str) -> str:
    return "newsletter replies fetch" if part == "mailbox" else "newsletter events pull"
