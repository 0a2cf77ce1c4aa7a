"""A decision says who, when and why; trust needs a history and a proof; mail decides only for a moderator."""

import mailbox
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest

from newsletter.address import Address
from newsletter.content import read_comments
from newsletter.delivery import open_transport
from newsletter.delivery.notices import list_notices, send_due_notices
from newsletter.errors import DecisionRequired, UsageError
from newsletter.replies import (
    Reply,
    ReplyState,
    approve,
    ask_permission,
    list_replies,
    plan_digest,
    reject,
    show_reply,
    withdraw_reply,
)
from tests.integration.replies.conftest import NOW, Harbour
from tests.unit.replies.signing import signed

Mail = Callable[..., str]
AUTHOR = "ines@author.example"


def with_rules(harbour: Harbour, **rules: Any) -> Harbour:
    replies = harbour.settings.replies.model_copy(update=rules)
    return replace(harbour, settings=harbour.settings.model_copy(update={"replies": replies}))


def posted(harbour: Harbour, now: Any = NOW) -> list[EmailMessage]:
    with closing(open_transport(harbour.settings)) as transport:
        send_due_notices(harbour.database, harbour.keyring, harbour.settings, transport, clock=lambda: now)
    box = mailbox.Maildir(harbour.settings.var / "outbox", create=False)
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(box.get_bytes(key)) for key in sorted(box.keys())]


@pytest.fixture
def moderated(harbour: Harbour) -> Harbour:
    harbour.names.publish("example.net")
    harbour.names.publish("author.example")
    return with_rules(harbour, moderators=(Address.parse(AUTHOR),))


def taken(harbour: Harbour, raw: str | bytes, name: str = "1.eml") -> Reply:
    harbour.deliver(raw, name)
    return harbour.fetch().replies[0]


def order(to: str, said: str = "", *, sender: str = AUTHOR, subject: str = "x", domain: str | None = None) -> bytes:
    """A mail of the author's, signed by its domain unless told otherwise."""
    raw = (
        f"From: Ines <{sender}>\nTo: {to}\nSubject: {subject}\nDate: Mon, 3 Mar 2025 21:00:00 +0000\n"
        f"Message-ID: <{abs(hash((to, said, sender, domain)))}@author.example>\n\n{said}\n"
    )
    return raw.encode() if domain == "" else signed(raw, domain or sender.rpartition("@")[2])


def addresses(digest: EmailMessage) -> dict[str, str]:
    return dict(re.findall(r"^(\w+): mailto:([^?\s]+)", digest.get_content(), re.MULTILINE))


# --- by hand --------------------------------------------------------------------


def test_every_decision_is_on_record(harbour: Harbour, answer: Mail) -> None:
    held = taken(harbour, answer())
    reject(harbour.database, held.id, by="Ed", reason="later", channel="terminal", now=NOW)
    approve(harbour.database, harbour.settings, held.id, by="Flo", reason="fine", channel="web", now=NOW)
    said = show_reply(harbour.database, harbour.settings, held.id).decisions
    assert [(one.state, one.by, one.reason, one.channel) for one in said] == [
        ("rejected", "Ed", "later", "terminal"),
        ("approved", "Flo", "fine", "web"),
    ]


def test_what_the_author_changed_in_a_comment_stays(harbour: Harbour, answer: Mail) -> None:
    held = taken(harbour, answer())
    path = approve(harbour.database, harbour.settings, held.id, now=NOW)
    path.write_text(path.read_text().replace("two", "two clocks"))
    assert approve(harbour.database, harbour.settings, held.id, now=NOW) == path
    assert "two clocks" in path.read_text()


def test_a_rejection_can_be_told_once(harbour: Harbour, answer: Mail) -> None:
    held = taken(harbour, answer())
    for _ in range(2):
        reject(
            harbour.database,
            held.id,
            reason="It names your boss.",
            settings=harbour.settings,
            is_notified=True,
            now=NOW,
        )
    (mail,) = posted(harbour)
    assert (mail["To"], mail["Auto-Submitted"]) == ("Jo Winter <jo@example.net>", "auto-generated")
    assert "It names your boss." in mail.get_content()
    assert "will not be published" in mail.get_content()


def test_nobody_is_told_at_an_address_that_may_be_forged(harbour: Harbour, answer: Mail) -> None:
    held = taken(harbour, answer(sender="Eve <eve@example.org>"))
    with pytest.raises(DecisionRequired, match="nobody was notified"):
        reject(
            harbour.database,
            held.id,
            settings=harbour.settings,
            is_notified=True,
            now=NOW,
        )
    assert list_replies(harbour.database)[0].state is ReplyState.HELD


