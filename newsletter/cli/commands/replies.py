"""`newsletter replies fetch|list|show|reread|extract|export`: what readers wrote back."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.app import replies as use_cases
from newsletter.cli import output
from newsletter.cli.commands.moderation import add_moderation
from newsletter.cli.context import DryRunOption, new_commands, new_group, open_publication, relative_path
from newsletter.cli.views import replies as view
from newsletter.errors import UsageError

app = new_commands()
replies = new_group("What readers wrote back: fetch, read, moderate and answer it.")
app.add_typer(replies, name="replies")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", show_default=False, help="The reply's id, or how it begins.")]


@replies.command("fetch")
def fetch_replies(
    context: typer.Context,
    maildir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A Maildir, or a folder of .eml files; default: the mailbox of newsletter.toml."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch what readers wrote back from your mailbox.

    Each message is stored before it is marked as read, and recorded once, however often it is fetched. Automatic mail
    is told apart from people's replies, and nothing is published. Your mailbox loses nothing. Our own copies are
    deleted keep_raw_days after you decide, a setting in newsletter.toml.

    Example: newsletter replies fetch --maildir ~/Maildir
    """
    report = use_cases.fetch_replies(open_publication(context), maildir)
    view.show_fetch_remarks(report)
    if as_json:
        output.print_json(view.fetched_json(report.fetched))
    else:
        view.show_fetched(report.fetched)


@replies.command("list")
def list_replies(
    context: typer.Context,
    state: Annotated[
        str | None,
        typer.Option(
            help="held, approved, rejected, private, withdrawn, unsubscribed, order or ignored; default: people's."
        ),
    ] = None,
    issue: Annotated[str | None, typer.Option(metavar="SLUG", help="Only replies to this issue.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what readers wrote back, oldest first.

    --json prints id, issue, author, received, state and more; it includes automatic mail.

    Example: newsletter replies list --state held
    """
    listed = use_cases.list_replies(open_publication(context), state, issue)
    if not as_json:
        view.show_list(listed)
        return
    for reply in listed.all:
        output.print_json(view.reply_json(reply))


@replies.command("show")
def show_reply(
    context: typer.Context,
    reply_id: IdArgument,
    raw: Annotated[bool, typer.Option("--raw", help="Print the email as it came instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one reply: who wrote what, and what was removed and why.

    The text is as it would be published. What was removed is private, because it may hold addresses.

    Example: newsletter replies show k4vq
    """
    publication = open_publication(context)
    shown = use_cases.show_reply(publication, reply_id)
    if raw:
        view.print_printable(use_cases.read_raw_mail(shown))
    elif as_json:
        output.print_json(view.shown_json(shown))
    else:
        view.show_reply(shown, relative_path(shown.raw_message_path, publication))


@replies.command("reread")
def reread_replies(
    context: typer.Context,
    reply_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")
    ] = None,
    is_dry_run: DryRunOption = False,
) -> None:
    """Extract the text of stored emails again, after an update that does it better.

    Without ids, it takes the replies that wait for a decision and were read by an older version. A published comment
    changes only when you name it, and only if its file was not edited.

    Example: newsletter replies reread k4vq --dry-run
    """
    reread = use_cases.reread_replies(open_publication(context), reply_ids or (), is_dry_run=is_dry_run)
    view.show_reread(reread, is_dry_run=is_dry_run)


add_moderation(replies)


@replies.command("export")
def export_comments(
    context: typer.Context,
    mbox: Annotated[Path | None, typer.Option("--mbox", metavar="FILE", help="The mbox file to write.")] = None,
    issue: Annotated[str | None, typer.Option(metavar="SLUG", help="Only this issue's comments.")] = None,
) -> None:
    """Write the published comments to a threaded mbox, which any mail client opens.

    Names and text are as in the archive. It has no addresses, tokens or private emails, since it is made from the
    comments' files.

    Example: newsletter replies export --mbox comments.mbox
    """
    if mbox is None:
        raise UsageError("name the file to write: newsletter replies export --mbox FILE")
    number = use_cases.export_comments(open_publication(context), mbox, issue)
    output.print_result(f"{mbox}  {output.pluralise(number, 'comment')}")


@replies.command("extract")
def extract_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False, help=".eml, .txt or .html")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, for each file in order.")
    ] = False,
) -> None:
    """Extract what the sender of each email wrote, without quotations and signature.

    It needs no publication and no database. With --json, a file that cannot be read has a line too, even one made to
    take too much time or memory: each email is parsed in a process of its own, which is then ended.

    Example: newsletter replies extract answer.eml
    """
    is_failed = False
    for extracted in use_cases.extract_files(files):
        if as_json:
            output.print_json(view.extraction_json(extracted))
        elif extracted.reading is not None:
            view.show_extraction(extracted.file, extracted.reading, is_titled=len(files) > 1)
        if extracted.error:
            is_failed = True
            output.error(extracted.error)
    if is_failed:
        raise typer.Exit(1)
