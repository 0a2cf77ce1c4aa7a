"""Preparing a send: check the issue, and start the mailing once it is confirmed; and test mailings."""

from collections.abc import Sequence
from typing import Self

from newsletter.address import Address
from newsletter.app.issues import Choice, check_chosen_segment, choose_issue, chosen_segment_findings
from newsletter.app.notices import send_due_notices
from newsletter.app.publication import Publication
from newsletter.app.remarks import Remark, attached_to_errors
from newsletter.app.segments import find_variant
from newsletter.app.sending.plan import PlannedSend, SendRequest, is_real, make_plan, signing_remarks
from newsletter.app.sending.run import StartedMailing, provide_pictures
from newsletter.app.subscribers import import_changed_source
from newsletter.audience import ensure_lists
from newsletter.delivery import Transport, mailing_edition, make_forecast, open_transport
from newsletter.delivery.queue import (
    Schedule,
    accept_older_copy,
    refuse_older_copy,
    start_mailing,
    start_test_mailing,
)
from newsletter.errors import (
    ContentError,
    UsageError,
)
from newsletter.finding import Finding, Level
from newsletter.preflight import run_checks


class PreparedSend:
    """An issue that was checked and may be sent; a context manager that closes the transport."""

    def __init__(
        self,
        publication: Publication,
        request: SendRequest,
        choice: Choice,
        transport: Transport,
        remarks: tuple[Remark | Finding, ...],
    ) -> None:
        self._publication, self._request, self._transport = publication, request, transport
        self.choice = choice
        self.remarks = remarks

    @property
    def needs_confirmation(self) -> bool:
        """Whether real mail would leave, and nobody has approved it."""
        return is_real(self._publication) and not self._request.is_approved

    def planned(self) -> PlannedSend:
        """Return who would get it now, and what it takes; nothing is changed."""
        plan = make_plan(self._publication, self.choice, again=self._request.again)
        forecast = make_forecast(plan.counts.planned, self._publication.settings, self._transport)
        return PlannedSend(choice=self.choice, plan=plan, forecast=forecast, remarks=self.remarks)

    def start(self) -> StartedMailing:
        """Record the mailing and freeze its edition, upload its pictures, and send the notices that are due."""
        publication, request = self._publication, self._request
        plan = start_mailing(
            publication.database,
            self.choice.composed.edition,
            transport=self._transport.name,
            segment=self.choice.expression,
            again=request.again,
            schedule=Schedule(
                send_at=request.at,
                default_send_at=self.choice.issue.send_at,
                send_before=self.choice.issue.send_before,
            ),
            now=publication.now(),
        )
        started = StartedMailing(publication, request, plan.mailing, self._transport)
        started.plan = plan
        if plan.counts.planned:
            started.remarks = provide_pictures(publication, mailing_edition(publication.database, plan.mailing))
        started.notices = send_due_notices(publication, self._transport)
        return started

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_database(publication: Publication, request: SendRequest) -> None:
    """Refuse to send with a database that is an older copy than what was sent; unless the request accepts it.

    DecisionRequired.
    """
    if request.is_restored:
        accept_older_copy(publication.database, publication.settings)
    else:
        refuse_older_copy(publication.database, publication.settings)


def prepare_send(publication: Publication, request: SendRequest, choice: Choice | None = None) -> PreparedSend:
    """Choose the issue, unless it is given, check it, and open the transport; nothing is recorded or sent.

    ContentError when it has errors and mail would really leave; with the outbox they are remarks.
    """
    settings = publication.settings
    choice = choice or choose_for_sending(publication, request)
    remarks: list[Remark | Finding] = []
    with attached_to_errors(remarks):
        findings = (*choice.issue.findings, *run_checks(choice.issue, choice.composed, settings, choice.list_name))
        remarks += _refuse_errors(publication, findings)
        remarks += signing_remarks(publication, choice.list_name)
        remarks += import_changed_source(publication, choice.list_name)
        check_chosen_segment(publication, choice)
        findings = chosen_segment_findings(publication, choice)
        remarks += _refuse_errors(publication, findings)
        transport = open_transport(settings)
    remarks += [Remark(text=text) for text in transport.notices]
    return PreparedSend(publication, request, choice, transport, tuple(remarks))


def choose_for_sending(publication: Publication, request: SendRequest) -> Choice:
    """Return the issue that a request means; DecisionRequired for a draft that is not approved."""
    return choose_issue(
        publication,
        request.issue,
        request.list_name,
        segment=request.segment,
        allows_drafts=request.is_approved,
    )


def start_test_send(
    publication: Publication,
    issue_name: str,
    addresses: Sequence[str],
    *,
    list_name: str | None = None,
    segments: Sequence[str] = (),
) -> StartedMailing:
    """Record a test mailing of an issue to these addresses, as a reader in the given segments would get it."""
    recipients = [str(_parse_recipient(text)) for text in dict.fromkeys(addresses)]
    choice = choose_issue(publication, issue_name, list_name, segment="", allows_drafts=True)
    variant = find_variant(choice.composed, segments, publication.settings)
    remarks: list[Remark] = []
    with attached_to_errors(remarks):
        remarks += signing_remarks(publication, choice.list_name)
        ensure_lists(publication.database, publication.settings.lists)
        remarks += provide_pictures(publication, choice.composed.edition, is_test=True)
        started = start_test_of(publication, choice, recipients, variant=variant)
    started.remarks = tuple(remarks)
    return started


def start_test_of(
    publication: Publication, choice: Choice, recipients: Sequence[str], *, variant: int = 0
) -> StartedMailing:
    """Record a test mailing of a chosen issue."""
    transport = open_transport(publication.settings)
    try:
        mailing = start_test_mailing(
            publication.database,
            choice.composed.edition,
            list(recipients),
            transport=transport.name,
            variant=variant,
            now=publication.now(),
        )
    except BaseException:
        transport.close()
        raise
    return StartedMailing(publication, SendRequest(is_approved=True, waits_for_quota=False), mailing, transport)


def _parse_recipient(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"--to {text}: {error}") from error


def _refuse_errors(publication: Publication, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings, each once; ContentError when there are errors and mail would really leave."""
    unique = tuple(dict.fromkeys(findings))
    errors = [finding for finding in unique if finding.level is Level.ERROR]
    if errors and is_real(publication):
        raise ContentError(errors)
    return unique
