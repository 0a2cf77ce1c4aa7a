"""Feedback settles uncertain deliveries, suppresses addresses and pauses mailings: real commands, SES simulator."""

import contextlib
import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from newsletter.aws import Credentials, SqsQueue, make_client
from newsletter.ses_simulator import Account, parse_faults
from newsletter.ses_simulator.event_targets import EventTarget
from newsletter.ses_simulator.server import SesSimulator, publish_events, run_simulator
from tests.acceptance.kill_points import start_preloaded
from tests.acceptance.mail_servers import query, write_publication
from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder

pytestmark = pytest.mark.slow

SES = 'transport = "ses"\n[delivery.ses]\nregion = "eu-west-1"\nconfiguration_set = "news"\nrefresh = 1\n'
SEND = ("send", "lamp", "--list", "crowd", "--yes")
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-west-1"}


@contextlib.contextmanager
def open_simulator(
    publication: PublicationFolder,
    folder: Path,
    *,
    readers: int,
    rate: float = 1000,
    faults: str = "",
    feedback: str = "",
) -> Iterator[SesSimulator]:
    """Run the SES simulator with an event queue, for a publication that sends to it."""
    account = Account(rate=rate, quota=100_000, faults=parse_faults(faults), seed=7, hang_seconds=0.2)
    publish_events(account, "news")
    with run_simulator(account, folder=folder, has_queue=True) as ses:
        write_publication(publication, readers, f'{SES}[feedback]\nqueue = "{ses.queue_url}"\n{feedback}', in_flight=32)
        yield ses


def environment(ses: SesSimulator) -> dict[str, str]:
    return {**KEYS, "AWS_ENDPOINT_URL_SESV2": ses.url}


def taken(folder: Path) -> set[int]:
    path = folder / "accepted.jsonl"
    return {int(json.loads(line)["delivery"]) for line in path.read_text().splitlines()}


def test_events_settle_a_killed_send_without_the_author(publication: PublicationFolder, tmp_path: Path) -> None:
    with open_simulator(publication, tmp_path, readers=300, rate=60) as ses:
        sender = publication.start(*SEND, environment=environment(ses))
        while not (tmp_path / "accepted.jsonl").exists() or len(taken(tmp_path)) < 60:
            time.sleep(0.01)
        sender.send_signal(signal.SIGKILL)
        sender.communicate()
        left = {int(n) for (n,) in query(publication, "SELECT id FROM deliveries WHERE status = 'claimed'")}
        assert left
        before = None
        while (results := taken(tmp_path)) != before:  # what was on the wire arrives
            before = results
            time.sleep(1)
        show_again(ses)
        publication.run_ok("events", "pull", environment=environment(ses))
        proven = taken(tmp_path)
        statuses = dict(query(publication, "SELECT id, status FROM deliveries"))
        assert {statuses[n] for n in left & proven} <= {"submitted"}  # type: ignore[index]
        ses.account.rate = 2000
        result = publication.run_ok(*SEND, "--json", environment=environment(ses)).json
        show_again(ses)
        publication.run_ok("events", "pull", environment=environment(ses))
        counts = publication.run_ok("status", "lamp", "--json").json
        assert result["planned"] == 0
        assert counts["submitted"] + counts["uncertain"] == 300
        assert counts["submitted"] == len(taken(tmp_path))
        assert counts["feedback"]["delivered"] == len(taken(tmp_path))
        assert sum(item["deliveries"] for item in counts["settled"]) >= len(left & proven)
        assert {item["by"] for item in counts["settled"]} == {"delivery tag"}
        output = publication.run_ok("status", "lamp").out
        assert "settled by events" in output
        assert "events: the last one" in output


def test_messages_without_a_response_are_settled_during_the_send(
    publication: PublicationFolder, tmp_path: Path
) -> None:
    with open_simulator(publication, tmp_path, readers=120, rate=60, faults="close:5%") as ses:
        publication.run_ok(*SEND, environment=environment(ses))
        publication.run_ok("events", "pull", environment=environment(ses))
        counts = publication.run_ok("status", "lamp", "--json").json
        assert (counts["submitted"], counts["uncertain"]) == (120, 0)
        assert counts["events"]["backlog"] == 0


