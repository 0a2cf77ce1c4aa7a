"""Metrics: the numbers in the text format of Prometheus; nobody's address is in them, and few labels."""

from collections.abc import Iterable, Iterator, Mapping

from newsletter.monitoring.alarms import Alarm
from newsletter.stats import Numbers, Statistics

_MOST_ISSUES = 20
_STATES = ("planned", "submitted", "failed", "uncertain")
_FACTS = ("delivered", "deferred", "bounced", "complained", "rejected")

Sample = tuple[Mapping[str, str], float]


def render_metrics(found: Statistics, alarms: Iterable[Alarm] = ()) -> str:
    """Return the metrics of the newest issues, of lists and of what is wrong, as Prometheus reads them."""
    issues = found.issues[-_MOST_ISSUES:]
    named = [({"issue": issue.slug}, issue.totals) for issue in issues]
    families: tuple[tuple[str, str, Iterable[Sample]], ...] = (
        ("newsletter_deliveries", "Deliveries of the newest issues, by state.", _states(named)),
        ("newsletter_facts", "Deliveries that something came back about, by kind.", _facts(named)),
        ("newsletter_unsubscribed", "People whom an issue made unsubscribe.", _of(named, "unsubscribed")),
        ("newsletter_replies", "Replies by people.", _of(named, "replies")),
        ("newsletter_comments", "Replies that became comments.", _of(named, "comments")),
        (
            "newsletter_issue_started_seconds",
            "When an issue's first mailing began, since the epoch.",
            [({"issue": issue.slug}, issue.sent_at.timestamp()) for issue in issues],
        ),
        (
            "newsletter_subscriptions",
            "People on lists, by state.",
            [
                ({"list": each.name, "state": state}, getattr(each, state))
                for each in found.lists
                for state in ("confirmed", "pending", "suppressed")
            ],
        ),
        (
            "newsletter_alarm",
            "1 for each thing that has stopped or fallen silent.",
            [({"alarm": alarm.key}, 1) for alarm in alarms],
        ),
        ("newsletter_metrics_made_seconds", "When these were made.", [({}, found.made_at.timestamp())]),
    )
    return "".join(line for name, words, samples in families for line in _family(name, words, samples))


def _states(named: Iterable[tuple[Mapping[str, str], Numbers]]) -> Iterator[Sample]:
    for labels, numbers in named:
        for state in _STATES:
            yield {**labels, "state": state}, getattr(numbers, state)
        yield {**labels, "state": "excluded"}, sum(numbers.excluded.values())


def _facts(named: Iterable[tuple[Mapping[str, str], Numbers]]) -> Iterator[Sample]:
    for labels, numbers in named:
        for kind in _FACTS:
            if (value := getattr(numbers, kind)) is not None:
                yield {**labels, "kind": kind}, value


def _of(named: Iterable[tuple[Mapping[str, str], Numbers]], name: str) -> Iterator[Sample]:
    for labels, numbers in named:
        yield labels, getattr(numbers, name)


def _family(name: str, words: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {words}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        written = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        yield f"{name}{{{written}}} {value:.15g}\n" if written else f"{name} {value:.15g}\n"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
