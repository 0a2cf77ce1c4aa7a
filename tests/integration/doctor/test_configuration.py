"""What the doctor says of this machine: secrets, database, clock; and that looking changes nothing."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.doctor import CheckLevel
from newsletter.doctor.check import CheckResult
from newsletter.doctor.clock import check_clock, check_skew
from newsletter.doctor.configuration import check_secrets, check_settings
from newsletter.doctor.runner import CheckGroup, run_groups
from newsletter.doctor.storage import check_database
from tests.integration.doctor.publication import settings_for
from tests.integration.stats.history import NOW, join, mail, new_database

LONG = "k" * 32


def failed(found: list[CheckResult]) -> list[str]:
    return [check.name for check in found if check.level is CheckLevel.FAIL]


def test_a_secret_that_others_can_read_fails_and_one_in_a_private_folder_does_not(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    key = tmp_path / "var" / "secret.key"
    key.parent.mkdir(mode=0o755)
    key.write_text("k" * 64)
    key.chmod(0o644)
    assert failed(list(check_secrets(settings))) == ["key", "private folder"]
    key.parent.chmod(0o700)
    assert failed(list(check_secrets(settings))) == []


@pytest.mark.parametrize(("key", "fails"), [("kurz", True), ("", True), (LONG, False), (f"{LONG}\nx", True)])
def test_a_key_that_is_too_short_fails_and_is_not_shown(tmp_path: Path, key: str, fails: bool) -> None:
    found = list(check_secrets(settings_for(tmp_path, secret_key=key)))
    assert ("key" in failed(found)) is fails
    assert not key or key not in repr([check.message for check in found])


def test_a_private_folder_that_git_would_publish_fails(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    (tmp_path / ".git").mkdir()
    assert "git" in failed(list(check_secrets(settings)))
    (tmp_path / ".gitignore").write_text("out\n/var/\n")
    assert "git" not in failed(list(check_secrets(settings)))


def test_letters_without_a_postal_address_fail(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, publication={"title": "T"})
    assert failed(list(check_settings(settings))) == ["list weekly"]


def test_looking_at_a_publication_that_never_sent_makes_nothing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert not failed([*check_database(settings), *check_clock(settings, now=NOW)])
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with closing(new_database(tmp_path, settings)) as database:
        join(database, [f"p{number}@a.example" for number in range(400)])
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    path = tmp_path / "var" / "newsletter.db"
    octets = bytearray(path.read_bytes())
    octets[30 * 4096 : -4096] = b"\xa5" * len(octets[30 * 4096 : -4096])
    path.write_bytes(octets)
    found = list(run_groups([CheckGroup(name="database", run=lambda: check_database(settings))], seconds=20))
    assert failed(found), found


def test_a_database_too_large_to_look_through_is_no_failure(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with closing(new_database(tmp_path, settings)) as database:
        join(database, [f"p{number}@a.example" for number in range(50)])
    found = {check.name: check for check in check_database(settings, seconds=-1.0)}
    assert (found["health"].level, found["shape"].level) == (CheckLevel.WARN, CheckLevel.OK)


def test_a_clock_behind_the_ledger_fails(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with closing(new_database(tmp_path, settings)) as database:
        mail(database, "one", join(database, ["a@a.example"]), at=NOW + timedelta(hours=1))
    assert failed(list(check_clock(settings, now=NOW))) == ["ledger"]
    assert not failed(list(check_clock(settings, now=NOW + timedelta(hours=2))))


@pytest.mark.parametrize(("seconds", "level"), [(3, CheckLevel.OK), (90, CheckLevel.WARN), (-400, CheckLevel.FAIL)])
def test_how_far_a_clock_is_off_decides(seconds: int, level: CheckLevel) -> None:
    moment = datetime.now(UTC)
    assert check_skew(moment, moment + timedelta(seconds=seconds), "the other").level is level
