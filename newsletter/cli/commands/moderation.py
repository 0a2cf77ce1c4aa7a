"""`newsletter replies approve|reject|ask|withdraw|digest`: the author's word on replies."""

import getpass
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import replies as station
from newsletter.cli import output
from newsletter.errors import NewsletterError, SettingsError, UsageError

if TYPE_CHECKING:
    from newsletter.app import Publication

DOOR = "terminal"

IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")]
ByOption = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; default: you.")]
CommitOption = Annotated[bool, typer.Option("--commit", help="Commit the comment's file to Git, and only that.")]


def approve_replies(
    context: typer.Context,
    reply_ids: IdsArgument,
    issue: Annotated[
        str | None, typer.Option(metavar="SLUG", help="The issue it stands under, where none was found.")
    ] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for your own record.")] = "",
    by: ByOption = None,
    commit: CommitOption = False,
    with_leave: Annotated[
        bool, typer.Option("--with-leave", help="Its writer has said yes, where publish is 'ask'.")
    ] = False,
) -> None:
    """Let replies stand under their issues, as files in issues/SLUG/comments/.

    Approving again changes nothing. A reply whose writer asked for privacy is never published. Its writer hears of
    it, with the addresses to change it and to take it back, unless tell_readers in newsletter.toml says no; the
    writer of the comment that it answers hears, too, if they want to.

    Example: newsletter replies approve k4vq m2xa --commit
    """
    publication = opened(context)

    def approve(reply_id: str) -> str:
        path = station.approve(
            publication.database,
            publication.settings,
            reply_id,
            slug=issue,
            by=by or user(),
            why=why,
            door=DOOR,
            keyring=publication.keyring,
            has_leave=with_leave,
            now=datetime.now(UTC),
        )
        return f"{reply_id}  {relative(path, publication)}{committed(publication, path) if commit else ''}"

    decide_each(reply_ids, approve)
    output.info("The next 'newsletter archive build' shows it.")


def reject_replies(
    context: typer.Context,
    reply_ids: IdsArgument,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for your own record.")] = "",
    tell: Annotated[bool, typer.Option("--tell", help="Tell the writer, with the reason if there is one.")] = False,
    by: ByOption = None,
) -> None:
    """Decide that replies are not published; the mail itself is kept.

    Nobody is told unless you say --tell. A rejected reply can still be approved.

    Example: newsletter replies reject k4vq --tell --why "Lovely, but it names your neighbour."
    """
    publication = opened(context)

    def reject(reply_id: str) -> str:
        reply = station.reject(
            publication.database,
            reply_id,
            by=by or user(),
            why=why,
            door=DOOR,
            settings=publication.settings,
            is_told=tell,
            now=datetime.now(UTC),
        )
        return f"{reply.id}  rejected"

    decide_each(reply_ids, reject)
    if tell:
        post(publication)


def ask_writers(context: typer.Context, reply_ids: IdsArgument) -> None:
    """Ask the writers of replies by mail whether these may be published.

    Each is asked once. What they answer is noted, and 'yes' lets you approve where publish is "ask".

    Example: newsletter replies ask k4vq
    """
    publication = opened(context)

    def ask(reply_id: str) -> str:
        reply = station.ask_permission(publication.database, publication.settings, reply_id, now=datetime.now(UTC))
        return f"{reply.id}  {reply.author} is asked"

    decide_each(reply_ids, ask)
    post(publication)


def withdraw_replies(
    context: typer.Context,
    reply_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")
    ] = None,
    all_of: Annotated[
        str | None, typer.Option("--all-of", metavar="ADDRESS", help="Everything that came from this address.")
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Forget the raw mail and the writer's name and address too.")
    ] = False,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for your own record.")] = "",
    by: ByOption = None,
    commit: CommitOption = False,
) -> None:
    """Take published words back: a tombstone stands in their place, so that the thread keeps its shape.

    The words leave the archive and the database. Copies in Git's history stay until you rewrite it, for which
    docs/replies.md has the command. There is no way back.

    Example: newsletter replies withdraw k4vq --erase
    """
    publication = opened(context)
    named = [*(reply_ids or [])]
    if all_of is not None:
        named += [reply.id for reply in station.replies_from_address(publication.database, all_of)]
    if not named:
        raise UsageError("nothing to withdraw. Give ids, or --all-of an address that has written")

    def withdraw(reply_id: str) -> str:
        stone = station.withdraw_reply(
            publication.database,
            publication.settings,
            reply_id,
            by=by or user(),
            why=why,
            door=DOOR,
            is_erased=erase,
            now=datetime.now(UTC),
        )
        place = f"  {relative(stone, publication)}" if stone is not None else ""
        return f"{reply_id}  {'erased' if erase else 'withdrawn'}{place}" + (
            committed(publication, stone) if commit and stone is not None else ""
        )

    decide_each(named, withdraw)


def send_digest(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be told; send nothing.")] = False,
) -> None:
    """Mail the moderators what waits for their word and no earlier digest told, with one address a decision.

    `newsletter replies fetch` does so too, every digest_hours at most.

    Example: newsletter replies digest
    """
    publication = opened(context)
    if not publication.settings.replies.moderators:
        raise SettingsError('newsletter.toml: nobody to tell. Set [replies] moderators = ["you@example.com"]')
    if dry_run:
        held = station.list_replies(publication.database, state=station.ReplyState.HELD)
        output.print_result(
            f"{output.pluralise(len(held), 'reply waits', 'replies wait')} for a word; nothing was sent."
        )
        return
    planned = station.plan_digest(
        publication.database, publication.keyring, publication.settings, now=datetime.now(UTC)
    )
    if not planned:
        output.print_result("Nothing new waits.")
        return
    post(publication)
    for notice in planned:
        output.print_result(f"{notice.recipient}  {notice.subject}")


def decide_each(reply_ids: Sequence[str], decide: Callable[[str], str]) -> None:
    """Decide on each, go on after a refusal, and end with the worst exit code."""
    exit_code = 0
    for reply_id in reply_ids:
        try:
            output.print_result(decide(reply_id))
        except NewsletterError as error:
            if len(reply_ids) == 1:
                raise
            output.error(str(error))
            exit_code = max(exit_code, error.exit_code)
    if exit_code:
        raise typer.Exit(exit_code)


def committed(publication: "Publication", path: Path) -> str:
    """Commit one file, and say so for the end of a line."""
    from newsletter.content import commit_files

    root = publication.settings.root
    said = commit_files(root, [path], f"comments: {path.parent.parent.name}, {path.stem}")
    return f"  commit {said}" if said else ""


def opened(context: typer.Context) -> "Publication":
    """Open the publication; late, for the database is slow to import, and extract needs none."""
    from newsletter.cli.context import open_publication

    return open_publication(context)


def post(publication: "Publication") -> None:
    """Post the notices that are due."""
    from newsletter.cli.commands.notices import post_due

    post_due(publication)


def user() -> str:
    """Return who sits at the output."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def relative(path: Path, publication: "Publication") -> str:
    """Return a path as it is named from the publication's folder."""
    root = publication.settings.root
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
