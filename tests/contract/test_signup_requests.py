"""Sign-up requests are processed and confirmed alike on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from newsletter.database import Database
from tests.contract.test_databases import url  # noqa: F401 - a fixture
from tests.fresh_database import fresh_database
from tests.unit.audience.conftest import keyring  # noqa: F401 - a fixture
from tests.unit.audience.signup.test_process import (  # noqa: F401 - each runs here on both databases
    test_a_confirmation_lifts_only_what_people_chose_themselves,
    test_a_pause_ends_by_itself,
    test_a_request_is_confirmed_once_and_then_its_link_no_longer_works,
    test_a_request_not_confirmed_in_time_is_deleted_with_the_person,
    test_expiry_spares_whoever_the_author_added,
    test_many_unsubscriptions_at_once_are_as_if_each_came_alone,
    test_the_hourly_limit_holds_and_low_priority_requests_come_last,
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:  # noqa: F811 - the fixture
    """A fully migrated database."""
    opened = fresh_database(url)
    yield opened
    opened.close()
