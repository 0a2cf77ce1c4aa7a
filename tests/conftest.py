"""Settings for all tests: garbage collection, hypothesis, a private state folder, PostgreSQL."""

import gc
import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
if "CI" not in os.environ:  # there hypothesis has a profile of its own, without a deadline too
    hypothesis.settings.load_profile("untimed")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each command that is run compiles the whole house anew
sys.dont_write_bytecode = False
gc.disable()  # until all is loaded, of which nothing is garbage


def pytest_collection_finish() -> None:
    """Freeze loaded objects, or each garbage collection would scan thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    del os.environ["XDG_STATE_HOME"]
    if before is not None:
        os.environ["XDG_STATE_HOME"] = before


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server where tests may create databases."""
    from tests.postgres import running_postgres  # SQLAlchemy need not be loaded for all else

    with running_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url
