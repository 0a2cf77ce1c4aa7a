"""`newsletter replies export`: the published comments for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter import replies as station
from newsletter.cli import output
from newsletter.cli.commands.moderation import opened
from newsletter.errors import UsageError


def export_replies(
    context: typer.Context,
    mbox: Annotated[Path | None, typer.Option("--mbox", metavar="FILE", help="Where the mbox goes.")] = None,
    issue: Annotated[str | None, typer.Option(metavar="SLUG", help="Only this issue's comments.")] = None,
) -> None:
    """Write the published comments to an mbox, threaded, that any mail program opens.

    Names and words are as in the archive; no address, token or private mail is in it. It is made from the files.

    Example: newsletter replies export --mbox comments.mbox
    """
    from newsletter.atomic_file import write_atomically
    from newsletter.content import read_comments, read_issue, read_issues

    if mbox is None:
        raise UsageError("say where to: newsletter replies export --mbox FILE")
    if not mbox.absolute().parent.is_dir():
        raise UsageError(f"--mbox {mbox}: there is no such folder")
    settings = opened(context).settings
    issues = [read_issue(settings, issue)] if issue is not None else list(read_issues(settings).issues)
    found = [
        (one.slug.text, one.title, comment)
        for one in issues
        for comment in read_comments(settings, one.slug.text).comments
    ]
    write_atomically(mbox.absolute(), station.build_mbox(found))
    number = sum(not comment.is_withdrawn for _, _, comment in found)
    output.print_result(f"{mbox}  {output.pluralise(number, 'comment')}")
