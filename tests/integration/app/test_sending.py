"""Sending as a program does it: nothing is asked, everything that is to be known is part of results and events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.app import Publication, mailings, sending
from newsletter.content import create_publication
from newsletter.delivery import MailingStage, SendProgress
from newsletter.errors import DecisionRequired
from newsletter.settings import read_settings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ISSUE = "the-winter-almanac"


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def publication(tmp_path: Path, clock: Clock) -> Iterator[Publication]:
    create_publication(tmp_path)
    with Publication(read_settings(tmp_path, {}), clock) as opened:
        yield opened


def test_a_plan_neither_sends_nor_records(publication: Publication) -> None:
    planned = sending.plan_issue(publication, sending.SendRequest(issue=ISSUE))
    assert planned.plan.counts.planned == 25
    assert mailings.report_status(publication).issues == ()


@pytest.mark.parametrize(("is_approved", "is_asked"), [(False, True), (True, False)])
def test_real_mail_wants_a_confirmation_unless_it_was_approved(
    publication: Publication, is_approved: bool, is_asked: bool
) -> None:
    file = publication.settings.root / "newsletter.toml"
    file.write_text(file.read_text() + '\n[delivery.smtp]\nhost = "127.0.0.1"\n')
    file.write_text(file.read_text().replace('transport = "outbox"', 'transport = "smtp"'))
    settings = read_settings(publication.settings.root, {})
    if settings.delivery.transport != "smtp":
        smtp = settings.delivery.model_copy(update={"transport": "smtp"})
        settings = settings.model_copy(update={"delivery": smtp})
    with Publication(settings, publication.now) as real:
        request = sending.SendRequest(issue=ISSUE, is_approved=is_approved)
        with sending.prepare_send(real, request) as prepared:
            assert prepared.needs_confirmation is is_asked
            assert prepared.planned().plan.counts.planned == 25


def test_a_run_that_is_closed_stops_in_order_and_the_next_one_finishes(publication: Publication) -> None:
    request = sending.SendRequest(issue=ISSUE)
    with sending.prepare_send(publication, request) as prepared:
        events = prepared.start().run()
        assert isinstance(next(events), SendProgress)
        events.close()  # type: ignore[attr-defined]
    (status,) = mailings.report_status(publication, ISSUE).issues
    assert status.totals.candidates == 25
    assert status.totals.uncertain == 0
    with sending.prepare_send(publication, request) as prepared:
        result = sending.finish(prepared.start().run())
    assert result is not None
    assert (result.counts.submitted, result.stage) == (25, MailingStage.FINISHED)


def test_a_caller_that_wants_to_stop_gets_a_result_all_the_same(publication: Publication) -> None:
    with sending.prepare_send(publication, sending.SendRequest(issue=ISSUE)) as prepared:
        stop = sending.StopSignals(should_stop=lambda: True)
        *_, result = prepared.start().run(stop)
    assert isinstance(result, sending.SendResult)
    assert result.counts.candidates == 25
    assert result.is_interrupted == (result.counts.planned > 0)


def test_a_scheduled_mailing_is_sent_once_it_is_due(publication: Publication, clock: Clock) -> None:
    request = sending.SendRequest(issue=ISSUE, at=NOW + timedelta(hours=1))
    with sending.prepare_send(publication, request) as prepared:
        events = list(prepared.start().run())
    assert [type(event) for event in events] == [sending.Scheduled]
    assert list(sending.send_due(publication, sending.SendRequest())) == []
    assert sending.next_due(publication) == request.at
    clock.now += timedelta(hours=2)
    due, *_, result = sending.send_due(publication, sending.SendRequest())
    assert isinstance(due, sending.DueMailing)
    assert isinstance(result, sending.SendResult)
    assert result.counts.submitted == 25


def test_a_cancelled_mailing_is_not_sent(publication: Publication) -> None:
    with sending.prepare_send(publication, sending.SendRequest(issue=ISSUE, at=NOW + timedelta(hours=1))) as prepared:
        prepared.start()
    assert mailings.cancel_mailing(publication, ISSUE).cancelled == 25
    request = sending.SendRequest(issue=ISSUE)
    with sending.prepare_send(publication, request) as prepared, pytest.raises(DecisionRequired, match="is cancelled"):
        sending.finish(prepared.start().run())
