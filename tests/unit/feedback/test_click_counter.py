"""Counting clicks: readers once a day, machines not at all, and nothing kept by which anybody could be known."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from newsletter.feedback import AttributedClick, ClickCounter, CountedClicks, is_human_click

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOON.date()
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER = timedelta(seconds=60)


def test_a_reader_counts_once_a_day_for_each_link() -> None:
    counter = ClickCounter()
    for reader in ("ada", "ada", "bo"):
        counter.add("one", reader=reader, network="n", now=NOON)
    counter.add("two", reader="ada", network="n", now=NOON)
    assert counter.take(NOON + LATER).clicks == {("one", TODAY): 2, ("two", TODAY): 1}
    assert not counter.take(NOON + LATER).clicks, "what was taken is taken once"
    counter.add("one", reader="ada", network="n", now=NOON + LATER)
    assert not counter.take(NOON + 2 * LATER).clicks
    tomorrow = NOON + timedelta(days=1)
    counter.add("one", reader="ada", network="n", now=tomorrow)
    assert counter.take(tomorrow + LATER).clicks == {("one", tomorrow.date()): 1}


def test_whoever_follows_several_links_at_once_is_a_machine_for_the_day() -> None:
    counter = ClickCounter()
    for second, link in enumerate(("one", "two", "three", "four")):
        counter.add(link, reader=f"r{second}", network="filter", now=NOON + timedelta(seconds=second))
    counter.add("one", reader="ada", network="home", now=NOON)
    counter.add("one", reader="later", network="filter", now=NOON + timedelta(hours=1))
    assert counter.take().clicks == {("one", TODAY): 1}


def test_a_reader_who_takes_their_time_counts_with_every_link() -> None:
    counter = ClickCounter()
    for minute, link in enumerate(("one", "two", "three", "four")):
        counter.add(link, reader="ada", network="home", now=NOON + timedelta(minutes=minute))
    assert counter.take().clicks.total() == 4


def test_a_click_waits_until_it_is_known_not_to_be_a_machines() -> None:
    counter = ClickCounter()
    counter.add("one", reader="ada", network="home", now=NOON)
    assert not counter.take(NOON + timedelta(seconds=1)).clicks
    assert counter.take(NOON + LATER).clicks.total() == 1


def test_a_reader_who_told_themselves_is_named_once_a_day_for_each_link() -> None:
    counter = ClickCounter()
    for _ in range(2):
        counter.add("one", reader="home", network="n", now=NOON, delivery_id=7)
        counter.add("one", reader="home", network="n", now=NOON, delivery_id=8)
    counter.add("two", reader="home", network="n", now=NOON)
    found = counter.take()
    assert found.clicks == {("one", TODAY): 1, ("two", TODAY): 1}, "one browser is one reader, as for all others"
    assert found.attributed == {AttributedClick("one", 7, TODAY), AttributedClick("one", 8, TODAY)}
    assert not counter.take().attributed


def test_nobody_is_named_by_a_machine_that_holds_their_letter() -> None:
    counter = ClickCounter()
    for second, link in enumerate(("one", "two", "three", "one")):
        counter.add(link, reader="r", network="filter", now=NOON + timedelta(seconds=second), delivery_id=7)
    assert counter.take() == CountedClicks()


def test_a_named_click_belongs_to_the_day_on_which_it_was_made() -> None:
    counter = ClickCounter()
    late = NOON.replace(hour=23, minute=59, second=59)
    counter.add("one", reader="r", network="n", now=late, delivery_id=7)
    counter.add("one", reader="r", network="n", now=late + timedelta(seconds=2), delivery_id=7)
    tomorrow = TODAY + timedelta(days=1)
    assert counter.take().attributed == {AttributedClick("one", 7, TODAY), AttributedClick("one", 7, tomorrow)}


def test_the_salt_and_all_hashes_are_thrown_away_with_the_day() -> None:
    numbers = count()
    drawn: list[bytes] = []

    def draw() -> bytes:
        drawn.append(b"salt %d" % next(numbers))
        return drawn[-1]

    counter = ClickCounter(draw)
    counter.add("one", reader="198.51.100.7 Firefox", network="198.51.100.0/24", now=NOON)
    counter.take(NOON + LATER)
    before = _held(counter)
    assert "198.51.100" not in before
    assert drawn[0].decode() in before
    counter.take(NOON + timedelta(days=1))
    after = _held(counter)
    assert drawn[0].decode() not in after
    assert not (set(_numbers(before)) & set(_numbers(after))), "no hash outlives its salt"


def _held(counter: ClickCounter) -> str:
    """Everything that a counter has in memory."""
    return repr(vars(counter))


def _numbers(text: str) -> list[str]:
    return [word.strip("{},") for word in text.split() if word.strip("{},").isdigit() and len(word) > 12]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"user-agent": "curl/8.5.0"},
        {"user-agent": "python-requests/2.32"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "Mozilla/5.0 (Windows NT 10.0) HeadlessChrome/120.0"},
        {"user-agent": "Mozilla/5.0 (compatible; MSIE; ms-office; MSOffice 16)"},
        {"user-agent": "Slackbot-LinkExpanding 1.0"},
        {"user-agent": "Mozilla/5.0 (compatible; BarracudaCentral)"},
        {"user-agent": FIREFOX, "sec-purpose": "prefetch;prerender"},
        {"user-agent": FIREFOX, "purpose": "preview"},
        {"user-agent": FIREFOX, "sec-fetch-mode": "no-cors"},
        {"user-agent": FIREFOX, "dnt": "1"},
        {"user-agent": FIREFOX, "sec-gpc": "1"},
    ],
)
def test_machines_and_whoever_does_not_want_it_are_not_counted(headers: dict[str, str]) -> None:
    assert not is_human_click(headers)


@pytest.mark.parametrize(
    "agent",
    [
        FIREFOX,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 15; CUBOT X90) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
    ],
)
def test_readers_with_a_browser_are(agent: str) -> None:
    assert is_human_click({"user-agent": agent})
    assert is_human_click({"user-agent": agent, "sec-fetch-mode": "navigate"})
