"""`newsletter replies`: what readers wrote back, and what becomes of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import replies as station
from newsletter.cli import output
from newsletter.cli.commands.moderation import (
    approve_replies,
    ask_writers,
    opened,
    reject_replies,
    relative,
    send_digest,
    withdraw_replies,
)
from newsletter.cli.conversing import answer_reply
from newsletter.cli.exporting import export_replies
from newsletter.cli.options import DryRunOption
from newsletter.cli.reviewing import review_replies
from newsletter.cli.views.replies import (
    extraction_json,
    printable,
    reply_json,
    say_extraction,
    say_fetched,
    say_list,
    say_printable,
    say_reply,
)
from newsletter.errors import NewsletterError, UsageError
from newsletter.finding import did_you_mean

if TYPE_CHECKING:
    pass

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)

replies = typer.Typer(
    no_args_is_help=True, help="What readers wrote back: fetch it, read it, let it stand under its issue."
)
app.add_typer(replies, name="replies")

_HIDDEN = frozenset({station.ReplyState.IGNORED, station.ReplyState.ORDER})
JsonOption = Annotated[bool, typer.Option("--json", help="One compact JSON object a line.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", show_default=False, help="The reply's id, or how it begins.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")]


@replies.command("fetch")
def fetch_replies(
    context: typer.Context,
    maildir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A Maildir, or a folder of .eml files; default: the mailbox that newsletter.toml names.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in the mail that readers sent back.

    Each mail is stored before it is marked as seen, and recorded once however often it lies
    there. Machines' mail is told from people's, and nothing is published. Your mailbox loses nothing; our own
    copies go keep_raw_days after your decision, as newsletter.toml has it.

    Example: newsletter replies fetch --maildir ~/Maildir
    """
    publication = opened(context)
    setting = f"maildir:{maildir.absolute()}" if maildir else publication.settings.replies.mailbox
    ours = station.OurMessageFilter(
        database=publication.database, keyring=publication.keyring, settings=publication.settings
    )
    from newsletter.cli.alerting import telling
    from newsletter.cli.commands.notices import post_due

    with telling(publication, "replies"):
        mailbox = station.open_mailbox(
            setting,
            publication.settings.root,
            password=publication.settings.imap_password,
            message_filter=ours,
            region=publication.settings.delivery.ses.region,
        )
        fetched = station.fetch_replies(
            publication.database, publication.keyring, publication.settings, mailbox, now=datetime.now(UTC)
        )

    if publication.settings.replies.moderators:
        station.plan_digest(
            publication.database,
            publication.keyring,
            publication.settings,
            now=datetime.now(UTC),
            is_due_only=True,
        )
    post_due(publication)
    if as_json:
        counts = {str(verdict): number for verdict, number in sorted(fetched.verdicts.items())}
        states = {str(state): number for state, number in sorted(fetched.states.items())}
        output.print_json(
            {
                "new": len(fetched.replies),
                "known": fetched.known,
                "dropped": fetched.dropped,
                "verdicts": counts,
                "states": states,
            }
        )
        return
    say_fetched(fetched)


