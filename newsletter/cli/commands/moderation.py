"""`newsletter replies approve|reject|answer|ask|withdraw|digest|review`: an author's decisions about replies."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.app import replies as use_cases
from newsletter.cli import output
from newsletter.cli.context import current_user, open_publication, relative_path
from newsletter.cli.external_programs import edit
from newsletter.cli.views import replies as view
from newsletter.errors import DecisionRequired, NewsletterError, UsageError

if TYPE_CHECKING:
    from newsletter.app import Publication
    from newsletter.replies import Reply, ReplyDetail, Sandbox

TERMINAL = "terminal"
"""Where a decision was made, for the record."""
_SCISSORS = "------------------------ >8 ------------------------"
_KEYS = (
    ("a", "approve"),
    ("r", "reject"),
    ("t", "reject and tell"),
    ("w", "write back"),
    ("s", "later"),
    ("v", "raw email"),
    ("c", "everything removed"),
    ("q", "stop"),
)

IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")]
ByOption = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; default: you.")]
CommitOption = Annotated[bool, typer.Option("--commit", help="Commit the comment's file to Git, and nothing else.")]
WhyOption = Annotated[str, typer.Option(metavar="TEXT", help="The reason, for your own record.")]


def add_moderation(group: typer.Typer) -> None:
    """Add the commands of this module to the group of `newsletter replies`."""
    group.command("review")(review_replies)
    group.command("approve")(approve_replies)
    group.command("reject")(reject_replies)
    group.command("answer")(answer_reply)
    group.command("ask")(ask_writers)
    group.command("withdraw")(withdraw_replies)
    group.command("digest")(send_digest)


def approve_replies(
    context: typer.Context,
    reply_ids: IdsArgument,
    issue: Annotated[
        str | None, typer.Option(metavar="SLUG", help="The issue it belongs to, if none was found.")
    ] = None,
    why: WhyOption = "",
    by: ByOption = None,
    commit: CommitOption = False,
    with_leave: Annotated[
        bool, typer.Option("--with-leave", help="Its writer has agreed, where publish is 'ask'.")
    ] = False,
) -> None:
    """Publish replies as comments under their issues, as files in issues/SLUG/comments/.

    Approving again changes nothing. A reply whose writer asked for privacy is never published. The writer is told,
    with addresses to change it and to withdraw it, unless tell_readers in newsletter.toml says no. The writer of the
    comment that it answers is told too, if they want to be.

    Example: newsletter replies approve k4vq m2xa --commit
    """
    publication = open_publication(context)
    decider = _decider(by, commits=commit)

    def approve(reply_id: str) -> str:
        approved = use_cases.approve_reply(
            publication, reply_id, decider, issue=issue, why=why, has_permission=with_leave
        )
        return f"{reply_id}{_place(approved, publication)}"

    _decide_each(reply_ids, approve)
    output.info("The next 'newsletter archive build' shows it.")


def reject_replies(
    context: typer.Context,
    reply_ids: IdsArgument,
    why: WhyOption = "",
    tell: Annotated[bool, typer.Option("--tell", help="Tell the writer, with the reason if there is one.")] = False,
    by: ByOption = None,
) -> None:
    """Decide not to publish replies; their emails are kept.

    Nobody is told unless you add --tell. A rejected reply can still be approved.

    Example: newsletter replies reject k4vq --tell --why "Lovely, but it names your neighbour."
    """
    publication = open_publication(context)
    decider = _decider(by)

    def reject(reply_id: str) -> str:
        rejected = use_cases.reject_reply(publication, reply_id, decider, why=why, tells_writer=tell)
        return f"{rejected.reply_id}  rejected"

    _decide_each(reply_ids, reject)
    if tell:
        _send_due_notices(publication)


def ask_writers(context: typer.Context, reply_ids: IdsArgument) -> None:
    """Ask the writers of replies by email whether you may publish them.

    Each is asked once. Their answer is recorded, and 'yes' lets you approve where publish is "ask".

    Example: newsletter replies ask k4vq
    """
    publication = open_publication(context)

    def ask(reply_id: str) -> str:
        reply = use_cases.ask_writer(publication, reply_id)
        return f"{reply.id}  {reply.author} is asked"

    _decide_each(reply_ids, ask)
    _send_due_notices(publication)


def withdraw_replies(
    context: typer.Context,
    reply_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")
    ] = None,
    all_of: Annotated[
        str | None, typer.Option("--all-of", metavar="ADDRESS", help="Everything that came from this address.")
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Delete the raw email and the writer's name and address too.")
    ] = False,
    why: WhyOption = "",
    by: ByOption = None,
    commit: CommitOption = False,
) -> None:
    """Withdraw published comments: a tombstone keeps their place in the thread.

    Their text leaves the archive and the database. Copies stay in Git's history until you rewrite it: docs/replies.md
    has the command. This cannot be undone.

    Example: newsletter replies withdraw k4vq --erase
    """
    publication = open_publication(context)
    ids = [*(reply_ids or []), *(use_cases.ids_from_address(publication, all_of) if all_of is not None else [])]
    if not ids:
        raise UsageError("nothing to withdraw. Give ids, or --all-of with an address that has written")
    decider = _decider(by, commits=commit)

    def withdraw(reply_id: str) -> str:
        withdrawn = use_cases.withdraw_reply(publication, reply_id, decider, why=why, erases=erase)
        return f"{reply_id}  {'erased' if erase else 'withdrawn'}{_place(withdrawn, publication)}"

    _decide_each(ids, withdraw)


def send_digest(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how many wait; send nothing.")] = False,
) -> None:
    """Mail the moderators the replies that wait and were in no earlier digest, with an address for each decision.

    `newsletter replies fetch` does so too, at most once in digest_hours.

    Example: newsletter replies digest
    """
    publication = open_publication(context)
    use_cases.check_moderators(publication)
    if dry_run:
        held = use_cases.held_replies(publication)
        waiting = output.pluralise(len(held), "reply waits", "replies wait")
        output.print_result(f"{waiting} for a decision; nothing was sent.")
        return
    planned = use_cases.plan_moderator_digest(publication)
    if not planned:
        output.print_result("There is nothing new.")
        return
    _send_due_notices(publication)
    for notice in planned:
        output.print_result(f"{notice.recipient}  {notice.subject}")


def answer_reply(
    context: typer.Context,
    reply_id: Annotated[
        str, typer.Argument(metavar="ID", show_default=False, help="The reply's id, or how it begins.")
    ],
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="The answer.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A file with the answer.")] = None,
    private: Annotated[bool, typer.Option("--private", help="By email only: never in the archive.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the email; change and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on one line.")] = False,
) -> None:
    """Answer a reader: by email in their own thread, and below their comment in the archive.

    Without --text and --file, your editor opens. Unless it is --private, the answer appears in the archive as soon as
    the comment that it answers does. The same text is never sent twice. What the reader writes back comes in as a
    reply below it.

    Example: newsletter replies answer k4vq --text "So did my grandmother."
    """
    publication = open_publication(context)
    answer = _read_answer(publication, reply_id, text, file)
    if dry_run:
        draft = use_cases.draft_answer(publication, reply_id, answer, is_private=private)
        output.print_result(view.printable(f"{draft.headers}\n\n{draft.text}"))
        output.info("Nothing was changed and nothing was sent.")
        return
    sent = use_cases.answer_reply(publication, reply_id, answer, is_private=private)
    view.show_answer(sent, publication.settings.root, is_private=private, is_json=as_json)


def review_replies(
    context: typer.Context,
    issue: Annotated[str | None, typer.Option(metavar="SLUG", help="Only replies to this issue.")] = None,
    by: ByOption = None,
    commit: Annotated[bool, typer.Option("--commit", help="Commit each comment's file to Git.")] = False,
) -> None:
    """Review the replies that wait for a decision, one key for each.

    Each reply is shown as it would be published, with its sender, what was removed, and what speaks against it. Every
    decision takes effect at once, so you may stop at any time.

    Example: newsletter replies review
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("review needs a terminal. Use: newsletter replies list --state held, show, approve, reject")
    publication = open_publication(context)
    held = use_cases.held_replies(publication, issue)
    if not held:
        output.print_result("Nothing waits.")
        return
    decider = _decider(by, commits=commit)
    decided = 0
    from newsletter.replies import Sandbox

    with Sandbox() as reader:
        for number, reply in enumerate(held, 1):
            output.print_result(output.styled((f"\n{number} of {len(held)}", "quiet")))
            key = _review_one(publication, reader, reply.id, decider)
            if key == "q":
                break
            decided += key != "s"
    _send_due_notices(publication)
    output.print_result(f"\n{decided} decided, {len(use_cases.held_replies(publication, issue))} waiting.")


