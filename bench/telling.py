"""Whether the time of a form tells who is known: known, unknown, unsubscribed and suppressed addresses in turn.

    .venv/bin/python bench/telling.py [--tries 300]

Each address is used once, in an order that chance decides; each kind is compared with the unknown ones by the gap
of their medians, in standard errors of that gap. Below about three it is noise.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.web_server import RunningWebServer, run_web_server
from tests.integration.web.test_response_times import median_gap

KINDS = {"known": "subscribed", "unsubscribed": "unsubscribed", "suppressed": "bounced", "unknown": ""}
WARM_UP = 20


def measure(server: RunningWebServer, path: str, tries: int) -> dict[str, list[float]]:
    """Send one form for each address and return the seconds that each took, by kind."""
    name = path.strip("/")
    rows = [(kind, f"{name}-{kind}-{n}@example.org") for kind in KINDS for n in range(tries)]
    table = "".join(f"{address},{KINDS[kind]}\n" for kind, address in rows if KINDS[kind])
    file = server.publication.write(f"{name}.csv", f"email,status\n{table}")
    server.publication.run_ok("subscribers", "import", str(file), "--list", "sample")
    random.Random(7).shuffle(rows)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for place, (kind, address) in enumerate(rows):
        begun = time.perf_counter()
        answer = server.post_form(path, {"email": address, "list": "sample"})
        took = time.perf_counter() - begun
        assert answer.status == 200
        if place >= WARM_UP:
            times[kind].append(took)
    return times


def main() -> None:
    """Measure both forms and print the gaps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=300)
    tries = parser.parse_args().tries
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        publication = PublicationFolder(Path(folder))
        publication.run_ok("init", ".")
        with run_web_server(publication, settings="attack_from = 100000\n") as server:
            for path in ("/subscribe", "/link"):
                times = measure(server, path, tries)
                for kind in KINDS:
                    gap, noise = median_gap(times[kind], times["unknown"])
                    median = statistics.median(times[kind]) * 1000
                    told = "" if kind == "unknown" else f"   gap {gap / noise:.1f}"
                    print(f"{path:<11}{kind:<13}{median:7.2f} ms{told}")


if __name__ == "__main__":
    main()
