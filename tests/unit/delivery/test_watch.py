"""Doubt upon doubt ends a send, whatever else is answered meanwhile."""

from contextlib import closing
from pathlib import Path

from newsletter.delivery.queue.high_water_mark import HighWaterMark
from newsletter.delivery.watch import MOST_DOUBTS, Watch
from newsletter.errors import Uncertain


def test_an_answer_that_comes_after_the_last_doubt_does_not_hide_it(tmp_path: Path) -> None:
    with closing(HighWaterMark(tmp_path / "mark", 16)) as mark:
        watch = Watch(mark)
        for _ in range(MOST_DOUBTS):
            watch.heed(Uncertain("no answer"))
        watch.heed(None)
        assert watch.is_stopping
        assert len(watch.doubts) == MOST_DOUBTS


def test_an_answer_in_between_ends_the_doubts(tmp_path: Path) -> None:
    with closing(HighWaterMark(tmp_path / "mark", 16)) as mark:
        watch = Watch(mark)
        for _ in range(MOST_DOUBTS - 1):
            watch.heed(Uncertain("no answer"))
        watch.heed(None)
        assert not watch.is_stopping
        assert not watch.doubts