def test_a_writer_is_asked_first_where_the_settings_say_so(harbour: Harbour, answer: Mail) -> None:
    asking = with_rules(harbour, publish="ask")
    held = taken(asking, answer())
    with pytest.raises(DecisionRequired, match="has not agreed"):
        approve(asking.database, asking.settings, held.id, now=NOW)
    ask_permission(asking.database, asking.settings, held.id, now=NOW)
    (mail,) = posted(asking)
    assert "> I own two." in mail.get_content()
    doubtful = taken(asking, answer("Hm, who reads it?", to=mail["Reply-To"], message_id="<2@x>"), "2.eml")
    assert "did not plainly say yes" in doubtful.note
    with pytest.raises(DecisionRequired, match="has not agreed"):
        approve(asking.database, asking.settings, held.id, now=NOW)
    stranger = answer("Yes", to=mail["Reply-To"], message_id="<3@x>", sender="Eve <eve@example.net>")
    assert "nothing was changed" in taken(asking, stranger, "3.eml").note
    agreed = taken(asking, answer("Yes!", to=mail["Reply-To"], message_id="<4@x>"), "4.eml")
    assert (agreed.state, agreed.note) == (ReplyState.COMMAND, f"its writer agrees: {held.id} may be published")
    approve(asking.database, asking.settings, held.id, now=NOW)


# --- trust ----------------------------------------------------------------------


def test_a_proven_writer_with_a_history_stands_at_once(moderated: Harbour, answer: Mail) -> None:
    trusting = with_rules(moderated, trust_after=1)
    first = taken(trusting, signed(answer("One.", message_id="<1@x>")))
    assert first.state is ReplyState.HELD
    approve(trusting.database, trusting.settings, first.id, now=NOW)
    second = taken(trusting, signed(answer("Two.", message_id="<2@x>")), "2.eml")
    assert (second.state, second.decided_by, second.decided_reason) == (
        ReplyState.APPROVED,
        "[replies] trust_after",
        "1 published before",
    )
    assert len(read_comments(trusting.settings, "ferries").comments) == 2


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ("See https://a.example https://b.example www.c.example", {}),
        ("Buy cheap VIAGRA now", {"blocked_words": ("viagra",)}),
        ("Two.", {"most_a_day": 1}),
        ("Two.", {"publish": "ask"}),
        ("Two.", {"trust_after": 0}),
        ("Two.", {"trust_after": 2}),
        ("Please take me off the list", {}),
    ],
)
def test_what_speaks_against_it_waits(moderated: Harbour, answer: Mail, said: str, rules: dict[str, Any]) -> None:
    trusting = with_rules(moderated, trust_after=1)
    first = taken(trusting, signed(answer("One.", message_id="<1@x>")))
    approve(trusting.database, trusting.settings, first.id, now=NOW)
    second = taken(with_rules(trusting, **rules), signed(answer(said, message_id="<2@x>")), "2.eml")
    assert second.state is ReplyState.HELD


def test_a_token_and_a_name_are_no_proof(moderated: Harbour, answer: Mail) -> None:
    trusting = with_rules(moderated, trust_after=1)
    first = taken(trusting, signed(answer("One.", message_id="<1@x>")))
    approve(trusting.database, trusting.settings, first.id, now=NOW)
    for number, raw in enumerate(
        (
            answer("Forged.", message_id="<2@x>").encode(),
            signed(answer("Forged.", message_id="<3@x>"), "author.example"),
            signed(answer("Forged.", message_id="<4@x>")).replace(b"Forged", b"Changed"),
        ),
        2,
    ):
        assert taken(trusting, raw, f"{number}.eml").state is ReplyState.HELD


def test_who_was_rejected_once_is_not_trusted(moderated: Harbour, answer: Mail) -> None:
    trusting = with_rules(moderated, trust_after=1)
    for number, decide in ((1, approve), (2, None)):
        reply = taken(trusting, signed(answer(f"No {number}.", message_id=f"<{number}@x>")), f"{number}.eml")
        if decide is not None:
            approve(trusting.database, trusting.settings, reply.id, now=NOW)
    assert taken(trusting, signed(answer("No 3.", message_id="<3@x>")), "3.eml").state is ReplyState.APPROVED
    fourth = taken(with_rules(trusting, trust_after=9), signed(answer("No 4.", message_id="<4@x>")), "4.eml")
    reject(trusting.database, fourth.id, now=NOW)
    assert taken(trusting, signed(answer("No 5.", message_id="<5@x>")), "5.eml").state is ReplyState.HELD


