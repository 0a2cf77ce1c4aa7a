"""Garbage collection, kept from re-reading long-lived objects while many short-lived ones come and go."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_frozen() -> Iterator[None]:
    """Exempt every object that exists now from collection until the block ends (gc.freeze); new ones are collected."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def gc_paused() -> Iterator[None]:
    """Switch cycle collection off until the block ends: for a batch of many objects without cycles, gone with it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