def _review_one(publication: "Publication", reader: "Sandbox", reply_id: str, decider: use_cases.Decider) -> str:
    """Show one reply until a key decides it, and return that key."""
    shown = use_cases.show_reply(publication, reply_id, reader)
    view.show_reply(shown, relative_path(shown.raw_message_path, publication), is_hinted=False, is_whole=False)
    keys = [*([("l", "the whole text")] if view.is_long(shown.reply) else []), *_KEYS]
    while True:
        output.info("\n" + view.wrap_words([f"[{key}] {word}" for key, word in keys], output.stderr().width))
        key = typer.getchar().lower()
        if key in {"q", "s", "\x03", "\x04", "\x1b"}:
            return "s" if key == "s" else "q"
        try:
            if _apply_key(publication, shown, key, decider):
                return key
        except NewsletterError as error:
            output.error(str(error))


def _apply_key(publication: "Publication", shown: "ReplyDetail", key: str, decider: use_cases.Decider) -> bool:
    """Run the action of a key; return whether that decides the reply."""
    reply = shown.reply
    if key == "a":
        approved = use_cases.approve_reply(publication, reply.id, decider)
        output.print_result(f"approved{_place(approved, publication)}")
        return True
    if key in {"r", "t"}:
        why = typer.prompt("Why (may be empty)", default="", show_default=False, err=True)
        use_cases.reject_reply(publication, reply.id, decider, why=why, tells_writer=key == "t")
        output.print_result("rejected, and its writer is told" if key == "t" else "rejected")
        return True
    if key == "w":
        use_cases.plan_answer(publication, reply.id, _edit_answer(reply))
        output.print_result("answered; now decide about the reply itself")
    elif key == "l":
        view.print_prose(view.printable(reply.text))
    elif key == "v" and shown.raw_message_path.exists():
        view.print_printable(use_cases.read_raw_mail(shown))
    elif key == "c":
        view.show_cuts(shown)
    return False