# --- by mail --------------------------------------------------------------------


@pytest.fixture
def digest(moderated: Harbour, answer: Mail) -> tuple[Reply, EmailMessage]:
    held = taken(moderated, answer())
    assert plan_digest(moderated.database, moderated.keyring, moderated.settings, now=NOW)
    (mail,) = posted(moderated)
    return held, mail


def test_a_digest_tells_once_what_is_new(moderated: Harbour, answer: Mail, digest: tuple[Reply, EmailMessage]) -> None:
    held, mail = digest
    assert mail["To"] == AUTHOR
    assert held.id in mail.get_content()
    assert "| I own two." in mail.get_content()
    assert "jo@example.net" not in mail.get_content()
    assert set(addresses(mail)) == {"approve", "reject", "tell", "answer"}
    assert not plan_digest(moderated.database, moderated.keyring, moderated.settings, now=NOW)
    taken(moderated, answer("Another.", message_id="<2@x>"), "2.eml")
    soon = NOW + timedelta(minutes=5)
    asked = {"now": soon, "is_due_only": True}
    assert not plan_digest(moderated.database, moderated.keyring, moderated.settings, **asked)
    (later,) = plan_digest(moderated.database, moderated.keyring, moderated.settings, now=soon)
    assert held.id not in later.text
    assert "1 new, 1 more waiting" in later.subject


def test_a_mail_to_one_address_is_one_decision(moderated: Harbour, digest: tuple[Reply, EmailMessage]) -> None:
    held, mail = digest
    done = taken(moderated, order(addresses(mail)["approve"]), "o.eml")
    assert (done.state, done.note) == (ReplyState.COMMAND, f"approved {held.id}")
    (decided,) = list_replies(moderated.database, state=ReplyState.APPROVED)
    assert (decided.decided_by, decided.id) == (AUTHOR, held.id)
    assert len(read_comments(moderated.settings, "ferries").comments) == 1


def test_a_rejection_by_mail_has_its_reason(moderated: Harbour, digest: tuple[Reply, EmailMessage]) -> None:
    _, mail = digest
    taken(moderated, order(addresses(mail)["tell"], "It names your boss."), "o.eml")
    (decided,) = list_replies(moderated.database, state=ReplyState.REJECTED)
    assert decided.decided_reason == "It names your boss."
    assert [notice.kind for notice in list_notices(moderated.database)] == ["digest", "refusal"]


def test_an_answer_by_mail_keeps_its_links(moderated: Harbour, digest: tuple[Reply, EmailMessage]) -> None:
    _, mail = digest
    taken(moderated, order(addresses(mail)["answer"], "Write to me@author.example."), "o.eml")
    answered = posted(moderated)[-1]
    assert answered["To"] == "Jo Winter <jo@example.net>"
    assert "Write to me@author.example." in answered.get_content()


def test_lines_in_answer_to_the_digest_decide(
    moderated: Harbour, answer: Mail, digest: tuple[Reply, EmailMessage]
) -> None:
    held, mail = digest
    second = taken(moderated, answer("Another.", message_id="<2@x>"), "2.eml")
    quoted = "\n".join(f"> {line}" for line in mail.get_content().split("\n"))
    said = f"approve {held.id}\nreject {second.id} off topic\nreject zzzzzz\n\nOn Monday Ines wrote:\n{quoted}"
    done = taken(moderated, order(str(mail["Reply-To"]), said), "o.eml")
    assert f"approved {held.id}; rejected {second.id}; zzzzzz is unchanged" in done.note
    (rejected,) = list_replies(moderated.database, state=ReplyState.REJECTED)
    assert rejected.decided_reason == "off topic"


def test_plain_words_in_answer_to_a_digest_of_one_comment_are_the_authors_answer(
    moderated: Harbour, digest: tuple[Reply, EmailMessage]
) -> None:
    held, mail = digest
    quoted = "\n".join(f"> {line}" for line in mail.get_content().split("\n"))
    said = f"Which two are they?\n\nOn Mon, 3 Mar 2025 at 20:00, Tidal Notes <x@example.org> wrote:\n{quoted}"
    done = taken(moderated, order(str(mail["Reply-To"]), said), "o.eml")
    assert done.note == f"answered {held.id}"
    (sent,) = [notice for notice in list_notices(moderated.database) if notice.kind == "answer"]
    assert (sent.recipient, "Which two are they?" in sent.text) == ("jo@example.net", True)


