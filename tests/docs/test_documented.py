"""Every command, setting and error is documented, and what is documented exists."""

import inspect
import re
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

import newsletter
from newsletter import errors, settings
from newsletter.cli.main import COMMANDS, app

DOCS = Path(newsletter.__file__).parents[1] / "docs"
README = DOCS.parent / "README.md"


def commands() -> list[str]:
    """Return every command, with the subcommands of groups."""
    results = []
    root = typer.main.get_command(app)
    for name in COMMANDS:
        command = root.get_command(None, name)  # type: ignore[attr-defined,arg-type]
        verbs = getattr(command, "commands", None)
        results += [f"{name} {verb}" for verb in verbs] if verbs else [name]
    return results


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"newsletter {command}" in (DOCS / "commands.md").read_text()


def test_every_documented_command_exists() -> None:
    known = {*commands(), *COMMANDS}
    text = (DOCS / "commands.md").read_text()
    for written in re.findall(r"^#+ `newsletter ([a-z -]+?)(?: [A-Z\[-].*)?`", text, re.MULTILINE):
        assert written.strip() in known


def test_every_setting_is_documented() -> None:
    text = (DOCS / "settings.md").read_text()
    sections = [getattr(settings, name) for name in settings.__all__]
    assert settings.Settings in sections
    for section in sections:
        if inspect.isclass(section) and issubclass(section, BaseModel) and section is not settings.Settings:
            for name, field in section.model_fields.items():
                written = field.alias or name
                assert f"`{written}`" in text or f".{written}]`" in text, name


def test_every_error_is_documented() -> None:
    text = (DOCS / "errors.md").read_text()
    for name, thing in vars(errors).items():
        if inspect.isclass(thing) and issubclass(thing, errors.NewsletterError):
            assert f"| `{name}` | {thing.exit_code} |" in text
            assert name in (errors.__doc__ or "")


@pytest.mark.parametrize("page", [README, *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", re.sub(r"(`+).+?\1(?!`)", "", page.read_text())):
        assert (page.parent / target).exists(), target


def test_every_guarantee_names_a_test_that_exists() -> None:
    tests = {
        name
        for path in (DOCS.parent / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "guarantees.md").read_text()))
    assert named
    assert named <= tests
