"""Response times of forms do not reveal whether an address is known."""

import statistics
import time

import pytest

from tests.acceptance.web_server import RunningWebServer

TRIES = 200
_SIGMAS = 4.0


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/subscribe", "/link"])
def test_response_time_does_not_reveal_whether_an_address_is_known(server: RunningWebServer, path: str) -> None:
    known = [f"known{path[1:]}{number}@example.org" for number in range(TRIES + 10)]
    file = server.publication.write("known.csv", "\n".join(["email", *known]))
    server.publication.run_ok("subscribers", "import", str(file), "--list", "sample")
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(TRIES + 10):
        order = (True, False) if number % 2 else (False, True)  # who comes first finds the clerk in another mood
        for is_known in order:
            who = known[number] if is_known else f"nobody{path[1:]}{number}@example.org"  # each once
            for _ in range(60):
                begun = time.perf_counter()
                answer = server.post_form(path, {"email": who, "list": "sample"})
                took = time.perf_counter() - begun
                if answer.status != 503:  # the server of a busy machine answers 503, which reveals nothing
                    break
                time.sleep(1)
            assert answer.status == 200
            if number >= 10:  # the first requests warm the server up
                times[is_known].append(took)
    apart, noise = median_gap(times[True], times[False])
    assert apart < _SIGMAS * noise, f"{apart * 1000:.2f} ms apart, noise {noise * 1000:.2f} ms"


def median_gap(some: list[float], others: list[float]) -> tuple[float, float]:
    """Return the difference of the medians, and its standard error estimated from the interquartile range."""
    errors = []
    for times in (some, others):
        low, _, high = statistics.quantiles(times, n=4)
        errors.append(1.2533 * (high - low) / 1.349 / len(times) ** 0.5)
    return abs(statistics.median(some) - statistics.median(others)), max((errors[0] ** 2 + errors[1] ** 2) ** 0.5, 1e-4)
