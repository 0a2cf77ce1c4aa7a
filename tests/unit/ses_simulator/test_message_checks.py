"""Checks of messages and recipients, as SES makes them."""

from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.ses_simulator.account import ApiError
from newsletter.ses_simulator.message_checks import check_message, check_recipients

LINE_ENDS = pytest.mark.parametrize("end", ["\r\n", "\n"])


def error_of(message: str) -> str:
    try:
        check_message(message.encode())
    except ApiError as error:
        return str(error)
    return ""


@given(st.text("aB09._+-@ \t\n\"<>(),:;\\'é", max_size=12))
@example("Reader.17+news_x@mail-1.Example.net")
@example("x@example.net\n")
@example("a..b@example.net")
def test_a_recipient_is_the_address_that_pythons_parser_finds(written: str) -> None:
    address = parseaddr(written)[1]
    if "@" in address and address.isascii():
        assert check_recipients([written]) == (address,)
    else:
        with pytest.raises(ApiError, match="Invalid address"):
            check_recipients([written])


@LINE_ENDS
@given(
    st.lists(
        st.sampled_from(["From", "FROM", "Subject", "subject", "List-Id", "To", "X", " From", "From ", "", "é"]),
        max_size=5,
    )
)
def test_from_is_required_and_headers_that_must_be_unique_are(end: str, names: list[str]) -> None:
    head = "".join(f"{name}: x{end} folded: y{end}" for name in names)
    error = error_of(f"{head}{end}Subject: in the body{end}Subject: again{end}")
    once = [name.lower() for name in names if name.lower() in {"from", "subject", "list-id"}]
    twice = [name for name in once if once.count(name) > 1]
    if "from" not in once:
        assert error == "Missing required header 'From'."
    else:
        assert error == (f"Duplicate header '{twice[0]}'." if twice else "")


@LINE_ENDS
@given(st.lists(st.sampled_from([0, 1, 998, 999, 1000]), max_size=4), st.booleans())
def test_a_line_of_more_than_998_characters_is_refused(end: str, lengths: list[int], is_ended: bool) -> None:
    body = end.join("x" * length for length in lengths) + end * is_ended
    lines = [length + (end == "\r\n") for length in lengths]
    if not is_ended:
        lines[-1:] = lengths[-1:]
    error = error_of(f"From: x{end}{end}{body}")
    assert error == ("A line is longer than 998 characters." if any(line > 999 for line in lines) else "")