@replies.command("list")
def list_replies(
    context: typer.Context,
    state: Annotated[
        str | None,
        typer.Option(
            help="held, approved, rejected, private, withdrawn, unsubscribed, order, ignored; default: people's."
        ),
    ] = None,
    issue: Annotated[str | None, typer.Option(metavar="SLUG", help="Only replies to this issue.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what readers wrote back, oldest first.

    With --json: id, issue, author, received, state and more; machines' mail is included.

    Example: newsletter replies list --state held
    """
    publication = opened(context)
    found = station.list_replies(publication.database, state=_state_named(state), slug=issue)
    if as_json:
        for reply in found:
            output.print_json(reply_json(reply))
        return
    shown = [reply for reply in found if state or reply.state not in _HIDDEN]
    if not shown:
        output.info(
            "No replies."
            if not found
            else f"No replies; {output.pluralise(len(found), 'mail')} by machines (--state ignored)."
        )
        return
    say_list(shown)
    held = [reply for reply in shown if reply.state is station.ReplyState.HELD]
    if held:
        output.info(f"{len(held)} held. Read one: {output.command_line(f'replies show {held[0].id}')}")


@replies.command("show")
def show_reply(
    context: typer.Context,
    reply_id: IdArgument,
    raw: Annotated[bool, typer.Option("--raw", help="The mail as it came, instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one reply: who wrote what, what was cut and why.

    The text is as it would be published. What was cut is private: it may hold addresses.

    Example: newsletter replies show k4vq
    """
    publication = opened(context)
    shown = station.show_reply(publication.database, publication.settings, reply_id)
    if raw:
        if not shown.raw_message_path.exists():
            raise NewsletterError(f"{shown.raw_message_path}: the raw mail is not there any more")
        say_printable(shown.raw_message_path.read_bytes().decode("utf-8", "replace"))
        return
    if as_json:
        cuts = [{"reason": cut.reason, "text": cut.text} for cut in shown.cuts]
        output.print_json(
            {
                **reply_json(shown.reply),
                "from": shown.reply.from_address,
                "raw": str(shown.raw_message_path),
                "cuts": cuts,
            }
        )
        return
    say_reply(shown, relative(shown.raw_message_path, publication))


@replies.command("reread")
def reread_replies(
    context: typer.Context,
    reply_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", show_default=False, help="Ids, or how they begin.")
    ] = None,
    is_dry_run: DryRunOption = False,
) -> None:
    """Extract stored mail anew, after an update that reads better.

    Without ids: what waits for your word and was read by an older extractor. A published comment changes only when
    you name it, and only where its file is as it was written.

    Example: newsletter replies reread k4vq --dry-run
    """
    publication = opened(context)
    found = station.reread_replies(publication.database, publication.settings, reply_ids or (), is_dry_run=is_dry_run)
    for one in found:
        if one.is_changed or one.remark:
            what = "would change" if is_dry_run else "has other words now"
            output.print_result(f"{one.reply.id}  {one.remark or what}")
        if one.is_changed and is_dry_run:
            output.print_result(output.styled("\n".join(f"  {line}" for line in printable(one.reply.text).split("\n"))))
    changed = sum(one.is_changed for one in found)
    output.print_result(f"{output.pluralise(len(found), 'reply', 'replies')} read again, {changed} changed.")


replies.command("review")(review_replies)
replies.command("approve")(approve_replies)
replies.command("reject")(reject_replies)
replies.command("answer")(answer_reply)
replies.command("ask")(ask_writers)
replies.command("withdraw")(withdraw_replies)
replies.command("digest")(send_digest)
replies.command("export")(export_replies)


@replies.command("extract")
def extract_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False, help=".eml, .txt or .html")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for each file in order.")] = False,
) -> None:
    """Show what the sender of each mail wrote, without quotations and signature.

    Needs no publication and no database. With --json a file that cannot be read has its line too, also one that is
    made to take too much time or memory: mail is read in a process of its own, which is then ended.

    Example: newsletter replies extract answer.eml
    """
    unread = 0
    with station.Sandbox(is_forked=True) as sandbox:
        for path in files:
            try:
                reading = station.extract_file(path, sandbox)
            except (OSError, station.UnreadableMessage) as error:
                unread += 1
                reason = f"{path}: {getattr(error, 'strerror', None) or error}"
                if as_json:
                    output.print_json({"file": str(path), "text": "", "verdict": None, "reason": reason})
                output.error(reason)
                continue
            if as_json:
                output.print_json(extraction_json(path, reading))
            else:
                say_extraction(path, reading, is_titled=len(files) > 1)
    if unread:
        raise typer.Exit(1)


def _state_named(name: str | None) -> "station.ReplyState | None":
    if name is None:
        return None
    states = [str(state) for state in station.ReplyState]
    if name not in states:
        raise UsageError(f"unknown state '{name}'. {did_you_mean(name, states) or 'Known: ' + ', '.join(states)}")
    return station.ReplyState(name)
