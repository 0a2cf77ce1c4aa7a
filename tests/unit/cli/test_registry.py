"""What a command loads before it works: costly libraries are met only by the commands that use them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from newsletter.cli.main import app
from newsletter.cli.registry import COMMANDS

PROGRAM = """
import atexit, json, sys
sys.argv[0] = "newsletter"
atexit.register(lambda: print("\\nLOADED", json.dumps(sorted(sys.modules)), file=sys.stderr))
from newsletter.cli.main import run
run()
"""
NEVER = {
    "babel.messages",
    "boto3",
    "botocore",
    "requests",
    "premailer",
    "cssutils",
    "email_validator",
    "alembic",
    "phonenumbers",
    "dkim",
}
RICH = {"rich", "markdown_it"}
PEOPLE = {"sqlalchemy", "alembic"}


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Run a command in a process of its own; return the modules it ended with."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(json.loads(done.stderr.rpartition("LOADED ")[2]))


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cold")
    (folder / "newsletter.toml").write_text(
        '[publication]\ntitle = "Cold"\npostal_address = "1 Street"\n'
        '[lists.all]\ntitle = "Cold"\nfrom = "Cold <news@example.org>"\nlist_id = "all.example.org"\n'
    )
    (folder / "issues").mkdir()
    (folder / "issues" / "one.md").write_text("---\ntitle: One\n---\n\nA text with *words*.\n")
    (folder / "answer.txt").write_text("Fine.\n\n> quoted\n")
    loaded("compose", "one", "--out", "first", cwd=folder)
    return folder


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("--version", {*RICH, *PEOPLE, "babel", "pydantic", "jinja2", "lxml", "newsletter.compose"}),
        (
            "--help",
            {*PEOPLE, "babel", "jinja2", "lxml", "newsletter.compose", "newsletter.delivery", "newsletter.settings"},
        ),
        (
            "compose one --out out",
            {"rich", *PEOPLE, "PIL", "pygments", "newsletter.delivery", "newsletter.audience"},
        ),
        (
            "replies extract answer.txt --json",
            {*RICH, *PEOPLE, "babel", "jinja2", "newsletter.compose", "newsletter.settings", "newsletter.content"},
        ),
        ("plan --help", {"PIL"}),
        ("new --help", {*PEOPLE, "jinja2", "newsletter.compose"}),
    ],
)
def test_a_command_loads_only_what_it_uses(publication: Path, words: str, others: set[str]) -> None:
    assert loaded(*words.split(), cwd=publication) & (NEVER | others) == set()


@pytest.mark.parametrize("verb", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(verb: str) -> None:
    command = typer.main.get_command(app).get_command(None, verb)  # type: ignore[attr-defined,arg-type]
    said = (command.help or "").split("\n\n")[0]
    assert COMMANDS[verb][1] == " ".join(said.split())
