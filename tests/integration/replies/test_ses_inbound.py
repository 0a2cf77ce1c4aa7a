"""Answers that Amazon SES received: stored before they leave the queue, once, and poison holds up nobody."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.errors import NewsletterError, SettingsError, TemporaryError
from newsletter.replies import AuthResult, FetchResult, ReplyState, Verdict, fetch_replies, list_replies, open_mailbox
from tests.acceptance.command_runner import environment, run_command
from tests.contract.ses_inbound import BUCKET, SesInbound, running_ses_inbound
from tests.integration.replies.conftest import NOW, Harbour

Mail = Callable[..., str]


@pytest.fixture(scope="module")
def server() -> Iterator[SesInbound]:
    with running_ses_inbound() as found:
        yield found


@pytest.fixture
def inbound(server: SesInbound, tmp_path: Path) -> SesInbound:
    return server.make_queue(tmp_path.name.replace("_", "-")[:80])


def taken(harbour: Harbour, inbound: SesInbound) -> FetchResult:
    box = open_mailbox(f"sqs:{inbound.queue}", harbour.settings.root, region="eu-west-1")
    return fetch_replies(
        harbour.database,
        harbour.keyring,
        harbour.settings,
        box,
        now=NOW,
        keys=harbour.names,
        sandbox=harbour.sandbox,
    )


def test_the_envelope_and_the_verdicts_of_ses_count(harbour: Harbour, inbound: SesInbound, answer: Mail) -> None:
    raw = answer(to="ines@elsewhere.example").encode()
    inbound.put(raw, recipients=[harbour.address()], dmarcVerdict={"status": "PASS"})
    (reply,) = taken(harbour, inbound).replies
    assert (reply.matched_by, reply.auth_result, reply.auth_reason) == (
        "signed address in the envelope",
        AuthResult.PASS,
        "dmarc=pass by SES",
    )
    assert not reply.is_verified  # it was written to somebody else
    inbound.put(answer("Mine.", message_id="<2@x>").encode(), dmarcVerdict={"status": "PASS"})
    assert taken(harbour, inbound).replies[0].is_verified


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ({"virusVerdict": {"status": "FAIL"}}, ReplyState.IGNORED),
        ({"spamVerdict": {"status": "FAIL"}}, ReplyState.IGNORED),
        ({"spamVerdict": {"status": "GRAY"}, "virusVerdict": None}, ReplyState.HELD),
    ],
)
def test_what_ses_calls_spam_is_no_comment(
    harbour: Harbour, inbound: SesInbound, answer: Mail, verdicts: dict[str, object], state: ReplyState
) -> None:
    inbound.put(answer().encode(), **verdicts)
    (reply,) = taken(harbour, inbound).replies
    assert reply.state is state
    assert (reply.verdict is Verdict.SPAM) is (state is ReplyState.IGNORED)


def test_a_mail_is_stored_before_it_leaves_the_queue(harbour: Harbour, inbound: SesInbound, answer: Mail) -> None:
    inbound.put(answer().encode())
    (harbour.settings.var / "replies").write_text("a file is in the way")
    with pytest.raises(OSError):
        taken(harbour, inbound)
    assert inbound.queue_length() == 1
    (harbour.settings.var / "replies").unlink()


def test_the_same_notification_twice_is_one_reply(harbour: Harbour, inbound: SesInbound, answer: Mail) -> None:
    raw = answer().encode()
    key = inbound.put(raw)
    inbound.put(raw, is_enveloped=False)
    inbound.enqueue({"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": key}}}]})
    fetched = taken(harbour, inbound)
    assert (len(fetched.replies), fetched.known, inbound.queue_length()) == (1, 2, 0)


POISON: tuple[object, ...] = (
    "no JSON",
    "[]",
    "null",
    '"words"',
    {"notificationType": "Bounce"},
    {"notificationType": "Received"},
    {"notificationType": "Received", "receipt": {"action": {"type": "SNS"}}},
    {
        "notificationType": "Received",
        "receipt": {"action": {"bucketName": "b", "objectKey": "../../etc passwd"}},
    },
    {"notificationType": "Received", "receipt": {"action": {"bucketName": 7, "objectKey": []}}},
    {"Type": "Notification", "Message": "no JSON either"},
    {"Records": [{}]},
    "[" * 5_000,
)


def test_poison_is_parked_and_holds_up_nobody(harbour: Harbour, inbound: SesInbound, answer: Mail) -> None:
    for body in POISON:
        inbound.enqueue(body)
    inbound.put(answer().encode())
    with pytest.raises(NewsletterError, match="parked in all"):
        taken(harbour, inbound)
    assert len(list_replies(harbour.database)) == 1
    parked = [json.loads(path.read_text()) for path in (harbour.settings.var / "replies" / "parked").iterdir()]
    assert len(parked) == len(POISON)
    assert all(each["why"].startswith("it is not an SES receipt") for each in parked)
    assert inbound.queue_length() == 0
    assert taken(harbour, inbound).replies == ()


def test_a_mail_that_is_not_there_waits_and_is_parked_at_last(
    harbour: Harbour, inbound: SesInbound, answer: Mail
) -> None:
    key = inbound.put(answer().encode())
    inbound.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert taken(harbour, inbound).replies == ()
    assert inbound.queue_length() == 1
    late = inbound.make_queue("late")
    key = late.put(answer().encode())
    late.client("s3").delete_object(Bucket=BUCKET, Key=key)
    for _ in range(5):
        late.client("sqs").receive_message(QueueUrl=late.queue, VisibilityTimeout=0)
    with pytest.raises(NewsletterError, match="not in the bucket"):
        taken(harbour, late)
    assert late.queue_length() == 0


def test_the_word_that_a_bucket_was_set_up_is_no_mail(harbour: Harbour, inbound: SesInbound) -> None:
    told = {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": "in/AMAZON_SES_SETUP_NOTIFICATION"}}}]}
    inbound.enqueue(told)
    inbound.enqueue({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
    assert taken(harbour, inbound).replies == ()
    assert inbound.queue_length() == 0


def test_a_missing_queue_is_the_authors_to_mend_and_an_outage_is_not(
    harbour: Harbour, inbound: SesInbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = open_mailbox(f"sqs:{inbound.queue}-gone", harbour.settings.root, region="eu-west-1")
    with pytest.raises(SettingsError, match="NonExistentQueue"):
        list(gone.waiting())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    away = open_mailbox(f"sqs:{inbound.queue}", harbour.settings.root, region="eu-west-1")
    with pytest.raises(TemporaryError, match="Fetch again later"):
        list(away.waiting())


def test_the_command_reads_the_queue_of_the_settings(harbour: Harbour, inbound: SesInbound, answer: Mail) -> None:
    file = harbour.settings.root / "newsletter.toml"
    file.write_text(file.read_text().replace("maildir:answers", f"sqs:{inbound.queue}"))
    inbound.put(answer().encode())
    own = environment(
        NEWSLETTER_SECRET_KEY="k" * 40,
        PATH="/usr/bin:/bin",
        AWS_ENDPOINT_URL=inbound.url,
        AWS_ACCESS_KEY_ID="t",
        AWS_SECRET_ACCESS_KEY="t",
        AWS_REGION="eu-west-1",
    )
    done = run_command(["replies", "fetch", "--json"], cwd=harbour.settings.root, environment=own)
    assert json.loads(done.stdout)["new"] == 1, done
    assert inbound.queue_length() == 0
