"""The Python API works as its documentation shows it: a whole life of an issue, without the command line."""

import re
import subprocess
import sys
from pathlib import Path

import newsletter

PAGE = Path(newsletter.__file__).parents[1] / "docs" / "python.md"
AFTERWARDS = """
import sys
loaded = {"typer", "click", "rich", "newsletter.cli"} & set(sys.modules)
assert not loaded, loaded
"""


def test_the_documented_program_runs_without_the_command_line_and_a_terminal(tmp_path: Path) -> None:
    program = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", program + AFTERWARDS],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "", "a use case prints nothing"


def test_every_module_of_the_application_layer_is_in_its_reference() -> None:
    from newsletter import app

    folder = Path(app.__file__).parent
    names = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = names - {"__init__", "publication", "remarks"}
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))
    assert modules == listed
