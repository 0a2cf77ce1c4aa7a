"""How many cases hypothesis draws where each takes its time: a quarter in the quick suite, all in the slow one."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

_Test = TypeVar("_Test")
ALL_EXAMPLES = bool(os.environ.get("NEWSLETTER_TEST_ALL"))


def example_count(number: int) -> int:
    """Return how many cases this run draws where there are `number` to be drawn."""
    return number if ALL_EXAMPLES else -(-number // 4)


def examples(number: int, **options: Any) -> Callable[[_Test], _Test]:
    """Draw so many cases; the test belongs to both suites."""

    def decorate(test: _Test) -> _Test:
        chosen = settings(max_examples=example_count(number), deadline=None, **options)
        marked: _Test = pytest.mark.examples(chosen(test))  # type: ignore[type-var]
        return marked

    return decorate
