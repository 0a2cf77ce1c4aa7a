"""`newsletter replies answer`: the author's words back to a reader."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import replies as station
from newsletter.cli import output
from newsletter.cli.external_programs import edit
from newsletter.cli.views.replies import printable
from newsletter.errors import DecisionRequired, UsageError

if TYPE_CHECKING:
    from newsletter.app import Publication

_SCISSORS = "------------------------ >8 ------------------------"


def answer_reply(
    context: typer.Context,
    reply_id: Annotated[
        str, typer.Argument(metavar="ID", show_default=False, help="The reply's id, or how it begins.")
    ],
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="The answer.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A file with the answer.")] = None,
    private: Annotated[bool, typer.Option("--private", help="By mail only: never in the archive.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the mail; change and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on one line.")] = False,
) -> None:
    """Answer a reader: by mail in their own thread, and below their comment in the archive.

    Without --text and --file your editor opens. The answer stands in the archive as soon as the comment it answers
    does, unless it is --private. The same words again send nothing. What the reader answers to it comes back as a
    reply below it.

    Example: newsletter replies answer k4vq --text "So did my grandmother."
    """
    from newsletter.cli.commands.notices import post_due
    from newsletter.cli.context import open_publication

    publication = open_publication(context)
    words = _words(publication, reply_id, text, file)
    now = datetime.now(UTC)
    if dry_run:
        output.print_result(_shown(publication, reply_id, words, is_private=private, now=now))
        output.info("Nothing was changed and nothing sent.")
        return
    answered = station.answer_reply(
        publication.database, publication.settings, reply_id, words, is_private=private, now=now
    )
    if not answered.is_new:
        output.info("These words were answered already; they are not sent again.")
    post_due(publication)
    path = answered.path
    root = publication.settings.root
    place = str(path.relative_to(root)) if path is not None else None
    if as_json:
        output.print_json(
            {
                "id": answered.answer.id,
                "reply": answered.answer.reply_id,
                "to": answered.notice.recipient,
                "file": place,
            }
        )
        return
    output.print_result(f"{answered.answer.id}  {place or 'by mail only' if private or place else 'not published yet'}")
    if place is None and not private:
        output.info(f"It stands in the archive once the comment does: approve {answered.answer.reply_id}")


def _words(publication: "Publication", reply_id: str, text: str | None, file: Path | None) -> str:
    if text is not None and file is not None:
        raise UsageError("--text and --file are two answers. Give one of them")
    if text is not None:
        return text
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--file {file}: cannot be read: {error}") from error
    shown = station.show_reply(publication.database, publication.settings, reply_id).reply
    return edited(shown)


def edited(reply: "station.Reply") -> str:
    """Let the author write an answer in an editor; DecisionRequired if it was left empty."""
    quoted = "\n".join(f"> {line}" for line in printable(reply.text).split("\n"))
    below = f"\n\n{_SCISSORS}\nWrite above this line. An empty answer sends nothing.\n\n{reply.author}:\n{quoted}\n"
    words = edit(below).partition(_SCISSORS)[0].strip()
    if not words:
        raise DecisionRequired("nothing was written, so nothing was sent")
    return words


def _shown(publication: "Publication", reply_id: str, words: str, *, is_private: bool, now: datetime) -> str:
    from newsletter.delivery import build_notice_message

    notice = station.draft_answer(
        publication.database, publication.settings, reply_id, words, is_private=is_private, now=now
    )
    letter = build_notice_message(notice, publication.settings, publication.keyring, now)
    head = letter.message.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    return printable(f"{head}\n\n{notice.text}")