def _decide_each(reply_ids: Sequence[str], decide: Callable[[str], str]) -> None:
    """Decide about each, continue after an error, and end with the highest exit code."""
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


def _decider(by: str | None, *, commits: bool = False) -> use_cases.Decider:
    return use_cases.Decider(name=by or current_user(), place=TERMINAL, commits=commits)


def _place(moderated: use_cases.ModeratedReply, publication: "Publication") -> str:
    """Return the comment's file and commit, for the end of a line."""
    file = "" if moderated.file is None else f"  {relative_path(moderated.file, publication)}"
    return file + (f"  commit {moderated.commit}" if moderated.commit else "")


def _send_due_notices(publication: "Publication") -> None:
    from newsletter.app import notices
    from newsletter.cli.views.notices import show_report

    show_report(notices.send_due_notices(publication))


def _read_answer(publication: "Publication", reply_id: str, text: str | None, file: Path | None) -> str:
    if text is not None and file is not None:
        raise UsageError("--text and --file exclude each other. Give one of them")
    if text is not None:
        return text
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--file {file}: cannot be read: {error}") from error
    return _edit_answer(use_cases.show_reply(publication, reply_id).reply)


def _edit_answer(reply: "Reply") -> str:
    """Let the author write an answer in an editor; DecisionRequired if it was left empty."""
    quoted = "\n".join(f"> {line}" for line in view.printable(reply.text).split("\n"))
    below = f"\n\n{_SCISSORS}\nWrite above this line. An empty answer sends nothing.\n\n{reply.author}:\n{quoted}\n"
    answer = edit(below).partition(_SCISSORS)[0].strip()
    if not answer:
        raise DecisionRequired("the answer is empty, so nothing was sent")
    return answer
