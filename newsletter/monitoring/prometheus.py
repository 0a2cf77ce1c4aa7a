"""Prometheus metrics: statistics of the newest issues, lists and alarms in the text exposition format.

All are gauges. Labels hold slugs, list names, states and alarms, never an address.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from newsletter.monitoring.alarms import Alarm
from newsletter.stats import IssueNumbers, ListGrowth, Statistics

_MAX_ISSUES = 20
_DELIVERY_STATES = ("planned", "submitted", "failed", "uncertain")
_FACT_KINDS = ("delivered", "deferred", "bounced", "complained", "rejected")
_SUBSCRIPTION_STATES = ("confirmed", "pending", "suppressed")


def render_metrics(statistics: Statistics, alarms: Iterable[Alarm] = ()) -> str:
    """Return the metrics as Prometheus scrapes them."""
    registry = CollectorRegistry()
    _add_issues(registry, statistics.issues[-_MAX_ISSUES:])
    _add_subscriptions(registry, statistics.lists)
    alarm_gauge = Gauge(
        "newsletter_alarm", "1 for each thing that has stopped or fallen silent.", ["alarm"], registry=registry
    )
    for alarm in alarms:
        alarm_gauge.labels(alarm.key).set(1)
    made = Gauge(
        "newsletter_metrics_made_seconds", "When these metrics were generated, in Unix time.", registry=registry
    )
    made.set(statistics.made_at.timestamp())
    return generate_latest(registry).decode()


def _add_issues(registry: CollectorRegistry, issues: Iterable[IssueNumbers]) -> None:
    def issue_gauge(name: str, description: str, *labels: str) -> Gauge:
        return Gauge(f"newsletter_{name}", description, ["issue", *labels], registry=registry)

    deliveries = issue_gauge("deliveries", "Deliveries of the newest issues, by state.", "state")
    facts = issue_gauge("facts", "Deliveries with a reported event, by kind.", "kind")
    unsubscribed = issue_gauge("unsubscribed", "People who unsubscribed from an issue.")
    replies = issue_gauge("replies", "Replies written by people.")
    comments = issue_gauge("comments", "Replies that became comments.")
    started = issue_gauge("issue_started_seconds", "When an issue's first mailing began, in Unix time.")
    for issue in issues:
        numbers = issue.totals
        for state in _DELIVERY_STATES:
            deliveries.labels(issue.slug, state).set(getattr(numbers, state))
        deliveries.labels(issue.slug, "excluded").set(sum(numbers.excluded.values()))
        for kind in _FACT_KINDS:
            if (number := getattr(numbers, kind)) is not None:  # None: nobody reports it, which is not 0
                facts.labels(issue.slug, kind).set(number)
        unsubscribed.labels(issue.slug).set(numbers.unsubscribed)
        replies.labels(issue.slug).set(numbers.replies)
        comments.labels(issue.slug).set(numbers.comments)
        started.labels(issue.slug).set(issue.sent_at.timestamp())


def _add_subscriptions(registry: CollectorRegistry, lists: Iterable[ListGrowth]) -> None:
    gauge = Gauge("newsletter_subscriptions", "People on lists, by state.", ["list", "state"], registry=registry)
    for growth in lists:
        for state in _SUBSCRIPTION_STATES:
            gauge.labels(growth.name, state).set(getattr(growth, state))