@pytest.mark.parametrize(
    ("said", "state"),
    [("approve", ReplyState.APPROVED), ("No.", ReplyState.REJECTED), ("reject\noff topic", ReplyState.REJECTED)],
)
def test_a_lone_order_in_answer_to_a_digest_of_one_comment_is_one(
    moderated: Harbour, digest: tuple[Reply, EmailMessage], said: str, state: ReplyState
) -> None:
    held, mail = digest
    taken(moderated, order(str(mail["Reply-To"]), said), "o.eml")
    (reply,) = list_replies(moderated.database, state=state)
    assert reply.id == held.id
    assert not [notice for notice in list_notices(moderated.database) if notice.kind == "answer"]


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        (AUTHOR, ""),
        (AUTHOR, "example.net"),
        ("jo@example.net", None),
        ("ines@example.net", None),
    ],
)
def test_nobody_else_decides_by_mail(
    moderated: Harbour, digest: tuple[Reply, EmailMessage], sender: str, domain: str | None
) -> None:
    _, mail = digest
    for number, (to, said) in enumerate(
        ((addresses(mail)["approve"], ""), (str(mail["Reply-To"]), f"approve {digest[0].id}"))
    ):
        raw = order(to, said, sender=sender, domain=domain)
        done = taken(moderated, raw, f"{number}.eml")
        assert done.state is ReplyState.COMMAND
        assert done.note.startswith("nothing was decided")
    assert list_replies(moderated.database, state=ReplyState.HELD)[0].id == digest[0].id
    assert read_comments(moderated.settings, "ferries").comments == ()


def test_a_machines_answer_to_a_digest_decides_nothing(moderated: Harbour, digest: tuple[Reply, EmailMessage]) -> None:
    held, mail = digest
    raw = b"Auto-Submitted: auto-replied\n" + order(str(mail["Reply-To"]), f"approve {held.id}")
    assert taken(moderated, raw, "o.eml").state is ReplyState.IGNORED
    assert list_replies(moderated.database, state=ReplyState.HELD)


def test_an_order_may_come_twice(moderated: Harbour, digest: tuple[Reply, EmailMessage]) -> None:
    held, mail = digest
    raw = order(addresses(mail)["approve"])
    taken(moderated, raw, "o.eml")
    taken(moderated, raw.replace(b"Subject: x", b"Subject: y").replace(b"<", b"<a", 1), "p.eml")
    assert len(read_comments(moderated.settings, "ferries").comments) == 1
    assert list_replies(moderated.database, state=ReplyState.APPROVED)[0].id == held.id


# --- what writers ask ---------------------------------------------------------------


@pytest.fixture
def told(harbour: Harbour, answer: Mail) -> tuple[Reply, list[str]]:
    """A published reply, and the addresses to change it and to take it back."""
    held = taken(harbour, answer())
    approve(harbour.database, harbour.settings, held.id, keyring=harbour.keyring, now=NOW)
    (mail,) = posted(harbour)
    return held, re.findall(r"^(w\+\S+@reply\.example\.org)$", mail.get_content(), re.MULTILINE)[:2]


def test_a_writer_takes_words_back_and_a_tombstone_stays(
    harbour: Harbour, told: tuple[Reply, list[str]], answer: Mail
) -> None:
    held, (_, back) = told
    done = taken(harbour, answer("", to=back, message_id="<2@x>"), "2.eml")
    assert done.note == f"{held.id} is withdrawn by its writer"
    (stone,) = read_comments(harbour.settings, "ferries").comments
    assert (stone.id, stone.is_withdrawn, stone.text, stone.author) == (held.id, True, "", "")
    (row,) = list_replies(harbour.database, state=ReplyState.WITHDRAWN)
    assert row.text == ""
    with pytest.raises(DecisionRequired, match="withdrawn"):
        approve(harbour.database, harbour.settings, held.id, now=NOW)


def test_a_stranger_takes_nothing_back(harbour: Harbour, told: tuple[Reply, list[str]], answer: Mail) -> None:
    _, (edit, back) = told
    for number, to in enumerate((edit, back)):
        raw = answer("x", to=to, sender="Eve <eve@example.net>", message_id=f"<e{number}@x>")
        assert "nothing was changed" in taken(harbour, raw, f"e{number}.eml").note
    assert read_comments(harbour.settings, "ferries").comments[0].text == "I own two."


