"""Storage that fails at any step: nothing leaves that cannot be recorded, and once it is well nobody is lost."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import event

from newsletter.compose import Edition
from newsletter.database import Database, open_database
from newsletter.delivery import Counts, send
from newsletter.delivery.queue.claim import record_and_claim
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path, refuse_older_copy
from newsletter.delivery.queue.outcome_spool import OutcomeSpool
from newsletter.delivery.transports.base import Transport
from newsletter.delivery.transports.outbox import OutboxTransport, outbox_messages
from newsletter.errors import DatabaseBusy, DecisionRequired, DiskFull, NewsletterError, SettingsError
from tests.acceptance.kill_points import call_at_point
from tests.integration.delivery.conftest import Hop, Press, now

Make = Callable[..., Edition]
READERS = 40
IN_FLIGHT = 8
KILL_POINTS = {
    "plan.py:start_mailing:call": 1,
    "recipients.py:fill_mailing:return": 1,
    "recovery.py:recover:call": 1,
    "claim.py:make_deferred_due:call": 1,
    "claim.py:record_and_claim:call": 1,
    "claim.py:_claim_due:return": 2,
    "submission.py:hand_over:return": 2,
    "high_water_mark.py:note:return": 5,
    "conftest.py:submit:return": 9,
    "outcomes.py:outcomes:return": 3,
    "claim.py:_record_ours:call": 2,
    "claim.py:record_and_claim:return": 3,
    "submission.py:end:call": 1,
    "claim.py:finish_mailing:call": 1,
}
"""The steps at which storage fails, and the how-manieth time."""


@pytest.fixture(autouse=True)
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where it may be had, with the publication on it."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


class ErrorResponse:
    """Storage that can be made to fail, and be well again."""

    error: type[NewsletterError]

    def __init__(self, press: Press) -> None:
        self.press = press

    def strike(self) -> None:
        """Let it fail from now on."""

    def heal(self) -> None:
        """Let it be well again."""


class FullDisk(ErrorResponse):
    error = DiskFull

    def strike(self) -> None:
        descriptor = os.open(self.press.settings.root / "ballast", os.O_WRONLY | os.O_CREAT)
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while os.write(descriptor, b"x" * size):
                    pass
        os.close(descriptor)

    def heal(self) -> None:
        (self.press.settings.root / "ballast").unlink(missing_ok=True)


class Locked(ErrorResponse):
    error = DatabaseBusy

    def __init__(self, press: Press) -> None:
        super().__init__(press)
        event.listen(press.database.engine, "begin", lambda it: it.exec_driver_sql("PRAGMA busy_timeout=100"))
        self.holder = sqlite3.connect(press.database.place, isolation_level=None, check_same_thread=False, timeout=10)
        self.waiting = threading.Thread(target=self.holder.execute, args=("BEGIN IMMEDIATE",))

    def strike(self) -> None:
        self.waiting.start()
        self.waiting.join(0.1)  # at once, unless the sender itself is writing

    def heal(self) -> None:
        if self.waiting.ident:
            self.waiting.join()
            self.holder.rollback()
        self.holder.close()


class ReadOnly(ErrorResponse):
    error = SettingsError

    def __init__(self, press: Press) -> None:
        super().__init__(press)
        self.is_on = False
        event.listen(
            press.database.engine, "begin", lambda it: it.exec_driver_sql(f"PRAGMA query_only={int(self.is_on)}")
        )

    def strike(self) -> None:
        self.is_on = True

    def heal(self) -> None:
        self.is_on = False
        self.press.database.engine.dispose()


FAULTS = {"full disk": FullDisk, "locked": Locked, "read-only": ReadOnly}


def mail(press: Press, edition: Edition, hop: Transport) -> Counts:
    """Plan and send as the command does."""
    mailing = press.start(edition).mailing
    if press.counts(mailing).planned:
        for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=now):
            pass
    return press.counts(mailing)


def crowd(press: Press, number: int = READERS) -> list[str]:
    """Let people join, and return their addresses."""
    names = [f"reader{index}" for index in range(number)]
    press.join("weekly", *names)
    return sorted(f"{name}@readers.example" for name in names)


def refusal(act: Callable[[], object]) -> NewsletterError | None:
    """Return what kept something from being done."""
    try:
        act()
    except NewsletterError as error:
        return error
    return None


@pytest.mark.parametrize("step", list(KILL_POINTS))
@pytest.mark.parametrize("name", list(FAULTS))
def test_storage_that_fails_at_any_step_loses_nobody_and_doubles_nobody(
    press: Press, edition: Make, name: str, step: str
) -> None:
    everybody, hop = crowd(press), Hop()
    fault = FAULTS[name](press)
    with call_at_point(step, KILL_POINTS[step], fault.strike) as countdown:
        error = refusal(lambda: mail(press, edition(), hop))
    assert countdown.is_over
    if error is not None:  # where it struck in the middle of a transaction, that one may still have been written
        assert type(error) is fault.error
        assert error.exit_code == (1 if name == "read-only" else 75)
        assert len(str(error).splitlines()) == 1
    assert error is not None or name != "read-only"
    fault.heal()
    counts = mail(press, edition(), hop)
    assert (counts.submitted, counts.uncertain, counts.failed) == (READERS, 0, 0)  # nothing had left unrecorded
    assert len(hop.asked) == READERS
    assert sorted(hop.taken) == everybody
    assert press.start(edition()).mailing.finished_at is not None


@pytest.mark.parametrize("name", ["full disk", "read-only"])
def test_storage_that_fails_before_the_first_claim_lets_nothing_leave(press: Press, edition: Make, name: str) -> None:
    crowd(press)
    hop, fault = Hop(), FAULTS[name](press)
    mailing = press.start(edition()).mailing
    fault.strike()
    with pytest.raises(fault.error):
        for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=now):
            pass
    assert not hop.asked
    fault.heal()


def test_an_outbox_whose_disk_is_full_keeps_whole_messages_only(press: Press, edition: Make) -> None:
    everybody = crowd(press)
    fault = FullDisk(press)
    with closing(OutboxTransport(press.settings.var / "outbox")) as outbox:
        with call_at_point("outbox.py:submit:call", 12, fault.strike), pytest.raises(DiskFull, match="Free some space"):
            mail(press, edition(text="x" * 9000), outbox)
        kept = list(outbox_messages(outbox.folder))
        assert all(letter.path.read_bytes().rstrip().endswith(b"--") for letter in kept)
        assert not list((outbox.folder / "tmp").iterdir())
        fault.heal()
        counts = mail(press, edition(text="x" * 9000), outbox)
    assert (counts.submitted, counts.uncertain) == (len(everybody), 0)
    assert len({letter.delivery_id for letter in outbox_messages(outbox.folder)}) == len(everybody)
    assert len(list(outbox_messages(outbox.folder))) == len(everybody)


DAMAGE = {
    "empty": lambda octets: b"",
    "cut short": lambda octets: octets[: len(octets.rstrip(b"\0")) // 2],
    "zeros": lambda octets: bytes(len(octets)),
    "garbage": lambda octets: bytes(range(256)) * 20,
    "other JSON": lambda octets: b'7\nnull\n{}\n[]\n{"status":"submitted"}\n{"delivery_id":1,"status":"lost"}\n"x"\n',
    "wrong kinds": lambda octets: octets.replace(b'"delivery_id": ', b'"delivery_id": null, "x": '),
    "numbers beyond all": lambda octets: b"9" * 38 + b" 7" + octets[40:],
    "a mailing that never was": lambda octets: b"777 777".ljust(39) + b"\n" + octets[40:],
}


@pytest.mark.parametrize("damage", [name for name in DAMAGE if name != "a mailing that never was"])
def test_a_damaged_spool_leaves_uncertain_deliveries_and_nothing_worse(
    press: Press, edition: Make, damage: str
) -> None:
    everybody, hop, fault = crowd(press), Hop(), Locked(press)
    with call_at_point("claim.py:record_and_claim:call", 3, fault.strike), pytest.raises(DatabaseBusy):
        mail(press, edition(), hop)
    fault.heal()
    spool = press.settings.var / "outcomes.spool"
    written = spool.read_bytes()
    assert len(json.loads(written.split(b"\n")[0]))
    spool.write_bytes(DAMAGE[damage](written))
    counts = mail(press, edition(), hop)
    assert counts.submitted + counts.uncertain == READERS
    assert counts.uncertain <= IN_FLIGHT
    assert sorted(hop.taken) == everybody


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_a_damaged_mark_stops_and_asks_at_worst(press: Press, edition: Make, damage: str) -> None:
    everybody, hop = crowd(press), Hop()
    mailing = press.start(edition()).mailing
    sending = send(press.database, press.keyring, press.settings, mailing, hop, clock=now)
    next(sending)
    sending.close()
    record_and_claim(press.database, mailing, (), wanted=3, worker="smtp/here/1", now=now())
    mark = high_water_mark_path(press.settings)
    mark.write_bytes(DAMAGE[damage](mark.read_bytes()))
    if damage == "a mailing that never was":
        with pytest.raises(DecisionRequired, match="older copy"):
            refuse_older_copy(press.database, press.settings)
        return
    refuse_older_copy(press.database, press.settings)
    counts = mail(press, edition(), hop)
    assert (counts.submitted, counts.uncertain) == (READERS - 3, 3)
    assert len(hop.taken) == len(set(hop.taken)) == READERS - 3
    assert set(hop.taken) < set(everybody)


@pytest.mark.parametrize("name", ["outcomes.spool", "ledger.mark", "sender.lock"])
def test_a_missing_file_of_the_sender_is_made_again(press: Press, edition: Make, name: str) -> None:
    everybody, hop = crowd(press), Hop()
    mailing = press.start(edition()).mailing
    sending = send(press.database, press.keyring, press.settings, mailing, hop, clock=now)
    next(sending)
    (press.settings.var / name).unlink()
    sending.close()
    assert mail(press, edition(), hop).submitted == READERS
    assert sorted(hop.taken) == everybody


def test_room_for_everything_in_flight_is_reserved_before_anything_leaves(press: Press) -> None:
    fault = FullDisk(press)
    fault.strike()
    for make in (OutcomeSpool, HighWaterMark):
        with pytest.raises(DiskFull, match=r"no room.*Free some space"):
            make(press.settings.var / "new", IN_FLIGHT)
    fault.heal()


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_database_of_another_user_is_named(what: str) -> None:
    """With the rights of nobody, as far as files go."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        place = folder / "var" / "newsletter.db"
        place.parent.mkdir(mode=0o700 if what == "folder" else 0o777)
        place.touch(mode=0o600)
        os.seteuid(65534)
        try:
            with pytest.raises(SettingsError, match=r"newsletter\.db: .*permissions"):
                _written(open_database(f"sqlite:///{place}"))
        finally:
            os.seteuid(0)
    finally:
        shutil.rmtree(folder)


def _written(database: Database) -> None:
    with closing(database), database.write():
        pass
