"""In-flight messages: too many uncertain results in a row stop a send, whatever else is answered meanwhile."""

from newsletter.delivery.sender.in_flight import MAX_UNCERTAIN, InFlight
from newsletter.errors import Uncertain


def test_a_receipt_after_the_last_uncertain_result_does_not_hide_it() -> None:
    in_flight = InFlight()
    for _ in range(MAX_UNCERTAIN):
        in_flight.count_result(Uncertain("no answer"))
    in_flight.count_result(None)
    assert in_flight.is_stopping
    assert len(in_flight.uncertain_in_a_row) == MAX_UNCERTAIN


def test_a_receipt_in_between_resets_the_count() -> None:
    in_flight = InFlight()
    for _ in range(MAX_UNCERTAIN - 1):
        in_flight.count_result(Uncertain("no answer"))
    in_flight.count_result(None)
    assert not in_flight.is_stopping
    assert not in_flight.uncertain_in_a_row
