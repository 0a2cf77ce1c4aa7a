"""Entry point of the `newsletter` command: imports only the command that is run, and turns errors into one line."""

import errno
import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from newsletter import __version__
from newsletter.cli import output
from newsletter.cli.registry import COMMANDS
from newsletter.errors import NewsletterError, UsageError


class _LazyCommands(TyperGroup):
    """The top-level commands, each imported when it is run: `send` need not wait for what `archive` needs."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS, TyperCommand(None))  # for Typer to suggest the nearest one

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = typer.main.get_command(importlib.import_module(f"newsletter.cli.commands.{module}").app)
        return getattr(command, "commands", {cmd_name: command})[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if "--help" in rest or (not rest and isinstance(command, TyperGroup)):
            _restyle_help()
        return name, command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _restyle_help()
        listing = [TyperCommand(name, help=summary) for name, (_, summary) in COMMANDS.items()]
        TyperGroup(name=self.name, commands=listing, params=self.params, help=self.help).format_help(ctx, formatter)


def _restyle_help() -> None:
    """Show commands and options in bold; only where help is about to be shown, because rich is costly to import."""
    from typer import rich_utils

    rich_utils.STYLE_OPTION = rich_utils.STYLE_COMMANDS_TABLE_FIRST_COLUMN = "bold"


app = typer.Typer(cls=_LazyCommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        output.print_result(f"newsletter {__version__}")
        raise typer.Exit


@app.callback()
def newsletter(
    context: typer.Context,
    publication: Annotated[
        Path | None,
        typer.Option(
            envvar="NEWSLETTER_PUBLICATION",
            help="The folder of newsletter.toml; default: the current one, or the nearest above it.",
        ),
    ] = None,
    logs: Annotated[
        str | None,
        typer.Option(
            envvar=output.LOGS,
            metavar="FORMAT",
            help="Messages on stderr as text, or as json: one object a line.",
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A newsletter you own: Markdown in, emails out, readers' replies back as comments.

    Results go to stdout, messages and progress to stderr. Exit codes: 0 done, 1 not done, 2 wrong usage, 75 try
    later.
    """
    context.obj = publication
    if logs is not None:
        if logs not in {"text", "json"}:
            raise UsageError(f"--logs {logs}: write text or json")
        os.environ[output.LOGS] = logs  # for processes that we start as well


def run() -> None:
    """Run the command line; show a stack trace only if NEWSLETTER_DEBUG is set."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it searches all installed packages for plugins
    try:
        app()
    except NewsletterError as error:
        for note in getattr(error, "__notes__", ()):
            output.warn(note)
        _exit(str(error), error.exit_code)
    except KeyboardInterrupt:
        _exit("stopped. Run the same command again to continue", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python reports an error as it exits
        sys.exit(0)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            _exit(f"{error.filename or 'the disk'}: no space left. Free some, and run the same command again", 75)
        if os.environ.get("NEWSLETTER_DEBUG"):
            raise
        _exit(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    except Exception as error:
        if os.environ.get("NEWSLETTER_DEBUG"):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        _exit(
            f"this is a bug in newsletter: {type(error).__name__}: {error} "
            f"({Path(place.filename).name}:{place.lineno}). Set NEWSLETTER_DEBUG=1 for the stack trace",
            1,
        )


def _exit(message: str, exit_code: int) -> None:
    try:
        output.error(message)
    except OSError:  # the terminal was closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(exit_code)
