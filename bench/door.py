"""How long an unsubscribe by one click takes while a mailing runs, at 200 a second.

    python bench/door.py [--seconds 20] [--rate 200]

The web server, the sender and the SES simulator are processes and threads of this machine; the database is SQLite.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring, Purpose
from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.ses_publication import SEND, run_ses_publication
from tests.acceptance.web_server import run_web_server

ONE_CLICK = b"List-Unsubscribe=One-Click"


async def post(host: str, port: int, path: str, body: bytes) -> tuple[int, float]:
    """Send one form on a connection of its own, as providers do; returns the status and the seconds it took."""
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), time.perf_counter() - begun


async def storm(url: str, paths: list[str], rate: int) -> list[tuple[int, float]]:
    """Post to every path, `rate` a second, whether earlier ones are answered or not."""
    parts = urlsplit(url)
    begun = time.perf_counter()
    asked = []
    for number, path in enumerate(paths):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        asked.append(asyncio.create_task(post(parts.hostname or "", parts.port or 0, path, ONE_CLICK)))
    return await asyncio.gather(*asked)


def cpu_seconds(process: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def unsubscribes(seconds: int, rate: int) -> None:
    """Measure unsubscribes during a mailing that is long enough."""
    number = seconds * rate
    with tempfile.TemporaryDirectory() as folder:
        publication = PublicationFolder(Path(folder) / "publication")
        publication.folder.mkdir()
        publication.run_ok("init", ".")
        os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
        with run_ses_publication(
            publication, Path(folder) / "journals", readers=number + 60 * seconds
        ) as ses_publication:
            ses_publication.account.rate = 50
            sending = publication.start(*SEND)
            while len(ses_publication.accepted()) < 20:
                time.sleep(0.2)
            keyring = Keyring(read_or_make_keys(read_settings(publication.folder)))
            last = max(ses_publication.deliveries("planned"))
            sign = keyring.signer(Purpose.UNSUBSCRIBE)
            paths = [f"/u/{sign(delivery)}" for delivery in range(last - number + 1, last + 1)]
            with run_web_server(publication, "--quiet") as server:
                before = len(ses_publication.accepted())
                begun = time.perf_counter()
                used = cpu_seconds(server.process.pid)
                answers = asyncio.run(storm(server.url, paths, rate))
                took = time.perf_counter() - begun
                used = cpu_seconds(server.process.pid) - used
                mailed = len(ses_publication.accepted()) - before
            sending.terminate()
            sending.communicate(timeout=60)
            times = sorted(answer[1] * 1000 for answer in answers)
            wrong = sum(answer[0] != 200 for answer in answers)
            rows = publication.run_ok("subscribers", "export", "--list", "crowd").out.splitlines()
            ended = sum(",ended," in row for row in rows)
    print(
        f"{number} unsubscribes in {took:.1f} s ({number / took:.0f} a second), {mailed} letters taken meanwhile\n"
        f"median {times[len(times) // 2]:.1f} ms   p95 {times[int(len(times) * 0.95)]:.1f} ms   "
        f"p99 {times[int(len(times) * 0.99)]:.1f} ms   longest {times[-1]:.1f} ms   "
        f"errors {wrong}   ended {ended}   CPU of the door {used / number * 1000:.2f} ms each"
    )


def main() -> None:
    """Measure and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=200)
    arguments = parser.parse_args()
    unsubscribes(arguments.seconds, arguments.rate)


if __name__ == "__main__":
    main()
