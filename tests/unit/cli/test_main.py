"""Help is shown as it was written: nothing in it is taken for the markup of a terminal."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from newsletter.cli.main import app
from newsletter.cli.registry import COMMANDS

_BRACKETS = re.compile(r"\[[a-z][a-z.]*\]")


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    for verb, (module, _) in COMMANDS.items():
        found = typer.main.get_command(importlib.import_module(f"newsletter.cli.commands.{module}").app)
        command = getattr(found, "commands", {verb: found})[verb]
        yield (verb,), command
        for name, below in getattr(command, "commands", {}).items():
            yield (verb, name), below


WORDED = [
    pytest.param(words, wanted, id=" ".join(words))
    for words, command in commands()
    if (wanted := _BRACKETS.findall(" ".join([command.help or "", *(each.help or "" for each in command.params)])))
]


@pytest.mark.parametrize(("words", "wanted"), WORDED)
def test_a_table_of_the_settings_in_a_help_text_is_shown(words: tuple[str, ...], wanted: list[str]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert [each for each in wanted if each not in shown] == []


@pytest.mark.parametrize("verb", COMMANDS)
def test_no_command_offers_to_install_the_shells_completion(verb: str) -> None:
    assert "--install-completion" not in CliRunner().invoke(app, [verb, "--help"]).output
