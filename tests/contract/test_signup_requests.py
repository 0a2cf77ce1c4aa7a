"""Sign-up requests are processed and confirmed alike on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from newsletter.database import Database
from tests.contract.test_databases import url  # noqa: F401 - a fixture
from tests.fresh import fresh_database
from tests.unit.audience.conftest import keyring  # noqa: F401 - a fixture
from tests.unit.audience.test_enquiring import (  # noqa: F401 - each runs here on both databases
    test_a_pause_ends_by_itself,
    test_an_enquiry_is_confirmed_once_and_its_link_is_worth_nothing_more,
    test_forgetting_spares_whoever_the_author_knows,
    test_many_leavings_are_ended_as_if_each_came_alone,
    test_no_more_mails_an_hour_than_may_be_and_doubtful_ones_last,
    test_only_what_people_chose_themselves_is_lifted_by_their_own_word,
    test_what_is_not_confirmed_in_time_is_forgotten_with_the_person,
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:  # noqa: F811 - the fixture
    """A database of the newest shape."""
    opened = fresh_database(url)
    yield opened
    opened.close()
