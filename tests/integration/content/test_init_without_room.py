"""A disk that fills up while a publication is made leaves no half of one."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("is_there_before", [True, False])
def test_a_full_disk_leaves_no_half_publication(tmp_path: Path, is_there_before: bool) -> None:
    folder = tmp_path / "above" / "mine"
    if is_there_before:
        folder.mkdir(parents=True)
        (folder / "note.txt").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "init", str(folder)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 75, done
    assert "no space left" in done.stderr
    if is_there_before:
        assert [path.name for path in folder.iterdir()] == ["note.txt"]
    else:
        assert not folder.parent.exists()
