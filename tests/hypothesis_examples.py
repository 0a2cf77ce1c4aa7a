"""Number of hypothesis examples of slow property tests: a quarter in the quick suite, all in the slow one."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

_Test = TypeVar("_Test")
ALL_EXAMPLES = bool(os.environ.get("NEWSLETTER_TEST_ALL"))


def example_count(number: int) -> int:
    """Return how many of `number` examples this run generates."""
    return number if ALL_EXAMPLES else -(-number // 4)


def examples(number: int, **options: Any) -> Callable[[_Test], _Test]:
    """Generate up to `number` examples; the test belongs to both suites."""

    def decorate(test: _Test) -> _Test:
        chosen = settings(max_examples=example_count(number), deadline=None, **options)
        marked: _Test = pytest.mark.examples(chosen(test))  # type: ignore[type-var]
        return marked

    return decorate