def test_new_words_wait_and_then_take_the_place_of_the_old(
    harbour: Harbour, told: tuple[Reply, list[str]], answer: Mail
) -> None:
    held, (edit, _) = told
    new = taken(harbour, answer("I own three.", to=edit, message_id="<2@x>"), "2.eml")
    assert (new.state, new.edits, new.slug) == (ReplyState.HELD, held.id, "ferries")
    assert read_comments(harbour.settings, "ferries").comments[0].text == "I own two."
    approve(harbour.database, harbour.settings, new.id, now=NOW)
    (comment,) = read_comments(harbour.settings, "ferries").comments
    assert (comment.id, comment.text, comment.date) == (held.id, "I own three.", held.received_at)
    (file,) = (harbour.settings.root / "issues" / "ferries" / "comments").iterdir()
    file.write_text(file.read_text().replace("three", "three clocks"))
    for name in (new.id, held.id):
        assert approve(harbour.database, harbour.settings, name, now=NOW) == file
    assert "three clocks" in file.read_text()


def test_new_words_for_what_was_withdrawn_are_refused(
    harbour: Harbour, told: tuple[Reply, list[str]], answer: Mail
) -> None:
    held, (edit, _) = told
    new = taken(harbour, answer("I own three.", to=edit, message_id="<2@x>"), "2.eml")
    withdraw_reply(harbour.database, harbour.settings, held.id, now=NOW)
    with pytest.raises((UsageError, DecisionRequired), match="withdrawn"):
        approve(harbour.database, harbour.settings, new.id, now=NOW)


def test_erasing_forgets_the_mail_and_a_second_fetch_does_not_bring_it_back(
    harbour: Harbour, told: tuple[Reply, list[str]]
) -> None:
    held, _ = told
    withdraw_reply(harbour.database, harbour.settings, held.id, is_erased=True, now=NOW)
    assert list((harbour.settings.var / "replies").iterdir()) == []
    assert harbour.fetch().known == 1
    assert list((harbour.settings.var / "replies").iterdir()) == []
    (row,) = list_replies(harbour.database)
    assert (row.author, row.from_address, row.text, row.message_id) == ("", "", "", "")


def test_a_word_in_answer_to_the_notice_withdraws_too(
    harbour: Harbour, told: tuple[Reply, list[str]], answer: Mail
) -> None:
    (mail,) = posted(harbour)
    taken(harbour, answer("Please delete it", to=str(mail["Reply-To"]), message_id="<2@x>"), "2.eml")
    assert not read_comments(harbour.settings, "ferries").comments[0].is_withdrawn
    taken(harbour, answer("Withdraw.", to=str(mail["Reply-To"]), message_id="<3@x>"), "3.eml")
    assert read_comments(harbour.settings, "ferries").comments[0].is_withdrawn


@pytest.mark.parametrize(
    ("said", "author", "text"),
    [
        ("Name: Jo of the pier\n\nI own two.", "Jo of the pier", "I own two."),
        ("I own two.\n\nSign as: J. W.", "J. W.", "I own two."),
        ("Anonymous\n\nI own two.", "A reader", "I own two."),
        ("Nom : Jo\n\nJ’en ai deux.", "Jo", "J’en ai deux."),
        ("名前：ジョー\n\n二つ。", "ジョー", "二つ。"),
        ("Name: jo@example.net\n\nI own two.", "Jo Winter", "Name: [address removed]\n\nI own two."),
        ("Name: Jo", "Jo Winter", "Name: Jo"),
    ],
)
def test_a_writer_chooses_the_name_that_is_shown(
    harbour: Harbour, answer: Mail, said: str, author: str, text: str
) -> None:
    reply = taken(harbour, answer(said))
    assert (reply.author, reply.text) == (author, text)


def test_a_chosen_name_is_kept_only_of_a_proven_writer(moderated: Harbour, answer: Mail) -> None:
    taken(moderated, answer("Name: Mallory\n\nForged.", message_id="<1@x>"))
    assert taken(moderated, answer("Me.", message_id="<2@x>"), "2.eml").author == "Jo Winter"
    taken(moderated, signed(answer("Name: J. W.\n\nMine.", message_id="<3@x>")), "3.eml")
    assert taken(moderated, answer("Me again.", message_id="<4@x>"), "4.eml").author == "J. W."