@pytest.mark.parametrize("who", ["itself", "another process"])
def test_a_mailing_with_too_many_bounces_pauses_itself_during_the_send(
    publication: PublicationFolder, tmp_path: Path, who: str
) -> None:
    limits = "pause_after = 50\n"
    with open_simulator(publication, tmp_path, readers=1500, rate=60, faults="bounce:20%", feedback=limits) as ses:
        if who == "another process":
            publication.change_settings(f'queue = "{ses.queue_url}"\n', "")
        sender = publication.start(*SEND, environment=environment(ses))
        if who == "another process":
            puller = publication.start(
                "events", "pull", "--queue", ses.queue_url, "--follow", environment=environment(ses)
            )
        _, err = sender.communicate(timeout=TIMEOUT)
        if who == "another process":
            puller.send_signal(signal.SIGTERM)
            out, _ = puller.communicate(timeout=TIMEOUT)
            assert "paused itself" in out + _
        assert sender.returncode == 1
        assert "paused itself" in err
        assert "readers.example.org: no such mailbox" in err
        assert "--anyway" in err
        counts = publication.run_ok("status", "lamp", "--json").json
        assert counts["mailings"][0]["state"] == "paused"
        assert 50 <= counts["submitted"] < 1200
        assert counts["uncertain"] == 0
        (trip,) = counts["paused_itself"]
        assert trip["causes"][0]["domain"] == "readers.example.org"
        again = publication.run(*SEND, environment=environment(ses))
        assert again.code == 1
        assert "paused itself" in again.err
        refused = publication.run("resume", "lamp")
        assert refused.code == 1
        assert "--anyway" in refused.err
        publication.run_ok("resume", "lamp", "--anyway")
        ses.account.faults = ()
        ses.account.rate = 2000
        done = publication.run_ok(*SEND, "--json", environment=environment(ses)).json
        assert done["planned"] == 0
        bounced = counts["feedback"]["bounced"]
        assert done["submitted"] + done["excluded"].get("suppressed", 0) == 1500
        assert bounced >= 10


def test_kill_9_during_a_pull_loses_no_event(publication: PublicationFolder, tmp_path: Path) -> None:
    with open_simulator(publication, tmp_path, readers=200, faults="bounce:3%") as ses:
        publication.change_settings(f'queue = "{ses.queue_url}"\n', "")
        publication.run_ok(*SEND, environment=environment(ses))
        publication.change_settings("[feedback]\n", f'[feedback]\nqueue = "{ses.queue_url}"\n')
        published = len((tmp_path / "events.jsonl").read_text().splitlines())
        steps = (
            "sqs_queue.py:receive:return",
            "events.py:store_events:call",
            "events.py:store_events:return",
            "sqs_queue.py:delete:return",
            "record.py:record_facts:return",
            "pipeline.py:_mark:return",
            "pipeline.py:_apply_group:return",
        )
        for step in steps:
            killed = start_preloaded(
                publication.folder, publication.environment(**environment(ses)), ("events", "pull"), step, 1
            )
            killed.join(60)
            assert killed.exitcode == -signal.SIGKILL, step
            show_again(ses)
        publication.run_ok("events", "pull", environment=environment(ses))
        assert not waiting(ses)
        ((number,),) = query(publication, "SELECT count(*) FROM events WHERE state = 'applied'")
        assert int(number) == published
        counts = publication.run_ok("status", "lamp", "--json").json
        events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
        bounced = [item for item in events if item["eventType"] == "Bounce"]
        assert counts["feedback"]["bounced"] == len(bounced)
        assert counts["feedback"]["delivered"] == 200 - len(bounced)
        ((suppressed,),) = query(publication, "SELECT count(*) FROM suppressions")
        assert int(suppressed) == len(bounced)


def waiting(ses: SesSimulator) -> list[Any]:
    """Return how many messages are in the event queue, hidden or not."""
    queue: Any = ses.intake.event_target
    return list(queue.messages.values())


def show_again(ses: SesSimulator) -> None:
    """Make messages that a killed process had received visible again, as the visibility timeout does."""
    for item in waiting(ses):
        item.visible_at = 0.0


