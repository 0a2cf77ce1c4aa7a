"""The command line calls `newsletter.app` for every act; of other packages it knows nouns and constants only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import newsletter

CLI = Path(newsletter.__file__).parent / "cli"
ALLOWED = {
    "app": "the application layer",
    "__version__": "printed by --version",
    "serve": "the web server runs in this process",
    "serve_preview": "the preview's web server runs in this process",
    "parse_faults": "parses an option",
    "parse_resolver": "parses an option",
    "format_utc": "formats a time",
    "share": "divides two numbers of a report",
    "check_address": "describes an address",
    "suggest_address": "describes an address",
    "replies": "the package's nouns, read through its name because it is costly to import",
}
"""Functions that the command line may import from below, and why."""


def imported() -> Iterator[tuple[str, str]]:
    """Every name that a module of the command line imports from another package of ours."""
    for path in sorted(CLI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "newsletter":
                package = ".".join((node.module or "").split(".")[:2])
                if package not in {"newsletter.cli", "newsletter.app"}:
                    yield from ((str(path.relative_to(CLI)), alias.name) for alias in node.names)


@pytest.mark.parametrize("file", sorted({file for file, _ in imported()}))
def test_only_nouns_and_constants_come_from_below_the_application_layer(file: str) -> None:
    verbs = {name for where, name in imported() if where == file and not name[0].isupper()}
    assert verbs <= set(ALLOWED)


def test_every_exception_is_in_use() -> None:
    assert {name for _, name in imported()} >= set(ALLOWED)


def test_a_package_read_through_its_name_gives_nouns_only() -> None:
    for path in CLI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "replies":
                assert node.attr[0].isupper() or node.attr == "command", f"{path}: replies.{node.attr}"
