"""Examining: every part at once, each within its time, so that nothing that hangs keeps the author waiting."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue
from time import monotonic

from newsletter.doctor.check import CheckResult, fail
from newsletter.doctor.dns.resolver import Resolver
from newsletter.errors import NewsletterError
from newsletter.settings import Settings

SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGroup:
    """One group of checks."""

    name: str
    look: Callable[[], Iterable[CheckResult]]


@dataclass(slots=True)
class _Patient:
    """One part under examination."""

    part: CheckGroup
    found: "Queue[CheckResult | None]" = field(default_factory=Queue)
    """What was found so far, then None."""


def run_checks(
    settings: Settings, *, dns: Resolver, clock: Callable[[], datetime], seconds: float = SECONDS
) -> Iterator[CheckResult]:
    """Look at everything that a send from this publication needs; yield what was found, part by part.

    All parts together end within `seconds`, whatever they wait for.
    """
    yield from run_groups(check_groups(settings, dns=dns, clock=clock), seconds=seconds)


def check_groups(settings: Settings, *, dns: Resolver, clock: Callable[[], datetime]) -> tuple[CheckGroup, ...]:
    """Return what there is to look at."""
    from newsletter.doctor import clock as clocks
    from newsletter.doctor import configuration as place
    from newsletter.doctor import queues, ses
    from newsletter.doctor import smtp as hops
    from newsletter.doctor import storage as storing
    from newsletter.doctor.dns import domains

    parts = [
        CheckGroup(name="settings", look=lambda: place.check_settings(settings)),
        CheckGroup(name="secrets", look=lambda: place.check_secrets(settings)),
        CheckGroup(name="templates", look=lambda: place.check_templates(settings)),
        CheckGroup(name="database", look=lambda: storing.check_database(settings)),
        CheckGroup(name="clock", look=lambda: clocks.check_clock(settings, now=clock())),
    ]
    delivery = settings.delivery
    if delivery.transport != "outbox":
        parts.append(CheckGroup(name="dns", look=lambda: domains.check_domains(settings, dns)))
    if delivery.transport == "ses":
        parts.append(CheckGroup(name="ses", look=lambda: ses.check_ses(settings, now=clock())))
    if delivery.transport == "smtp":
        parts.append(CheckGroup(name="smtp", look=lambda: hops.check_smtp(settings)))
    if settings.replies.mailbox:
        parts.append(CheckGroup(name="mailbox", look=lambda: queues.check_mailbox(settings, dns)))
    if queue := getattr(getattr(settings, "feedback", None), "queue", None):
        parts.append(CheckGroup(name="events", look=lambda: queues.check_queue("events", queue, settings)))
    return tuple(parts)


def run_groups(parts: Iterable[CheckGroup], *, seconds: float) -> Iterator[CheckResult]:
    """Run parts side by side and yield their findings in order; what is not done in time has failed."""
    patients = [_Patient(part) for part in parts]
    for patient in patients:  # daemons: one that hangs for ever does not keep the process
        threading.Thread(target=_run, args=(patient,), daemon=True, name=patient.part.name).start()
    end = monotonic() + seconds
    for patient in patients:
        while True:
            try:
                found = patient.found.get(timeout=max(0.0, end - monotonic()))
            except Empty:
                yield fail(
                    patient.part.name,
                    "time",
                    f"no end within {seconds:.0f} seconds: something does not answer",
                    "Check the network from here, a firewall most of all, and run it again",
                )
                break
            if found is None:
                break
            yield found


def _run(patient: _Patient) -> None:
    name = patient.part.name
    try:
        for found in patient.part.look():
            patient.found.put(found)
    except NewsletterError as error:
        patient.found.put(fail(name, "look", *_halves(str(error))))
    except Exception as error:  # the other parts are still to be told of
        told = f"could not be looked at: {type(error).__name__}: {error}"
        patient.found.put(fail(name, "look", told, "This is a fault of newsletter itself: report it"))
    finally:
        patient.found.put(None)


def _halves(message: str) -> tuple[str, str]:
    """Return what went wrong, and the last sentence of an error's line, which says what next."""
    what, _, remedy = " ".join(message.split()).rpartition(". ")
    return (what, remedy) if what else (remedy, "Mend that and run it again")