def test_a_locked_database_acknowledges_nothing(publication: PublicationFolder, tmp_path: Path) -> None:
    with open_simulator(publication, tmp_path, readers=20) as ses:
        publication.change_settings(f'queue = "{ses.queue_url}"\n', "")
        publication.run_ok(*SEND, environment=environment(ses))
        before = len(waiting(ses))
        other = sqlite3.connect(publication.folder / "var" / "newsletter.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        pulled = publication.run("events", "pull", "--queue", ses.queue_url, environment=environment(ses))
        assert pulled.code == 75
        assert "another process is writing" in pulled.err
        assert len(waiting(ses)) == before > 0
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def moto() -> Iterator[tuple[str, Any]]:
    """SNS and SQS of a moto server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}", host
    server.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_event_travels_from_ses_over_sns_and_sqs_to_the_status(
    publication: PublicationFolder, tmp_path: Path, moto: tuple[str, str]
) -> None:
    url, host = moto
    keys = Credentials(access="testing", secret="testing")
    sns = make_client("sns", region="eu-west-1", endpoint=url, credentials=keys)
    sqs = make_client("sqs", region="eu-west-1", endpoint=url, credentials=keys)
    topic = sns.create_topic(Name="ses-events")["TopicArn"]
    queue = sqs.create_queue(QueueName="ses-events")["QueueUrl"].replace("localhost", host)
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    class Publishing(EventTarget):
        def put(self, body: str) -> None:
            sns.publish(TopicArn=topic, Message=json.loads(body)["Message"])

    account = Account(rate=500, faults=parse_faults("bounce:10%"), seed=3)
    publish_events(account, "news")
    with run_simulator(account, folder=tmp_path, event_target=Publishing()) as ses:
        write_publication(publication, 40, f'{SES}[feedback]\nqueue = "{queue}"\n')
        publication.run_ok(*SEND, environment={**environment(ses)})
    SqsQueue(queue, keys, region="eu-west-1").send(["poison"])
    publication.run_ok("events", "pull", environment=KEYS)
    counts = publication.run_ok("status", "lamp", "--json").json
    assert counts["feedback"]["delivered"] + counts["feedback"]["bounced"] == 40
    assert counts["feedback"]["bounced"] > 0
    assert counts["events"]["parked"] == 1
    parked = publication.run_ok("events", "list", "--parked", "--json").json
    assert publication.run_ok("events", "show", str(parked["event"])).out.rstrip().endswith("poison")
    assert publication.run_ok("events", "retry", str(parked["event"]), "--json").json["parked"] == 1
    (suppressed, *_) = publication.run_ok("suppressions", "list", "--json").json_lines
    assert suppressed["reason"] == "bounced"
    assert "no such mailbox" in suppressed["origin"]
    sns.close()
    sqs.close()


def test_suppressions_sync_merges_both_lists(publication: PublicationFolder, tmp_path: Path) -> None:
    with open_simulator(publication, tmp_path, readers=10) as ses:
        publication.run_ok("subscribers", "import", "subscribers/crowd.csv", "--list", "crowd")
        ses.account.suppress("Reader3@readers.example.org", "COMPLAINT")
        ses.account.suppress("nobody@elsewhere.example", "BOUNCE")
        publication.run_ok("suppressions", "add", "reader5@readers.example.org", "--reason", "bounced")
        publication.run_ok("suppressions", "add", "reader6@readers.example.org")
        report = publication.run_ok("suppressions", "sync", "--dry-run", "--json", environment=environment(ses)).json
        assert (report["taken"], report["given"], report["freed"]) == (2, 1, 0)
        assert "reader5@readers.example.org" not in ses.account.suppressed
        done = publication.run_ok("suppressions", "sync", "--json", environment=environment(ses)).json
        assert (done["taken"], done["given"]) == (2, 1)
        assert ses.account.suppressed["reader5@readers.example.org"].reason == "BOUNCE"
        assert "reader6@readers.example.org" not in ses.account.suppressed
        publication.run_ok("suppressions", "remove", "reader3@readers.example.org")
        freed = publication.run_ok("suppressions", "sync", "--json", environment=environment(ses)).json
        assert (freed["taken"], freed["given"], freed["freed"]) == (0, 0, 1)
        assert "reader3@readers.example.org" not in ses.account.suppressed
        listed = {
            item["address"]: item["reason"] for item in publication.run_ok("suppressions", "list", "--json").json_lines
        }
        assert listed == {
            "reader5@readers.example.org": "bounced",
            "reader6@readers.example.org": "manual",
            None: "bounced",
        }
