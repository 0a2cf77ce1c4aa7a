"""Atomic file replacement and private folders."""

import os
from pathlib import Path

import pytest

from newsletter.atomic_file import make_private_folder, write_atomically


def test_a_file_is_replaced_atomically_without_leftovers(tmp_path: Path) -> None:
    path = tmp_path / "letter.md"
    write_atomically(path, b"one")
    write_atomically(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["letter.md"]  # noqa: PTH208


def test_a_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "letter.md"
    path.mkdir()
    with pytest.raises(OSError):
        write_atomically(path, b"one")
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.md"]


def test_a_private_folder_and_its_new_parents_are_private(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "var" / "replies")
    make_private_folder(tmp_path / "var" / "replies")
    for folder in (tmp_path / "var", tmp_path / "var" / "replies"):
        assert folder.stat().st_mode & 0o777 == 0o700
