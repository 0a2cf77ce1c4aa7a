"""Whatever happens, in any order: everybody is accounted for, and nobody is mailed twice."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from newsletter.address import Address
from newsletter.audience import add_subscriber, ensure_lists, find_subscriber_id, unsubscribe
from newsletter.compose import Edition
from newsletter.delivery import DeliveryStatus, Mailing, MailingState, mailing_counts, resolve
from newsletter.delivery.models import Delivery
from newsletter.delivery.queue import cancel, pause, resume, start_mailing
from newsletter.delivery.queue.claim import DeliveryOutcome, make_deferred_due, next_due, record_and_claim
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path
from newsletter.delivery.queue.outcome_spool import OutcomeSpool, spool_path
from newsletter.delivery.queue.recovery import recover
from newsletter.errors import DecisionRequired
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database
from tests.hypothesis_examples import example_count
from tests.integration.delivery.conftest import Hop

KEYRING = Keyring((b"k" * 32,))
WORKER = "hop/here/1"
EDITION = Edition(
    slug="lamp",
    list_name="weekly",
    title="The lamp",
    language="en",
    subject=("The lamp",),
    preheader="",
    html=("x",),
    text=("x",),
    web="",
)


class Mailroom(RuleBasedStateMachine):
    """One mailing, its sender taken apart into the steps between which a kill may come."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        there = Path(self.folder.name)
        self.database = fresh_database(f"sqlite:///{there / 'newsletter.db'}", busy_seconds=1)
        self.copy: tuple[Path, Counter[int], int] | None = None
        ensure_lists(self.database, ["weekly"])
        self.settings = Settings.model_validate(
            {"root": there, "publication": {"title": "The Lamplighter"}, "delivery": {"in_flight": 8}}
        )
        self.settings.var.mkdir()
        self.spool = OutcomeSpool(spool_path(self.settings), 8)
        self.mark = HighWaterMark(high_water_mark_path(self.settings), 8)
        self.mark.begin(WORKER)
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.people = 0
        self.mailed: Counter[int] = Counter()
        self.words = 0
        self.in_hand: list[Delivery] = []
        self.outcomes: list[DeliveryOutcome] = []
        self.mailing: Mailing = self._started()
        self.most = 0
        self.slots: dict[int, int] = {}

    def _started(self) -> Mailing:
        return start_mailing(self.database, EDITION, transport="hop", now=self.now).mailing

    @rule(number=st.integers(1, 5))
    def join(self, number: int) -> None:
        for _ in range(number):
            self.people += 1
            who = Address(f"reader{self.people}", "readers.example")
            add_subscriber(self.database, KEYRING, who, "weekly", origin="test", now=self.now)

    @precondition(lambda self: self.people)
    @rule(which=st.integers(0, 10**6))
    def leave(self, which: int) -> None:
        found = find_subscriber_id(self.database, Address(f"reader{which % self.people + 1}", "readers.example"))
        assert found is not None
        unsubscribe(self.database, found, "weekly", origin="test", now=self.now)

    @precondition(lambda self: self.people)
    @rule(which=st.integers(0, 10**6))
    def come_back(self, which: int) -> None:
        who = Address(f"reader{which % self.people + 1}", "readers.example")
        add_subscriber(self.database, KEYRING, who, "weekly", origin="test", now=self.now)

    @rule(hours=st.integers(-30, 30))
    def jump(self, hours: int) -> None:
        """Let the clock jump."""
        self.now += timedelta(hours=hours)

    @rule()
    def plan(self) -> None:
        self.mailing = self._started()

    @rule(wanted=st.integers(0, 4))
    def claim(self, wanted: int) -> None:
        """Record what is known, and claim."""
        wanted = min(wanted, 8 - len(self.in_hand))
        turn = record_and_claim(self.database, self.mailing, self.outcomes, wanted=wanted, worker=WORKER, now=self.now)
        self.outcomes = []
        self.mark.count(self.mailing.id, turn.number)
        assert not turn.claimed or turn.state is MailingState.OPEN
        self.in_hand += turn.claimed

    @precondition(lambda self: self.in_hand)
    @rule(answer=st.sampled_from(["taken", "refused", "put off", "lost after", "lost before", "untried"]))
    def submit(self, answer: str) -> None:
        delivery = self.in_hand.pop()
        if answer != "untried":
            self._note(delivery)
        if answer in {"taken", "lost after"}:
            self.mailed[delivery.subscriber_id or 0] += 1
        status = {
            "taken": DeliveryStatus.SUBMITTED,
            "refused": DeliveryStatus.FAILED,
            "put off": DeliveryStatus.PLANNED,
            "untried": DeliveryStatus.PLANNED,
        }.get(answer, DeliveryStatus.UNCERTAIN)
        is_deferred = answer == "put off"
        due_at = int(self.now.timestamp()) + 60 if is_deferred else 0
        self.outcomes.append(
            DeliveryOutcome(delivery_id=delivery.id, status=status, is_deferred=is_deferred, due_at=due_at)
        )

    @precondition(lambda self: not self.in_hand)
    @rule(number=st.integers(1, 4))
    def send_some(self, number: int) -> None:
        """What happens nearly always: some are claimed, and all of them are taken."""
        self.claim(number)
        while self.in_hand:
            self.submit("taken")

    def _note(self, delivery: Delivery) -> None:
        """Mark it in a slot that nothing unrecorded holds."""
        taken = {outcome.delivery_id for outcome in self.outcomes}
        self.slots = {number: slot for number, slot in self.slots.items() if number in taken}
        self.slots[delivery.id] = min(set(range(8)) - set(self.slots.values()))
        self.mark.note(self.slots[delivery.id], delivery.id)

    @rule(is_submitting=st.booleans(), is_taken=st.booleans(), is_spooled=st.booleans())
    def crash(self, is_submitting: bool, is_taken: bool, is_spooled: bool) -> None:
        """Lose all that is in memory, perhaps in the middle of a submit, and start anew."""
        if is_spooled:
            self.spool.keep(self.outcomes)
        if is_submitting and self.in_hand and len(self.outcomes) < 8:
            self._note(self.in_hand[0])
            if is_taken:
                self.mailed[self.in_hand[0].subscriber_id or 0] += 1
        self.in_hand, self.outcomes = [], []
        self.now += timedelta(minutes=1)
        recover(self.database, self.spool, Hop(), self.mark, self.now)
        self.mark.begin(WORKER)
        make_deferred_due(self.database, self.mailing)

    @rule()
    def back_up(self) -> None:
        """Copy the database as it is, in whatever state its sender is."""
        path = Path(self.folder.name) / "copy.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.database.place)) as ours, closing(sqlite3.connect(path)) as copy:
            ours.backup(copy)
        self.copy = (path, self.mailed.copy(), self.people)

    @precondition(lambda self: self.copy is not None)
    @rule()
    def restore(self) -> None:
        """Put the copy back: if letters have left since, it asks, and the author's word lets it go on."""
        assert self.copy is not None
        path, mailed, people = self.copy
        self.database.close()
        here = Path(self.database.place)
        for old in here.parent.glob("newsletter.db*"):
            old.unlink()
        shutil.copy(path, here)
        since = self.mailed - mailed
        is_asking = False
        try:
            self.mark.compare(self.database)
        except DecisionRequired:
            is_asking = True
        assert is_asking or not set(since) - self._known()
        self.words += since.total()
        self.people, self.most = people, 0
        self.in_hand, self.outcomes = [], []
        recover(self.database, self.spool, Hop(), None, self.now)
        self.mark.begin(WORKER)
        self.mailing = self._started()

    @precondition(lambda self: not self.in_hand)
    @rule(resend=st.booleans())
    def settle(self, resend: bool) -> None:
        """Let the author say what becomes of the uncertain ones, while outcomes wait to be written."""
        if resend and self._state() is MailingState.CANCELLED:
            return
        self.spool.keep(self.outcomes)
        self.outcomes = []
        number = resolve(self.database, self.settings, self.mailing, resend=resend, now=self.now)
        self.words += number if resend else 0

    @rule()
    def hold(self) -> None:
        counts = mailing_counts(self.database, self.mailing.id)
        if counts.planned and self._state() is not MailingState.CANCELLED:
            pause(self.database, self.mailing)

    @rule()
    def let_go(self) -> None:
        if self._state() is not MailingState.CANCELLED:
            resume(self.database, self.mailing)

    @precondition(lambda self: self.people > 10)
    @rule()
    def call_off(self) -> None:
        cancel(self.database, self.mailing, self.now)

    def _known(self) -> set[int]:
        """Return whom the database will not write to again by itself, and be it for doubt."""
        with self.database.read() as connection:
            rows = connection.execute(
                text("SELECT subscriber_id FROM deliveries WHERE status NOT IN ('planned', 'excluded')")
            )
            return {number for (number,) in rows}

    def _state(self) -> MailingState:
        self.mailing = self._started()
        return self.mailing.state

    @invariant()
    def everybody_is_accounted_for(self) -> None:
        counts = mailing_counts(self.database, self.mailing.id)
        assert self.most <= counts.candidates <= self.people
        self.most = counts.candidates

    @invariant()
    def nobody_is_mailed_twice_but_by_the_authors_word(self) -> None:
        assert sum(number - 1 for number in self.mailed.values()) <= self.words
        if not self.words:
            assert max(self.mailed.values(), default=0) <= 1

    def teardown(self) -> None:
        """Whoever was mailed is submitted, or uncertain, or settled by a word."""
        if not hasattr(self, "database"):
            return
        with closing(self.mark), closing(self.spool):
            self.crash(is_submitting=False, is_taken=False, is_spooled=True)
            counts = mailing_counts(self.database, self.mailing.id)
            assert counts.planned + counts.submitted + counts.failed + counts.uncertain == counts.recipients
            if not self.words:
                assert len(self.mailed) <= counts.submitted + counts.uncertain + counts.failed
            due = next_due(self.database, self.mailing)
            assert due is None or due <= self.now.timestamp(), "somebody waits for a time that may never come"
        self.database.close()
        self.folder.cleanup()


Mailroom.TestCase.settings = settings(
    max_examples=example_count(25),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestWhateverHappens = pytest.mark.examples(Mailroom.TestCase)
