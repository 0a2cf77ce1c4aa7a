"""Composing uses no network, whatever the author's HTML refers to."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.acceptance.publication_folder import PublicationFolder

NAMES_THE_NETWORK = """---
title: All that could be fetched
status: ready
hero: {url}/hero.png
---

Words, and ![a picture]({url}/picture.png).

<link rel="stylesheet" href="{url}/style.css">
<style>@import url("{url}/import.css"); p {{ background: url({url}/bg.png) }}</style>
<img src="{url}/raw.png" alt=""> <iframe src="{url}/frame"></iframe>
<mj-include path="{url}/include.mjml" /> <p style="background-image: url({url}/inline.png)">Inline.</p>
"""


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A port that records connections; returns its URL and the record."""
    visits: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def note() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                visits.append(connection.recv(200).decode(errors="replace"))
                connection.close()

        threading.Thread(target=note, daemon=True).start()
        yield f"http://127.0.0.1:{port}", visits
        server.shutdown(socket.SHUT_RDWR)


def test_nothing_is_fetched_while_composing(publication: PublicationFolder, listener: tuple[str, list[str]]) -> None:
    url, visits = listener
    publication.write("issues/fetching/index.md", NAMES_THE_NETWORK.format(url=url))
    guard = publication.folder / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(
        "import sys\n"
        "def guard(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'urllib.Request'):\n"
        "        raise RuntimeError(f'the network was used: {event} {arguments}')\n"
        "sys.addaudithook(guard)\n"
    )
    path = {"PYTHONPATH": str(guard)}
    for arguments in (["compose", "fetching", "--out", "out"], ["send", "fetching"], ["archive", "build"]):
        publication.run_ok(*arguments, environment=path)
    assert len(publication.messages()) == 25
    assert visits == []
