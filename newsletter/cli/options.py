"""Options and arguments that several commands have in common."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.address import Address
from newsletter.errors import UsageError

ListOption = Annotated[str, typer.Option("--list", metavar="LIST", help="Which list.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)]

COMMAND_LINE = "command line"
"""The origin of what an author does by a command."""


def refuse_no_file(path: Path, shown: str = "") -> None:
    """Raise UsageError where a command wants a file and this is none: there is nothing, or it is a folder."""
    if path.is_dir():
        raise UsageError(f"{shown or path}: this is a folder. Name the files in it")
    if not path.exists():
        raise UsageError(f"{shown or path}: there is no such file")
    if not path.is_file():
        raise UsageError(f"{shown or path}: this is not an ordinary file")


def read_address(text: str) -> Address:
    """Return the address in `text`; UsageError says what is wrong with it."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no address: {error}") from error
