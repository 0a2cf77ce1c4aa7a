"""What several processes book in one file stays within one rate."""

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.rate.limiter import RateLimiter
from newsletter.delivery.rate.shared_file import SharedRateFile, open_shared_rate


@settings(max_examples=30, deadline=None)
@given(
    rate=st.floats(1, 2000),
    turns=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40), st.floats(0, 0.5)), max_size=30),
)
def test_senders_that_share_a_rate_keep_it_together(
    tmp_path_factory: pytest.TempPathFactory, rate: float, turns: list[tuple[int, int, float]]
) -> None:
    path = tmp_path_factory.mktemp("book") / "x.pace"
    limiters = [RateLimiter(rate=rate, shared=(SharedRateFile(path),)) for _ in range(3)]
    now, moments = time.monotonic(), []
    for who, count, idle in turns:
        now += idle + limiters[who].wait(now)
        moments += limiters[who].reserve(count, now)
    moments.sort()
    assert all(later - earlier > 0.999 / rate for earlier, later in pairwise(moments))


def test_a_deferral_of_one_slows_all_and_they_recover_together(tmp_path: Path) -> None:
    ours, theirs = (RateLimiter(rate=100, shared=(SharedRateFile(tmp_path / "x.pace"),)) for _ in range(2))
    ours.slow_down(100.0)
    theirs.slow_down(100.5)  # within the same second, and of the same trouble
    moments = theirs.reserve(3, 200.0)
    assert moments[1] - moments[0] == pytest.approx(1 / 50)
    for second in range(201, 213):
        ours.recover(float(second))
        theirs.recover(second + 0.5)
    moments = theirs.reserve(3, 220.0)
    assert moments[1] - moments[0] == pytest.approx(1 / 100)


def test_reservations_from_before_a_reboot_are_ignored(tmp_path: Path) -> None:
    shared = SharedRateFile(tmp_path / "x.pace")
    shared.reserve(10, 1.0, 1000.0)
    assert shared.reserve(1, 1.0, 1000.0)[0] == 1010.0
    shared._boot = b"another start".ljust(16)
    assert shared.reserve(1, 1.0, 5.0)[0] == 5.0


def test_an_implausible_reservation_is_not_waited_for(tmp_path: Path) -> None:
    shared = SharedRateFile(tmp_path / "x.pace")
    shared.reserve(1, 10.0, 1e9)
    assert shared.reserve(1, 10.0, 5.0)[0] == 5.0


def test_delayed_messages_do_not_leave_all_at_once(tmp_path: Path) -> None:
    files = [SharedRateFile(tmp_path / "x.pace") for _ in range(2)]
    for number in range(45):
        files[number % 2].wait_for_slot(20.0)
    moments = [files[0]._time_of(number) for number in range(45)]  # as noted, whenever we are woken
    assert all(later - earlier > 0.995 for earlier, later in zip(moments, moments[20:], strict=False))


def test_a_delayed_message_catches_up_within_the_second(tmp_path: Path) -> None:
    shared = SharedRateFile(tmp_path / "x.pace")
    begun = time.monotonic()
    for _ in range(20):
        shared.wait_for_slot(20.0)
    assert time.monotonic() - begun < 0.95  # spread out, they would take as long


def test_a_rate_below_one_a_second_is_kept_too(tmp_path: Path) -> None:
    shared, begun = SharedRateFile(tmp_path / "x.pace"), time.monotonic()
    for _ in range(3):
        shared.wait_for_slot(4.9)
    shared.wait_for_slot(0.9)
    assert time.monotonic() - begun > 1.1


def test_processes_share_one_rate(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from newsletter.delivery.rate.shared_file import SharedRateFile\n"
        "shared = SharedRateFile(Path(sys.argv[1]))\n"
        "print(*[shared.reserve(1, 1000.0, 50.0)[0] for _ in range(300)])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "x.pace")]
    root = Path(__file__).parents[4]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(3)]
    moments = sorted(float(word) for process in running for word in process.communicate(timeout=600)[0].split())
    assert len(moments) == 900
    assert all(0.00099 < later - earlier < 0.00101 for earlier, later in pairwise(moments))


def test_the_file_is_private_and_in_the_users_state_folder(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    first, second, other = (open_shared_rate(name, state) for name in ("one", "one", "two"))
    assert first is not None
    assert second is not None
    assert other is not None
    first.reserve(5, 1.0, 100.0)
    assert second.reserve(1, 1.0, 100.0)[0] == 105.0
    assert other.reserve(1, 1.0, 100.0)[0] == 100.0
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
