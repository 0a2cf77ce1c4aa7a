"""Proof-of-work bot check and the signed times that forms carry."""

from datetime import UTC, datetime, timedelta

from newsletter.tokens import Keyring, Purpose
from newsletter.web.bot_check import DIFFICULTY_BITS, UsedChallenges, is_solved, seconds_since, sign_time

KEYRING = Keyring((b"k" * 32,))
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_challenge_is_solved_by_work_and_accepted_once() -> None:
    challenge = sign_time(KEYRING, Purpose.BOT_CHECK, NOW)
    solution = next(number for number in range(2**22) if is_solved(challenge, str(number)))
    assert (
        not is_solved(sign_time(KEYRING, Purpose.BOT_CHECK, NOW + timedelta(seconds=1)), str(solution))
        or DIFFICULTY_BITS < 8
    )
    for nonsense in ("", "-1", "1e9", "٣", "9" * 30):
        assert not is_solved(challenge, nonsense)
    used = UsedChallenges()
    assert used.use(challenge, 0.0)
    assert not used.use(challenge, 1.0)


def test_a_signed_time_is_valid_for_its_purpose_only() -> None:
    token = sign_time(KEYRING, Purpose.FORM, NOW)
    assert seconds_since(KEYRING, Purpose.FORM, token, NOW + timedelta(seconds=3)) == 3
    assert seconds_since(KEYRING, Purpose.BOT_CHECK, token, NOW) is None
    assert seconds_since(KEYRING, Purpose.FORM, "a" * 29, NOW) is None
