"""`newsletter outbox`: read what the embedded outbox holds."""

import sys
from collections.abc import Iterable, Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.cli.external_programs import open_in_browser
from newsletter.delivery import OutboxMessage, outbox_messages
from newsletter.errors import UsageError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
outbox = typer.Typer(no_args_is_help=False)
app.add_typer(outbox, name="outbox")


@outbox.callback(invoke_without_command=True)
def read_outbox(context: typer.Context) -> None:
    """Read the letters that the outbox keeps instead of mailing them.

    It is a Maildir at var/outbox, which any mail client opens too. Without a verb, lists it.

    Example: newsletter outbox list
    """
    if context.invoked_subcommand is None:
        list_letters(context, is_json=False)


@outbox.command("list")
def list_letters(
    context: typer.Context,
    is_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """List the letters in the outbox, oldest first.

    The number is the delivery's, and stays the same.

    Example: newsletter outbox list --json
    """
    rows = ((kept.delivery_id, _headers(kept.path)) for kept in _letters(context))
    if is_json:
        for number, message in rows:
            output.print_json({"n": number, **_shown(message)})
        return
    cells = [[str(number), *(_shown(message)[name] for name in ("to", "subject", "date"))] for number, message in rows]
    if not cells:
        output.info("the outbox is empty. 'newsletter send' fills it")
        return
    output.print_table(("n", "to", "subject", "date"), cells, numbers=(0,))


@outbox.command("show")
def show_letter(
    context: typer.Context,
    n: Annotated[int, typer.Argument(metavar="N", help="The letter's number in the list.")],
    html: Annotated[Path | None, typer.Option("--html", help="Write the HTML part to this file.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the message as it is.")] = False,
) -> None:
    """Show one letter: its headers and its text part.

    Example: newsletter outbox show 3 --html letter.html
    """
    path = _path_of(context, n)
    if raw:
        sys.stdout.buffer.write(path.read_bytes())
        return
    message = _message(path)
    for name, value in message.items():
        output.print_result(Text.assemble((f"{name}: ", "quiet"), " ".join(str(value).split())))
    output.print_result()
    output.print_result(_part(message, "plain"))
    if html is not None:
        html.write_text(_part(message, "html"), encoding="utf-8", newline="\n")
        output.info(f"The HTML part is in {html}")


@outbox.command("open")
def open_letter(
    context: typer.Context,
    n: Annotated[int | None, typer.Argument(metavar="N", help="The letter's number; default: the newest.")] = None,
) -> None:
    """Open a letter in the browser; where there is no display, print the file's path.

    Example: newsletter outbox open
    """
    letters = _letters(context)
    if n is None and not letters:
        raise UsageError("the outbox is empty. 'newsletter send' fills it")
    number = letters[-1].delivery_id if n is None else n
    folder = open_publication(context).settings.var / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{number}.html"
    page.write_text(_part(_message(_path_of(context, number)), "html"), encoding="utf-8", newline="\n")
    if open_in_browser(page.as_uri()):
        output.info(f"Opened {page}")
        return
    output.print_result(str(page))


def _letters(context: typer.Context) -> list[OutboxMessage]:
    return sorted(outbox_messages(open_publication(context).settings.var / "outbox"))


def _path_of(context: typer.Context, n: int) -> Path:
    for kept in _letters(context):
        if kept.delivery_id == n:
            return kept.path
    raise UsageError(f"there is no letter {n} in the outbox. 'newsletter outbox list' shows what there is")


def _message(path: Path) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(path.read_bytes())


def _headers(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        head = b"".join(_until_blank(file))
    return BytesParser(policy=policy.default).parsebytes(head, headersonly=True)


def _until_blank(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        if not line.strip():
            return
        yield line


def _shown(message: EmailMessage) -> dict[str, str]:
    shown = {name: " ".join(str(message[name] or "").split()) for name in ("to", "subject")}
    return {**shown, "date": message["date"].datetime.isoformat(sep=" ", timespec="minutes")}


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content())
