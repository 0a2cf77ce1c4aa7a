"""`newsletter outbox`: read the messages that the embedded outbox keeps."""

import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import mailings
from newsletter.cli import output
from newsletter.cli.context import new_commands, open_publication
from newsletter.cli.external_programs import open_in_browser

app = new_commands()
outbox = typer.Typer(no_args_is_help=False)
app.add_typer(outbox, name="outbox")


@outbox.callback(invoke_without_command=True)
def read_outbox(context: typer.Context) -> None:
    """Read the messages that the outbox keeps instead of sending them.

    The outbox is a Maildir at var/outbox, which any mail client opens too. Without a command, it is listed.

    Example: newsletter outbox list
    """
    if context.invoked_subcommand is None:
        list_messages(context, is_json=False)


@outbox.command("list")
def list_messages(
    context: typer.Context,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the messages in the outbox, oldest first.

    The number is that of the delivery, and never changes.

    Example: newsletter outbox list --json
    """
    rows = [(stored.number, _summary(stored.headers())) for stored in mailings.list_outbox(open_publication(context))]
    if is_json:
        for number, summary in rows:
            output.print_json({"n": number, **summary})
    elif rows:
        headings = ("to", "subject", "date")
        cells = [[str(number), *(summary[name] for name in headings)] for number, summary in rows]
        output.print_table(("n", *headings), cells, numbers=(0,))
    else:
        output.info("the outbox is empty. 'newsletter send' fills it")


@outbox.command("show")
def show_message(
    context: typer.Context,
    n: Annotated[int, typer.Argument(metavar="N", help="The message's number in the list.")],
    html: Annotated[Path | None, typer.Option("--html", help="Write the HTML part to this file.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the message as it is.")] = False,
) -> None:
    """Show one message: its headers and its text part.

    Example: newsletter outbox show 3 --html message.html
    """
    stored = mailings.find_in_outbox(open_publication(context), n)
    if raw:
        sys.stdout.buffer.write(stored.path.read_bytes())
        return
    for name, value in stored.parsed().items():
        output.print_result(output.styled((f"{name}: ", "quiet"), " ".join(str(value).split())))
    output.print_result()
    output.print_result(stored.part("plain"))
    if html is not None:
        html.write_text(stored.part("html"), encoding="utf-8", newline="\n")
        output.info(f"The HTML part is in {html}")


@outbox.command("open")
def open_message(
    context: typer.Context,
    n: Annotated[int | None, typer.Argument(metavar="N", help="The message's number; default: the newest.")] = None,
) -> None:
    """Open a message in the browser; where there is no display, print the file's path.

    Example: newsletter outbox open
    """
    publication = open_publication(context)
    page = mailings.write_html_page(publication, mailings.find_in_outbox(publication, n))
    if open_in_browser(page.as_uri()):
        output.info(f"Opened {page}")
    else:
        output.print_result(str(page))


def _summary(message: EmailMessage) -> dict[str, str]:
    summary = {name: " ".join(str(message[name] or "").split()) for name in ("to", "subject")}
    return {**summary, "date": message["date"].datetime.isoformat(sep=" ", timespec="minutes")}
