"""Planning a send: who would get an issue, how long it takes and what it costs; nothing is sent or recorded."""

from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime

from newsletter.app.issues import Choice, check_chosen_segment, choose_issue, chosen_segment_findings
from newsletter.app.publication import Publication
from newsletter.app.remarks import Remark, attached_to_errors
from newsletter.app.subscribers import import_changed_source
from newsletter.delivery import Forecast, make_forecast
from newsletter.delivery.queue import Plan, plan_mailing
from newsletter.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """What is to be sent, to whom, and when."""

    issue: str | None = None
    """Its slug; None for the newest ready issue."""
    list_name: str | None = None
    """None for the issue's own list."""
    segment: str | None = None
    """A name or a query; None for the issue's own, "" for the whole list."""
    again: bool = False
    """Make a new mailing of the issue as it is now, to everybody."""
    at: datetime | None = None
    """Nothing leaves before this time; None for the issue's `send_at`."""
    is_approved: bool = False
    """The author approves beforehand: a draft may be sent, and a mailing whose `send_before` has passed."""
    is_restored: bool = False
    """Go on with a database that is an older copy of the one that last sent."""
    waits_for_quota: bool = True
    """Wait when the daily quota is spent, instead of ending with QuotaExceeded."""

    @property
    def includes_due(self) -> bool:
        """Whether scheduled mailings that are due are sent first."""
        return self.issue is None and self.at is None and not self.again


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSend:
    """Who would get an issue, how long it would take, and what it would cost."""

    choice: Choice
    plan: Plan
    forecast: Forecast
    remarks: tuple[Remark | Finding, ...]


def is_real(publication: Publication) -> bool:
    """Return whether mail really leaves this machine: every transport but the outbox."""
    return publication.settings.delivery.transport != "outbox"


def plan_issue(publication: Publication, request: SendRequest) -> PlannedSend:
    """Plan a mailing without sending or recording it; a list's source file is imported if it has changed."""
    settings = publication.settings
    choice = choose_issue(publication, request.issue, request.list_name, segment=request.segment, allows_drafts=True)
    remarks: list[Remark | Finding] = []
    with attached_to_errors(remarks):
        remarks += signing_remarks(publication, choice.list_name)
        remarks += import_changed_source(publication, choice.list_name)
        check_chosen_segment(publication, choice)
        remarks += chosen_segment_findings(publication, choice)
        plan = make_plan(publication, choice, again=request.again)
        with ExitStack() as opened:
            transport = None
            if settings.delivery.transport == "ses":  # it alone knows the quota
                from newsletter.delivery import open_transport

                transport = opened.enter_context(closing(open_transport(settings)))
            forecast = make_forecast(plan.counts.planned, settings, transport)
    return PlannedSend(choice=choice, plan=plan, forecast=forecast, remarks=tuple(remarks))


def make_plan(publication: Publication, choice: Choice, *, again: bool) -> Plan:
    """Plan the mailing of a chosen issue."""
    return plan_mailing(
        publication.database,
        choice.composed.edition,
        transport=publication.settings.delivery.transport,
        segment=choice.expression,
        again=again,
        now=publication.now(),
    )


def signing_remarks(publication: Publication, list_name: str) -> list[Remark]:
    """Check that a list's messages can be DKIM-signed; warn of keys that DNS does not publish.

    SettingsError for a key that cannot sign, or is not the published one. DNS is asked only where mail really leaves.
    """
    from newsletter.delivery.message import lookup_txt, open_dkim_signer, unpublished_dkim_keys

    signer = open_dkim_signer(publication.settings, list_name)
    if signer is None or not is_real(publication):
        return []
    return [Remark(text=line) for line in unpublished_dkim_keys(signer, lookup_txt)]
