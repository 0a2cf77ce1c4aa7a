"""A mailing for a segment, and parts for some readers: everybody is accounted for, and gets their own."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from newsletter.audience.tables import subscribers
from newsletter.compose import Edition, Variant
from newsletter.database import open_database, schema, upgrade
from newsletter.delivery import Exclusion, find_delivery, find_reported_deliveries, issue_status
from newsletter.delivery.queue import Plan, extend_mailing, plan_mailing, start_mailing, start_test_mailing
from newsletter.delivery.queue.claim import record_and_claim
from newsletter.delivery.tables import deliveries
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.errors import Deferred
from tests.integration.delivery.conftest import Hop, Press, now

Make = Callable[..., Edition]
PORTUGAL, SPAIN, COMPANY = 'country = "PT"', 'country = "ES"', "has company"


@dataclass
class Reading(Hop):
    """A next hop that keeps what it took."""

    messages: dict[str, bytes] = field(default_factory=dict)

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        receipt = super().submit(envelope, message)
        self.messages[envelope.recipient.partition("@")[0]] = message
        return receipt

    def said(self, word: str) -> set[str]:
        return {name for name, message in self.messages.items() if word.encode() in message}


def know(press: Press, **fields: dict[str, str]) -> None:
    with press.database.write() as connection:
        for name, known in fields.items():
            connection.execute(
                update(subscribers).where(subscribers.c.address == f"{name}@readers.example").values(fields=known)
            )


@pytest.fixture
def people(press: Press) -> Press:
    press.join("weekly", "ada", "bram", "chen", "dora")
    know(press, ada={"country": "PT"}, bram={"country": "pt", "company": "Lamps"}, chen={"country": "ES"})
    return press


def start(press: Press, edition: Edition, segment: str = "", **how: bool) -> Plan:
    return start_mailing(press.database, edition, transport="hop", segment=segment, now=now(), **how)


def with_parts(edition: Edition, *segments: str) -> Edition:
    """Give an edition a variant for each way to be in some of the segments, each saying which."""
    variants = []
    for number in range(1, 1 << len(segments)):
        inside = tuple(segment for place, segment in enumerate(segments) if number >> place & 1)
        words = f"<p>variant {number}</p>"
        variants.append(Variant(number=number, inside=inside, html=(words,), text=(words, edition.text[-1])))
    return replace(edition, segments=segments, variants=tuple(variants))


def test_whoever_is_outside_is_accounted_for_and_gets_it_from_the_next_mailing(people: Press, edition: Make) -> None:
    hop = Hop()
    plan = start(people, edition(), PORTUGAL)
    assert (plan.counts.candidates, plan.counts.planned) == (4, 2)
    assert plan.counts.excluded == {Exclusion.OUTSIDE: 2}
    assert plan.mailing.segment == PORTUGAL
    people.send(plan.mailing, hop)
    assert sorted(hop.taken) == ["ada@readers.example", "bram@readers.example"]
    other = start(people, edition(), COMPANY)
    assert other.counts.excluded == {Exclusion.OUTSIDE: 3, Exclusion.ALREADY_SENT: 1}
    rest = start(people, edition())
    assert (rest.is_new, rest.counts.excluded) == (True, {Exclusion.ALREADY_SENT: 2})
    people.send(rest.mailing, hop)
    assert len(hop.taken) == len(set(hop.taken)) == 4
    assert [mailing.segment for mailing, _counts in issue_status(people.database, "lamp").mailings] == [
        PORTUGAL,
        COMPANY,
        "",
    ]


def test_sending_to_a_segment_again_adds_who_came_into_it_and_takes_nobody_away(people: Press, edition: Make) -> None:
    first = start(people, edition(), PORTUGAL)
    know(people, ada={"country": "ES"}, dora={"country": "PT"})
    second = start(people, edition(), PORTUGAL)
    assert second.mailing.id == first.mailing.id
    assert second.counts.planned == 3
    assert second.counts.excluded == {Exclusion.OUTSIDE: 1}


def test_a_plan_for_a_segment_leaves_no_trace(people: Press, edition: Make) -> None:
    planned = plan_mailing(people.database, edition(), transport="hop", segment=PORTUGAL, now=now())
    assert issue_status(people.database, "lamp").mailings == ()
    assert start(people, edition(), PORTUGAL).counts == planned.counts


def test_got_the_last_issue_means_an_issue_before_this_one(people: Press, edition: Make) -> None:
    people.send(start(people, edition(slug="first"), PORTUGAL).mailing, Hop())
    people.send(start(people, edition(slug="second")).mailing, Hop())
    got_last, got_any = "got any of last 1", 'got any of last 2 and not got "second"'
    assert start(people, edition(slug="third"), got_last).counts.planned == 4
    know(people, dora={"country": "PT"})
    people.join("weekly", "eve")
    assert start(people, edition(slug="third"), got_last).counts.excluded == {Exclusion.OUTSIDE: 1}
    assert start(people, edition(slug="fourth"), got_any).counts.planned == 0
    assert start(people, edition(slug="fourth"), 'got "first"').counts.planned == 2


def test_everybody_gets_the_variant_meant_for_them(people: Press, edition: Make) -> None:
    parted = with_parts(edition(), PORTUGAL, COMPANY)
    plan = start(people, parted)
    assert [(each.variant, each.inside, each.recipients) for each in plan.variants] == [
        (0, (), 2),
        (1, (PORTUGAL,), 1),
        (2, (COMPANY,), 0),
        (3, (PORTUGAL, COMPANY), 1),
    ]
    hop = Reading()
    people.send(plan.mailing, hop)
    assert hop.said("It burns.") == {"chen", "dora"}
    assert (hop.said("variant 1"), hop.said("variant 2"), hop.said("variant 3")) == ({"ada"}, set(), {"bram"})
    with people.database.read() as connection:
        numbers = {row.variant: row.id for row in connection.execute(select(deliveries))}
    found = find_delivery(people.database, numbers[3])
    assert found is not None
    assert found.edition.text[0] == "<p>variant 3</p>"


def test_a_resume_sends_the_bytes_that_were_decided_whatever_is_known_since(people: Press, edition: Make) -> None:
    parted = with_parts(edition(), PORTUGAL)
    plan = start(people, parted)
    [claimed] = record_and_claim(people.database, plan.mailing, (), wanted=1, worker="hop/there/1", now=now()).claimed
    know(people, ada={}, bram={}, chen={"country": "PT"}, dora={"country": "PT"})
    people.join("weekly", "eve")
    know(people, eve={"country": "PT"})
    again = start(people, parted)
    assert not again.is_new
    hop = Reading(answer=lambda _envelope, times: Deferred("451 later") if times == 1 else None)
    for _ in range(2):
        with contextlib.suppress(Deferred):
            people.send(again.mailing, hop)
    left = {"ada", "bram", "chen", "dora", "eve"} - {claimed.recipient.local}
    assert hop.said("variant 1") == {"ada", "bram", "eve"} & left
    assert hop.said("It burns.") == {"chen", "dora"} & left


def test_until_anything_has_left_a_variant_follows_what_is_known(people: Press, edition: Make) -> None:
    parted = with_parts(edition(), PORTUGAL)
    mailing = start(people, parted).mailing
    know(people, ada={}, chen={"country": "PT"})
    extend_mailing(people.database, mailing, now())
    hop = Reading()
    people.send(mailing, hop)
    assert hop.said("variant 1") == {"bram", "chen"}


def test_a_text_that_changed_before_anything_left_brings_its_own_segments(people: Press, edition: Make) -> None:
    start(people, with_parts(edition(), PORTUGAL))
    plan = start(people, with_parts(edition(text="New."), SPAIN, COMPANY))
    hop = Reading()
    people.send(plan.mailing, hop)
    assert (hop.said("variant 1"), hop.said("variant 2"), hop.said("New.")) == (
        {"chen"},
        {"bram"},
        {"ada", "dora"},
    )


def test_a_text_that_lost_its_parts_before_anything_left_goes_to_all(people: Press, edition: Make) -> None:
    start(people, with_parts(edition(), PORTUGAL, COMPANY))
    plan = start(people, edition(text="New."))
    hop = Reading()
    people.send(plan.mailing, hop)
    assert hop.said("New.") == {"ada", "bram", "chen", "dora"}


def test_a_segment_sent_again_begins_a_round_of_its_own(people: Press, edition: Make) -> None:
    hop = Hop()
    people.send(start(people, edition()).mailing, hop)
    plan = start(people, edition(text="New."), PORTUGAL, again=True)
    assert (plan.mailing.round, plan.counts.planned) == (2, 2)
    people.send(plan.mailing, hop)
    assert hop.taken.count("ada@readers.example") == 2
    assert hop.taken.count("chen@readers.example") == 1


def test_a_segment_and_parts_together(people: Press, edition: Make) -> None:
    plan = start(people, with_parts(edition(), COMPANY), PORTUGAL)
    hop = Reading()
    people.send(plan.mailing, hop)
    assert (hop.said("variant 1"), hop.said("It burns.")) == ({"bram"}, {"ada"})


def test_a_test_is_the_variant_that_was_asked_for(people: Press, edition: Make) -> None:
    parted = with_parts(edition(), PORTUGAL)
    mailing = start_test_mailing(people.database, parted, ["me@readers.example"], transport="hop", variant=1, now=now())
    hop = Reading()
    people.send(mailing, hop)
    assert hop.said("variant 1") == {"me"}


_ROWS = """
INSERT INTO lists (id, name) VALUES (1, 'weekly');
INSERT INTO subscribers (id, address, address_key, address_hash, created_at)
VALUES (7, 'ada@readers.example', 'k', x'00', '2026-01-01');
INSERT INTO subscriptions VALUES (1, 1, 7, 'confirmed', '2026-01-01');
INSERT INTO editions VALUES ('{digest}', '{frozen}', '2026-01-01');
INSERT INTO rounds VALUES (1, 'lamp', 1);
INSERT INTO mailings (id, kind, slug, list_name, round_id, edition_digest, transport, created_at, turns)
VALUES (3, 'issue', 'lamp', 'weekly', 1, '{digest}', 'hop', '2026-01-01', 5);
INSERT INTO deliveries (id, mailing_id, subscriber_id, round_id, status) VALUES (9, 3, 7, 1, 'submitted');
INSERT INTO deliveries (id, mailing_id, subscriber_id, round_id, status, reason)
VALUES (8, 3, 6, 1, 'failed', 'it may have been taken; the author chose not to send it again')
"""


def test_a_database_from_before_segments_keeps_its_mailings(tmp_path: Path, edition: Make) -> None:
    """The table of mailings is made anew: all that refers to it must still do so."""
    database = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    frozen = edition()
    with database.schema_change() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for statement in _ROWS.format(digest=frozen.digest, frozen=json.dumps(frozen.as_json())).split(";\n"):
            connection.exec_driver_sql(statement)
    assert upgrade(database)
    plan = start_mailing(database, frozen, transport="hop", now=now())
    assert (plan.is_new, plan.mailing.id, plan.counts.submitted) == (False, 3, 1)
    assert start_mailing(database, frozen, transport="hop", segment='got "lamp"', now=now()).is_new
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("SELECT transactions FROM mailings WHERE id = 3")) == 5
        assert find_reported_deliveries(connection, [8])[8].is_skipped
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO deliveries (mailing_id, status) VALUES (99, 'planned')"))
    database.close()
