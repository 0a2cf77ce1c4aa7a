"""Runs all groups of checks side by side, each in a thread, so that nothing that hangs keeps the author waiting."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue
from time import monotonic

from newsletter.doctor.check import CheckResult, fail, fail_with
from newsletter.doctor.dns.resolver import Resolver
from newsletter.errors import NewsletterError
from newsletter.settings import Settings

DEFAULT_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGroup:
    """Checks that run one after the other."""

    name: str
    run: Callable[[], Iterable[CheckResult]]


@dataclass(slots=True)
class _RunningGroup:
    group: CheckGroup
    results: "Queue[CheckResult | None]" = field(default_factory=Queue)
    """The results so far, then None."""


def run_checks(
    settings: Settings, *, dns: Resolver, clock: Callable[[], datetime], seconds: float = DEFAULT_SECONDS
) -> Iterator[CheckResult]:
    """Check everything that a send from this publication needs; yield the results, group by group.

    All groups together end within `seconds`, whatever they wait for.
    """
    yield from run_groups(check_groups(settings, dns=dns, clock=clock), seconds=seconds)


def check_groups(settings: Settings, *, dns: Resolver, clock: Callable[[], datetime]) -> tuple[CheckGroup, ...]:
    """Return the groups of checks that apply to these settings."""
    from newsletter.doctor import clock as clocks
    from newsletter.doctor import configuration, queues, ses, smtp, storage
    from newsletter.doctor.dns import domains

    groups = [
        CheckGroup(name="settings", run=lambda: configuration.check_settings(settings)),
        CheckGroup(name="secrets", run=lambda: configuration.check_secrets(settings)),
        CheckGroup(name="templates", run=lambda: configuration.check_templates(settings)),
        CheckGroup(name="database", run=lambda: storage.check_database(settings)),
        CheckGroup(name="clock", run=lambda: clocks.check_clock(settings, now=clock())),
    ]
    transport = settings.delivery.transport
    if transport != "outbox":
        groups.append(CheckGroup(name="dns", run=lambda: domains.check_domains(settings, dns)))
    if transport == "ses":
        groups.append(CheckGroup(name="ses", run=lambda: ses.check_ses(settings, now=clock())))
    if transport == "smtp":
        groups.append(CheckGroup(name="smtp", run=lambda: smtp.check_smtp(settings)))
    if settings.replies.mailbox:
        groups.append(CheckGroup(name="mailbox", run=lambda: queues.check_mailbox(settings, dns)))
    if queue := settings.feedback.queue:
        groups.append(CheckGroup(name="events", run=lambda: queues.check_queue("events", queue, settings)))
    return tuple(groups)


def run_groups(groups: Iterable[CheckGroup], *, seconds: float) -> Iterator[CheckResult]:
    """Run groups side by side and yield their results in order; a group that does not end in time has failed."""
    running = [_RunningGroup(group) for group in groups]
    for thread in running:  # daemon threads: one that hangs for ever does not keep the process
        threading.Thread(target=_run, args=(thread,), daemon=True, name=thread.group.name).start()
    end = monotonic() + seconds
    for thread in running:
        while True:
            try:
                result = thread.results.get(timeout=max(0.0, end - monotonic()))
            except Empty:
                yield fail(
                    thread.group.name,
                    "time",
                    f"not finished within {seconds:.0f} seconds: something does not answer",
                    "Check this machine's network, above all the firewall, and run it again",
                )
                break
            if result is None:
                break
            yield result


def _run(running: _RunningGroup) -> None:
    name = running.group.name
    try:
        for result in running.group.run():
            running.results.put(result)
    except NewsletterError as error:
        running.results.put(fail_with(name, "look", error))
    except Exception as error:  # the other groups are still to be reported
        message = f"could not be checked: {type(error).__name__}: {error}"
        running.results.put(fail(name, "look", message, "This is a bug in newsletter itself: report it"))
    finally:
        running.results.put(None)
