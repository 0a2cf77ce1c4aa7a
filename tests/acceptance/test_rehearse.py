"""Sends to the SES simulator, killed, throttled and disconnected; and `newsletter rehearse`."""

import json
import random
import re
import signal
import time
import urllib.request

import pytest

from newsletter.ses_simulator import parse_faults
from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder
from tests.acceptance.ses_publication import IN_FLIGHT, READERS, SEND, SesPublication

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("client", "times"), [("boto3", 3), ("lean", 2)])
def test_kill_9_over_ses_leaves_only_uncertain_deliveries_that_its_events_settle(
    ses_publication: SesPublication, client: str, times: int
) -> None:
    ses_publication.publication.change_settings('region = "eu-west-1"', f'region = "eu-west-1"\nclient = "{client}"')
    ses_publication.account.rate = 150  # so that it is still at it when it is killed
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201
    dice = random.Random(seed)
    kills = 0
    for _ in range(times):
        before, sender = len(ses_publication.ses.accepted), ses_publication.publication.start(*SEND)
        while len(ses_publication.ses.accepted) == before and sender.poll() is None:
            time.sleep(0.005)
        time.sleep(dice.uniform(0.0, 0.3))
        kills += sender.poll() is None
        sender.send_signal(signal.SIGKILL)
        sender.communicate(timeout=TIMEOUT)
    assert kills
    ses_publication.account.rate = 1000
    last = ses_publication.publication.run_ok(*SEND).json
    taken, uncertain = ses_publication.accepted(), ses_publication.deliveries("uncertain")
    assert max(taken.values()) == 1
    assert last["uncertain"] == len(uncertain) <= kills * IN_FLIGHT
    assert ses_publication.deliveries("submitted") == set(taken) - uncertain
    assert len(set(taken) | uncertain) == last["candidates"] == READERS

    assert ses_publication.settle() == len(uncertain & set(taken))
    assert ses_publication.deliveries("uncertain") == uncertain - set(taken)
    assert ses_publication.deliveries("submitted") == set(taken)
    assert ses_publication.settle() == 0


def test_a_message_accepted_without_a_response_is_never_sent_again(ses_publication: SesPublication) -> None:
    ses_publication.account.faults = parse_faults("fail:2%, close:2%, hang:1%")
    ses_publication.account.seed = 7
    sent = ses_publication.publication.run_ok(*SEND).json
    injected = sum(ses_publication.account.injected.values())
    assert injected > 5
    assert ses_publication.account.attempts == READERS
    assert sent["uncertain"] == injected == READERS - sent["submitted"]
    assert ses_publication.publication.run_ok(*SEND).json["uncertain"] == injected
    assert ses_publication.account.attempts == READERS
    result = ses_publication.publication.run_ok(
        "resolve", "lamp", "--events", str(ses_publication.folder / "events.jsonl")
    )
    assert result.out == f"{injected} deliveries settled by events\n"
    assert ses_publication.publication.run_ok("status", "lamp", "--json").json["submitted"] == READERS


def test_the_daily_quota_stops_a_send_which_continues_when_it_is_raised(ses_publication: SesPublication) -> None:
    ses_publication.account.quota = 150
    stopped = ses_publication.publication.run(*SEND, "--no-wait")
    assert stopped.code == 75
    assert "24 hours" in stopped.err
    assert stopped.json["submitted"] == len(ses_publication.ses.accepted) == 150
    assert stopped.json["planned"] == READERS - 150
    ses_publication.account.quota = 50_000
    assert ses_publication.publication.run_ok(*SEND).json["submitted"] == READERS
    assert set(ses_publication.accepted().values()) == {1}
    assert len(ses_publication.accepted()) == READERS


def test_a_burst_of_429_loses_nobody(ses_publication: SesPublication) -> None:
    ses_publication.account.faults = parse_faults("429:60%@40-120")
    sent = ses_publication.publication.run_ok(*SEND).json
    assert ses_publication.account.injected["429"] > 10
    assert sent["submitted"] == READERS
    assert sent["uncertain"] == 0
    assert set(ses_publication.accepted().values()) == {1}
    assert len(ses_publication.accepted()) == READERS


def test_a_rehearsal_changes_neither_database_nor_outbox_and_connects_nowhere(
    publication: PublicationFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "AWS_ENDPOINT_URL_SESV2"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    publication.run_ok("send", "the-winter-almanac")
    before = snapshot(publication)
    results = publication.run_ok("rehearse", "--json", "--faults", "close:30%,bounce@1", "--rate", "1000").json
    assert results["taken"] == results["recipients"] == results["submitted"] == 25
    assert results["settled_by_events"] == results["faults"]["close"] == results["uncertain_before_events"]
    assert results["twice"] == results["lost"] == results["uncertain"] == 0
    assert results["events"]["Send"] == 25
    assert results["events"]["Bounce"] == 1
    assert snapshot(publication) == before
    lines = (publication.folder / "var/rehearsal/accepted.jsonl").read_text().splitlines()
    assert len({json.loads(line)["delivery"] for line in lines}) == 25


def test_a_rehearsal_reports_what_would_stop_a_send_and_continues(publication: PublicationFolder) -> None:
    results = publication.run_ok("rehearse", "--quota", "10", "--faults", "quota=100@14", "--json").json
    assert "Daily message quota" in results["stops"][0]
    assert results["submitted"] == 25
    assert not (publication.folder / "var" / "newsletter.db").exists()


def test_the_ses_simulator_can_be_served_to_other_programs(publication: PublicationFolder) -> None:
    serving = publication.start("rehearse", "--serve", "--rate", "3")
    try:
        assert serving.stdout
        url = serving.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        request = urllib.request.Request(
            f"{url}/v2/email/account", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=x"}
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["SendQuota"]["MaxSendRate"] == 3
    finally:
        serving.send_signal(signal.SIGTERM)
        _, err = serving.communicate(timeout=TIMEOUT)
    assert serving.returncode == 0
    assert "AWS_ENDPOINT_URL_SESV2" in err


def snapshot(publication: PublicationFolder) -> dict[str, bytes]:
    """Return every file in `var/`, except the rehearsal's own and those of SQLite and the cache."""
    var = publication.folder / "var"
    return {
        str(path.relative_to(var)): path.read_bytes()
        for path in sorted(var.rglob("*"))
        if path.is_file() and not re.match(r"rehearsal/|cache/|newsletter\.db-|secret\.key", str(path.relative_to(var)))
    }
