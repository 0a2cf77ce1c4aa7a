"""Rotating keys breaks no link within its grace, forgets no suppression ever, and cannot be done by half."""

import os
import signal
import stat
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from newsletter.errors import SettingsError, UsageError
from newsletter.settings import (
    GRACE_DAYS,
    Settings,
    read_hashing_key,
    read_or_make_keys,
    read_settings,
    rotate_keys,
)
from newsletter.tokens import Keyring, Purpose

TODAY = date(2026, 11, 24)
TOML = '[publication]\ntitle = "T"\n'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "newsletter.toml").write_text(TOML)
    return read_settings(tmp_path, {})


def keyring(settings: Settings) -> Keyring:
    return Keyring(read_or_make_keys(settings), read_hashing_key(settings))


def test_old_links_work_for_their_grace_and_new_ones_are_of_the_new_key(settings: Settings) -> None:
    first = keyring(settings)
    old = first.sign(Purpose.UNSUBSCRIBE, 7)
    assert rotate_keys(settings, TODAY).verifying == 2
    second = keyring(settings)
    assert second.verify(Purpose.UNSUBSCRIBE, old) == 7
    assert second.sign(Purpose.UNSUBSCRIBE, 7) != old
    assert first.verify(Purpose.UNSUBSCRIBE, second.sign(Purpose.UNSUBSCRIBE, 7)) is None
    rotate_keys(settings, TODAY + timedelta(days=GRACE_DAYS))
    assert keyring(settings).verify(Purpose.UNSUBSCRIBE, old) == 7
    done = rotate_keys(settings, TODAY + timedelta(days=GRACE_DAYS + 1))
    assert done.dropped == 1
    assert keyring(settings).verify(Purpose.UNSUBSCRIBE, old) is None
    assert keyring(settings).verify(Purpose.UNSUBSCRIBE, second.sign(Purpose.UNSUBSCRIBE, 7)) == 7


def test_a_suppression_is_known_after_any_number_of_rotations(settings: Settings) -> None:
    before, name = keyring(settings).address_hash("ada@example.org"), keyring(settings).hash_key_name
    for year in range(6):
        rotate_keys(settings, TODAY + timedelta(days=500 * year))
        assert keyring(settings).address_hash("ada@example.org") == before
        assert keyring(settings).hash_key_name == name
    assert len(read_or_make_keys(settings)) == 2


def test_the_file_stays_private_and_no_key_is_printed(settings: Settings) -> None:
    rotate_keys(settings, TODAY)
    path = settings.var / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "retired 2026-11-24" in path.read_text()


def test_too_short_a_grace_and_a_key_of_the_environment_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="60"):
        rotate_keys(settings, TODAY, grace_days=7)
    kept = read_settings(tmp_path, {"NEWSLETTER_SECRET_KEY": f"{'n' * 32} hashes:{'o' * 32}"})
    assert read_or_make_keys(kept) == (b"n" * 32,)
    assert read_hashing_key(kept) == b"o" * 32
    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET_KEY"):
        rotate_keys(kept, TODAY)


def test_a_rotation_that_is_killed_leaves_keys_that_work(settings: Settings) -> None:
    token = keyring(settings).sign(Purpose.REPLY, 5)
    code = (
        "import sys, pathlib, datetime\n"
        "from newsletter.settings import read_settings, rotate_keys\n"
        "settings = read_settings(pathlib.Path(sys.argv[1]), {})\n"
        "print('ready', flush=True)\n"
        "while True: rotate_keys(settings, datetime.date(2026, 11, 24))\n"
    )
    for number in range(4):
        command = [sys.executable, "-c", code, str(settings.root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.01 + 0.013 * number)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert keyring(settings).verify(Purpose.REPLY, token) == 5
    assert rotate_keys(settings, TODAY).verifying > 2


def test_tokens_of_one_purpose_are_worth_nothing_for_another(settings: Settings) -> None:
    ring = keyring(settings)
    for purpose in Purpose:
        token = ring.sign(purpose, 1)
        assert [other for other in Purpose if ring.verify(other, token) == 1] == [purpose]
