"""Sends through a faulty SES account: nobody is lost, nobody is mailed twice, no limit is exceeded."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsletter.ses_simulator import parse_faults
from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder
from tests.acceptance.ses_publication import READERS, SEND, SesPublication, run_ses_publication
from tests.acceptance.web_server import eventually

pytestmark = pytest.mark.slow

LONG = int(os.environ.get("SEND_FAULTS_READERS", "500"))
"""`make crash` sets 10,000."""
BOTH_CLIENTS = pytest.mark.parametrize("client", ["boto3", "lean"])


@pytest.fixture
def crowd(publication: PublicationFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SesPublication]:
    """A publication with many readers that sends to the SES simulator."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_SESV2"):
        monkeypatch.setenv(name, "testing")
    with run_ses_publication(publication, tmp_path / "journals", LONG) as server:
        server.publication.change_settings('region = "eu-west-1"', 'region = "eu-west-1"\nclient = "lean"')
        yield server


def until(claim: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    eventually(claim)


@BOTH_CLIENTS
def test_messages_accepted_without_a_response_are_submitted_once_and_settled_by_events(
    ses_publication: SesPublication, client: str
) -> None:
    ses_publication.publication.change_settings('region = "eu-west-1"', f'region = "eu-west-1"\nclient = "{client}"')
    ses_publication.account.faults = parse_faults("fail:2%,close:2%,hang:1%")
    ses_publication.account.seed = 7
    sent = ses_publication.publication.run_ok(*SEND).json
    injected = sum(ses_publication.account.injected.values())
    assert injected > 5
    assert ses_publication.account.attempts == READERS
    assert sent["uncertain"] == injected
    assert ses_publication.settle() == injected
    assert ses_publication.publication.run_ok("status", "lamp", "--json").json["submitted"] == READERS
    assert set(ses_publication.accepted().values()) == {1}


@BOTH_CLIENTS
def test_a_storm_of_429_lowers_the_shared_rate_and_loses_nobody(ses_publication: SesPublication, client: str) -> None:
    ses_publication.publication.change_settings('region = "eu-west-1"', f'region = "eu-west-1"\nclient = "{client}"')
    ses_publication.account.rate = 200
    ses_publication.account.faults = parse_faults("429:90%@20-80")
    sent = ses_publication.publication.run_ok(*SEND).json
    assert sent["submitted"] == READERS
    assert sent["uncertain"] == sent["failed"] == 0
    assert ses_publication.account.attempts < 3 * READERS
    assert set(ses_publication.accepted().values()) == {1}


def test_at_the_quota_a_send_waits_says_why_and_continues_by_itself(crowd: SesPublication) -> None:
    crowd.account.quota = quota = LONG * 37 // 100
    sender = crowd.publication.start(*SEND)
    until(lambda: len(crowd.ses.accepted) == quota)
    time.sleep(1)  # calls that were under way are answered
    attempts_before = crowd.account.attempts
    time.sleep(3)
    assert attempts_before <= quota + crowd.account.errors["TooManyRequestsException"]
    assert crowd.account.errors["TooManyRequestsException"] <= 64  # one call for each connection
    assert crowd.account.attempts == attempts_before
    assert sender.poll() is None
    crowd.account.quota = 10 * LONG
    out, err = sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 0
    assert f'"submitted":{LONG}' in out.replace(" ", "")
    assert f"the quota of {quota:,} messages in 24 hours is used up" in err
    assert "it starts to free up at" in err
    assert err.count("is used up") == 1
    assert set(crowd.accepted().values()) == {1}
    assert len(crowd.accepted()) == LONG


def test_ctrl_c_and_pause_end_a_quota_wait(ses_publication: SesPublication) -> None:
    ses_publication.account.quota = 50
    sender = ses_publication.publication.start(*SEND)
    until(lambda: len(ses_publication.ses.accepted) == 50)
    time.sleep(1.5)
    sender.send_signal(signal.SIGINT)
    out, _ = sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 130
    assert '"submitted":50' in out.replace(" ", "")
    assert '"uncertain":0' in out.replace(" ", "")

    sender = ses_publication.publication.start(*SEND)
    assert sender.stderr is not None
    while "quota" not in sender.stderr.readline():
        assert sender.poll() is None
    ses_publication.publication.run_ok("pause", "lamp")
    _, err = sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 1
    assert "paused" in err
    assert len(ses_publication.ses.accepted) == 50


def test_send_due_does_not_wait_for_the_quota(ses_publication: SesPublication) -> None:
    ses_publication.account.quota = 50
    soon = datetime.now().astimezone() + timedelta(hours=1)
    ses_publication.publication.run_ok(*SEND, "--at", soon.isoformat())
    ses_publication.publication.make_scheduled_due()
    stopped = ses_publication.publication.run("send", "--due", "--yes", "--json")
    assert stopped.code == 75
    assert stopped.json["submitted"] == len(ses_publication.ses.accepted) == 50


def test_a_rate_that_changes_during_a_send_is_applied(crowd: SesPublication) -> None:
    crowd.account.rate = 5
    begun = time.monotonic()
    sender = crowd.publication.start(*SEND)
    until(lambda: len(crowd.ses.accepted) > 15)
    assert len(crowd.ses.accepted) <= 5 * (time.monotonic() - begun) + 5  # what was held up may catch up, no more
    crowd.account.rate = 400
    until(lambda: crowd.account.max_per_second > 20)
    out, _ = sender.communicate(timeout=TIMEOUT)
    assert f'"submitted":{LONG}' in out.replace(" ", "")
    assert set(crowd.accepted().values()) == {1}


@BOTH_CLIENTS
def test_an_account_suspended_during_a_send_stops_it_with_the_remedy(
    ses_publication: SesPublication, client: str
) -> None:
    ses_publication.publication.change_settings('region = "eu-west-1"', f'region = "eu-west-1"\nclient = "{client}"')
    ses_publication.account.faults = parse_faults("suspended@100-")
    stopped = ses_publication.publication.run(*SEND)
    assert stopped.code == 1
    assert "AccountSuspendedException" in stopped.err
    assert "Ask AWS support" in stopped.err
    assert stopped.json["submitted"] == len(ses_publication.ses.accepted) == 99
    assert stopped.json["planned"] == READERS - 99
    assert ses_publication.account.attempts <= 99 + 64
    ses_publication.account.faults = ()
    assert ses_publication.publication.run_ok(*SEND).json["submitted"] == READERS
    assert set(ses_publication.accepted().values()) == {1}


def test_sending_disabled_in_the_console_is_noticed_before_any_refusal(crowd: SesPublication) -> None:
    crowd.account.rate = 20
    sender = crowd.publication.start(*SEND)
    until(lambda: len(crowd.ses.accepted) > 10)
    crowd.account.is_enabled = False
    _, err = sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 1
    assert "SendingPausedException" in err or "switched off" in err
    crowd.account.is_enabled = True


def test_two_publications_share_one_account_on_one_machine(ses_publication: SesPublication, tmp_path: Path) -> None:
    other = PublicationFolder(tmp_path / "other")
    other.folder.mkdir()
    other.run_ok("init", ".")
    for path in ("newsletter.toml", "subscribers/crowd.csv", "issues/lamp/index.md"):
        other.write(path, (ses_publication.publication.folder / path).read_text())
    ses_publication.account.rate = 60
    begun = time.monotonic()
    senders = [publication.start(*SEND) for publication in (ses_publication.publication, other)]
    for sender in senders:
        out, err = sender.communicate(timeout=TIMEOUT)
        assert sender.returncode == 0, err
        assert f'"submitted":{READERS}' in out.replace(" ", "")
    assert time.monotonic() - begun >= 2 * READERS / 60 - 1  # one alone would need half of it


def test_the_plan_shows_the_finish_time_and_the_cost(ses_publication: SesPublication) -> None:
    ses_publication.account.rate, ses_publication.account.quota, ses_publication.account.spent = 10, 200, 50
    plan = ses_publication.publication.run_ok("plan", "lamp", "--list", "crowd", "--json").json
    assert (plan["quota"], plan["quota_left"], plan["rate"]) == (200, 150, 10)
    assert plan["eta_seconds"] == 24 * 3600 + 15
    assert datetime.fromisoformat(plan["done_at"]) > datetime.now().astimezone() + timedelta(hours=23)
    assert plan["cost_usd"] == 0.03
    output = ses_publication.publication.run_ok("plan", "lamp", "--list", "crowd").out
    assert "150 of 200 in 24 hours are left. When they are used up, it waits and continues by itself" in " ".join(
        output.split()
    )
    assert "about $0.03 at SES, at $0.10 for 1,000" in output
