"""Servers that swallow mail: our own, compiled when it is needed, and Postfix's smtp-sink where it is there."""

import contextlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

PLACES = "/usr/sbin:/usr/bin:/usr/local/bin"
_ENVELOPE = b"MAIL FROM:<a@bench.example>\r\nRCPT TO:<b@bench.example>\r\nDATA\r\n"
_LETTER = b"Subject: x\r\n\r\n" + (b"x" * 74 + b"\r\n") * 650 + b".\r\n"


@contextlib.contextmanager
def our_sink() -> Iterator[int]:
    """Run our own sink, and give its port."""
    with tempfile.TemporaryDirectory(prefix="sink-") as folder:
        source = Path(__file__).parent / "sink.c"
        subprocess.run(["cc", "-O2", "-o", f"{folder}/sink", str(source)], check=True)
        with running([f"{folder}/sink", "{port}"]) as port:
            yield port


@contextlib.contextmanager
def postfix_sink() -> Iterator[int | None]:
    """Run Postfix's sink, and give its port; None where it is not installed."""
    program = shutil.which("smtp-sink", path=PLACES)
    if program is None:
        print("smtp-sink is not here (Debian: apt-get install postfix)")
        yield None
        return
    with running([program, "-u", "nobody", "inet:127.0.0.1:{port}", "256"]) as port:
        yield port


def swallowed(port: int, *, messages: int = 40_000, connections: int = 4) -> float:
    """Return how many messages of 50 KB a second a sink takes from a client that does nothing but write them."""
    each = messages // connections
    threads = [threading.Thread(target=_blast, args=(port, each)) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return each * connections / (time.perf_counter() - started)


def _blast(port: int, messages: int) -> None:
    """Write messages as fast as a connection takes them, the next envelope behind each."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"EHLO bench\r\n")
        greeting = b""
        while not re.search(rb"^250 .*\n\Z", greeting, re.MULTILINE):  # the last line that EHLO is answered
            greeting += connection.recv(4096)
        connection.sendall(_ENVELOPE)
        left, heard = messages, b""
        while left:
            heard += connection.recv(4096)
            if b"354 " in heard and heard.endswith(b"\n"):
                heard = b""
                left -= 1
                connection.sendall(_LETTER + _ENVELOPE if left else _LETTER)
        while b"250 " not in connection.recv(4096):
            pass


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[int]:
    """Run a server while the block runs; the word {port} of its command is replaced by the port that is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen([word.format(port=port) for word in command], cwd="/")
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
