"""`newsletter replies review`: the queue at the terminal, one reply at a time, one key a decision."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import replies as station
from newsletter.cli import output
from newsletter.cli.commands.moderation import DOOR, committed, opened, post, relative, user
from newsletter.cli.conversing import edited
from newsletter.cli.views.replies import MUCH, printable, say_printable, say_prose, say_reply
from newsletter.errors import NewsletterError, UsageError

if TYPE_CHECKING:
    from newsletter.app import Publication

_KEYS = (
    ("a", "approve"),
    ("r", "reject"),
    ("t", "reject and tell"),
    ("w", "write back"),
    ("s", "later"),
    ("v", "raw mail"),
    ("c", "all that was cut"),
    ("q", "stop"),
)


def review_replies(
    context: typer.Context,
    issue: Annotated[str | None, typer.Option(metavar="SLUG", help="Only replies to this issue.")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; default: you.")] = None,
    commit: Annotated[bool, typer.Option("--commit", help="Commit each comment's file to Git.")] = False,
) -> None:
    """Go through what waits for your word, one key a decision.

    Each reply is shown as it would be published, with its sender, what was cut and what speaks against it. What is
    decided is decided at once: stopping in between loses nothing.

    Example: newsletter replies review
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("review needs a output. Use: newsletter replies list --state held, show, approve, reject")
    publication = opened(context)
    held = station.list_replies(publication.database, state=station.ReplyState.HELD, slug=issue)
    if not held:
        output.print_result("Nothing waits.")
        return
    decided = 0
    with station.Sandbox() as sandbox:
        for number, reply in enumerate(held, 1):
            output.print_result(output.styled((f"\n{number} of {len(held)}", "quiet")))
            key = _decide(publication, sandbox, reply.id, by or user(), is_committed=commit)
            if key == "q":
                break
            decided += key != "s"
    post(publication)
    left = len(station.list_replies(publication.database, state=station.ReplyState.HELD, slug=issue))
    output.print_result(f"\n{decided} decided, {left} waiting.")


def _decide(publication: "Publication", sandbox: station.Sandbox, reply_id: str, by: str, *, is_committed: bool) -> str:
    """Show one reply until a key decides it, and return that key."""
    shown = station.show_reply(publication.database, publication.settings, reply_id, sandbox=sandbox)
    say_reply(shown, relative(shown.raw_message_path, publication), is_hinted=False, is_whole=False)
    keys = [*([("l", "the whole text")] if len(shown.reply.text) > MUCH else []), *_KEYS]
    while True:
        output.info("\n" + _in_lines([f"[{key}] {word}" for key, word in keys], output.stderr().width))
        key = typer.getchar().lower()
        if key in {"q", "s", "\x03", "\x04", "\x1b"}:
            return "s" if key == "s" else "q"
        try:
            if _is_done(publication, shown, key, by, is_committed=is_committed):
                return key
        except NewsletterError as error:
            output.error(str(error))


def _in_lines(words: list[str], width: int) -> str:
    """Join words into lines that break between two of them only."""
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}   {word}".lstrip()
        if len(joined) < width:
            lines[-1] = joined
        else:
            lines.append(word)
    return "\n".join(lines)


def _is_done(
    publication: "Publication", shown: "station.ReplyDetail", key: str, by: str, *, is_committed: bool
) -> bool:
    """Do what a key says; whether that settles the reply."""
    database, settings, reply = publication.database, publication.settings, shown.reply
    if key == "a":
        path = station.approve(
            database, settings, reply.id, by=by, door=DOOR, keyring=publication.keyring, now=datetime.now(UTC)
        )
        end = committed(publication, path) if is_committed else ""
        output.print_result(f"approved  {relative(path, publication)}{end}")
        return True
    if key in {"r", "t"}:
        why = typer.prompt("Why (may be empty)", default="", show_default=False, err=True)
        station.reject(
            database,
            reply.id,
            by=by,
            why=why,
            door=DOOR,
            settings=settings,
            is_told=key == "t",
            now=datetime.now(UTC),
        )
        output.print_result("rejected, and its writer is told" if key == "t" else "rejected")
        return True
    if key == "w":
        station.answer_reply(database, settings, reply.id, edited(reply), now=datetime.now(UTC))
        output.print_result("answered; now decide on the reply itself")
    elif key == "l":
        say_prose(printable(reply.text))
    elif key == "v" and shown.raw_message_path.exists():
        say_printable(shown.raw_message_path.read_bytes().decode("utf-8", "replace"))
    elif key == "c":
        for cut in shown.cuts:
            output.print_result(output.styled((f"\ncut: {cut.reason}", "quiet")))
            say_printable(cut.text)
    return False
