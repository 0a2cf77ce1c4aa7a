"""What commands share: the publication they work on, and their common options and arguments."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.address import Address
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.app import Publication

ListOption = Annotated[str, typer.Option("--list", metavar="LIST", help="The list.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)]

COMMAND_LINE = "command line"
"""The origin that is recorded for what a command changes."""


def open_publication(context: typer.Context) -> "Publication":
    """Open the publication that --publication names, or the nearest one above the current folder."""
    from newsletter.app import Publication  # `replies extract` needs none

    folder: Path | None = context.obj
    return Publication.open(folder)


def new_group(help_text: str) -> typer.Typer:
    """Return a Typer for a group of commands, such as `newsletter replies`."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", add_completion=False, help=help_text)


def new_commands() -> typer.Typer:
    """Return a Typer for the commands of one module."""
    return typer.Typer(rich_markup_mode="markdown", add_completion=False)


def parse_address(text: str) -> Address:
    """Parse an email address; UsageError says what is wrong with it."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not an email address: {error}") from error


def check_is_file(path: Path, shown: str = "") -> None:
    """Raise UsageError where a command wants a file and the path is missing or a folder."""
    if path.is_dir():
        raise UsageError(f"{shown or path}: this is a folder. Name the files in it")
    if not path.exists():
        raise UsageError(f"{shown or path}: there is no such file")
    if not path.is_file():
        raise UsageError(f"{shown or path}: this is not an ordinary file")


def current_user() -> str:
    """Return the name of the user at the terminal; "" if it is unknown."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def relative_path(path: Path, publication: "Publication") -> str:
    """Return a path relative to the publication's folder, where it is inside."""
    root = publication.settings.root
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
