"""A mailing over SMTP connections: whatever a relay does with them, everybody gets one message."""

from collections.abc import Callable
from contextlib import closing

import pytest

from newsletter.compose import Edition
from newsletter.delivery import SendProgress, send
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.errors import Deferred, SendingHalted
from newsletter.settings import SmtpSettings
from tests.contract import relay
from tests.contract.relay import Relay
from tests.integration.delivery.conftest import Press, now

Make = Callable[..., Edition]


def to(there: Relay) -> SmtpTransport:
    return SmtpTransport(SmtpSettings.model_validate({"host": "127.0.0.1", "port": there.port, "timeout": 5}), None)


def mail(press: Press, edition: Edition, there: Relay) -> list[SendProgress]:
    mailing = press.start(edition).mailing
    with closing(to(there)) as transport:
        return list(send(press.database, press.keyring, press.settings, mailing, transport, clock=now))


@pytest.mark.parametrize("is_pipelining", [True, False])
@pytest.mark.parametrize("is_hasty", [True, False])
def test_a_relay_that_disconnects_again_and_again_defers_nobody(
    press: Press, edition: Make, is_hasty: bool, is_pipelining: bool
) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(60)))
    with relay.running(Relay(is_pipelining=is_pipelining, most=7, is_hasty=is_hasty)) as there:
        steps = mail(press, edition(), there)
        taken = [recipient for _, recipient, _ in there.accepted]
    assert len(taken) == len(set(taken)) == 60
    assert steps[-1].counts.submitted == 60


@pytest.mark.parametrize("is_late", [True, False])
@pytest.mark.parametrize("is_pipelining", [True, False])
def test_a_relay_that_answers_twice_makes_nobody_wait_and_mails_nobody_twice(
    press: Press, edition: Make, is_late: bool, is_pipelining: bool
) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(40)))
    there = Relay(is_pipelining=is_pipelining, is_late=is_late, more_replies=("250 2.0.0 queued again",))
    with relay.running(there):
        steps = mail(press, edition(), there)
        taken = [recipient for _, recipient, _ in there.accepted]
    assert len(taken) == len(set(taken)) == 40
    assert (steps[-1].counts.submitted, steps[-1].counts.uncertain) == (40, 0)


def test_everybody_gets_one_message_with_its_dots_escaped(press: Press, edition: Make) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(30)))
    with relay.running(Relay()) as there:
        mail(press, edition(text=".It burns.\n..\n.\n"), there)
        assert len(there.accepted) == 30
        for _, recipient, octets in there.accepted:
            assert recipient.encode() in octets.partition(b"\r\n\r\n")[0]
            assert octets.count(b"It burns.") == 2


def test_a_relay_that_is_not_there_leaves_everybody_planned(press: Press, edition: Make) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(20)))
    mailing = press.start(edition()).mailing
    with relay.running(Relay(greeting="554 go away")) as there, closing(to(there)) as transport:
        sending = send(press.database, press.keyring, press.settings, mailing, transport, clock=now)
        with pytest.raises(SendingHalted, match="go away"):
            list(sending)
    assert press.counts(mailing).planned == 20


def test_a_bug_in_the_event_loop_ends_the_send(press: Press, edition: Make) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(20)))
    mailing = press.start(edition()).mailing

    class Faulty(SmtpTransport):
        def connect(self) -> object:  # type: ignore[override]
            raise ZeroDivisionError("x")

    transport = Faulty(SmtpSettings(host="127.0.0.1", port=25), None)
    with closing(transport), pytest.raises(ZeroDivisionError):
        list(send(press.database, press.keyring, press.settings, mailing, transport, clock=now))
    counts = press.counts(mailing)
    assert (counts.submitted, counts.planned + counts.uncertain) == (0, 20)
    assert counts.uncertain <= 1


def test_one_relay_that_takes_few_connections_is_sent_to_over_those(press: Press, edition: Make) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(40)))

    class Crowded(SmtpTransport):
        opened = 0

        def connect(self):  # type: ignore[no-untyped-def]
            self.opened += 1
            if self.opened > 2:
                raise Deferred("421 too many connections from you")
            return super().connect()

    mailing = press.start(edition()).mailing
    with relay.running(Relay(seconds=0.002)) as there:
        transport = Crowded(SmtpSettings.model_validate({"host": "127.0.0.1", "port": there.port, "timeout": 5}), None)
        with closing(transport):
            list(send(press.database, press.keyring, press.settings, mailing, transport, clock=now))
        assert len(there.accepted) == 40
    assert press.counts(mailing).submitted == 40
