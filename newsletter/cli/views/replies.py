"""Views of replies: what a fetch brought, a list, one reply with what was removed from it, and an extraction."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter import replies
from newsletter.cli import output

if TYPE_CHECKING:
    from rich.text import Text

    from newsletter.app.replies import ExtractionResult, FetchReport, ReplyList, SentAnswer

_PROOFS = {
    replies.AuthResult.PASS: "authenticated, but not addressed to us or not the subscriber",
    replies.AuthResult.FAIL: "authentication failed",
    replies.AuthResult.NONE: "not authenticated",
    replies.AuthResult.TEMPERROR: "cannot be authenticated at present",
}
_MIN_PREVIEW = 16
"""Columns below which the beginning of a reply is not worth showing."""
_LINE_WIDTH = 80
"""Columns of a line of prose: longer ones are hard to read."""
_LONG_TEXT = 2_400
"""Characters of a reply beyond which the queue shows its beginning, and the rest when asked."""


def fetched_json(fetched: "replies.FetchResult") -> dict[str, Any]:
    """Return what a fetch brought as an object."""
    return {
        "new": len(fetched.replies),
        "known": fetched.known,
        "dropped": fetched.dropped,
        "verdicts": {str(verdict): number for verdict, number in sorted(fetched.verdicts.items())},
        "states": {str(state): number for state, number in sorted(fetched.states.items())},
    }


def show_fetch_remarks(report: "FetchReport") -> None:
    """Print to stderr what a fetch had to remark, and what became of the notices that were due."""
    from newsletter.cli.views.findings import show_remarks
    from newsletter.cli.views.notices import show_report

    show_remarks(report.remarks)
    show_report(report.notices)


def show_fetched(fetched: "replies.FetchResult") -> None:
    """Show what a fetch brought."""
    if fetched.dropped:
        copies = output.pluralise(fetched.dropped, "raw email")
        output.info(f"{copies} deleted: they were decided more than keep_raw_days ago")
    if not fetched.replies:
        known = output.pluralise(fetched.known, "email")
        output.print_result(f"Nothing new; {known} known already." if fetched.known else "Nothing new.")
        return
    verdicts = ", ".join(f"{number:,} {verdict}" for verdict, number in fetched.verdicts.most_common())
    output.print_result(f"{output.pluralise(len(fetched.replies), 'new email')}: {verdicts}.")
    for reply in fetched.replies:
        is_noted_automatic = reply.note and reply.verdict is not replies.Verdict.HUMAN
        if reply.state is replies.ReplyState.UNSUBSCRIBED or is_noted_automatic:
            output.print_result(f"  {reply.id}  {reply.verdict}: {reply.note}")
    held = fetched.states[replies.ReplyState.HELD]
    if held:
        waiting = output.pluralise(held, "reply waits", "replies wait")
        output.info(f"{waiting} for your decision: {output.command_line('replies list --state held')}")


def reply_json(reply: "replies.Reply") -> dict[str, Any]:
    """Return a reply as an object."""
    return {
        "id": reply.id,
        "issue": reply.slug,
        "author": reply.author,
        "received": reply.received_at.isoformat(timespec="seconds"),
        "state": reply.state,
        "verdict": reply.verdict,
        "reason": reply.reason,
        "text": reply.text,
        "note": reply.note,
        "verified": reply.is_verified,
        "from_subscriber": reply.is_from_subscriber,
        "in_reply_to": reply.in_reply_to,
        "edits": reply.edits,
        "authenticity": reply.auth_result,
        "authenticity_reason": reply.auth_reason,
    }


def shown_json(shown: "replies.ReplyDetail") -> dict[str, Any]:
    """Return one reply as an object, with what was removed from it."""
    cuts = [{"reason": cut.reason, "text": cut.text} for cut in shown.cuts]
    return {
        **reply_json(shown.reply),
        "from": shown.reply.from_address,
        "raw": str(shown.raw_message_path),
        "cuts": cuts,
    }


def show_list(listed: "ReplyList") -> None:
    """Print one line a reply, and how to read those that wait for a decision."""
    if not listed.shown:
        automatic = f"; {output.pluralise(len(listed.all), 'automatic email')} (--state ignored)" if listed.all else ""
        output.info(f"There are no replies{automatic}.")
        return
    _print_list(listed.shown)
    held = [reply for reply in listed.shown if reply.state is replies.ReplyState.HELD]
    if held:
        output.info(f"{len(held)} held. Read one: {output.command_line(f'replies show {held[0].id}')}")


def _print_list(shown: "Sequence[replies.Reply]") -> None:
    """Print a table: the issue in full, the author as far as there is room, and the beginning where there is more."""
    from rich.cells import cell_len

    width = output.stdout().width
    issue = max(len(reply.slug or "-") for reply in shown)
    author = max(8, min(max(cell_len(reply.author) for reply in shown), 20, width - issue - 46))
    preview = width - issue - author - 48
    headings = ["id", "issue", "author", "received", "state", *(["begins"] if preview >= _MIN_PREVIEW else [])]
    rows: list[list[str | Text]] = []
    for reply in shown:
        state = output.styled((reply.state, "attention" if reply.state is replies.ReplyState.HELD else ""))
        beginning = isolate(_shorten(" ".join(reply.text.split()) or reply.note, preview))
        row: list[str | Text] = [
            reply.id,
            reply.slug or "-",
            isolate(_shorten(reply.author, author)),
            f"{reply.received_at:%d %b %H:%M}",
            state,
            output.styled((beginning, "" if reply.text else "quiet")),
        ]
        rows.append(row[: len(headings)])
    output.print_table(headings, rows)


def show_reread(reread: "Sequence[replies.RereadResult]", *, is_dry_run: bool) -> None:
    """Show which replies have another text now."""
    for one in reread:
        if one.is_changed or one.remark:
            change = "would change" if is_dry_run else "has a new text"
            output.print_result(f"{one.reply.id}  {one.remark or change}")
        if one.is_changed and is_dry_run:
            text = "\n".join(f"  {line}" for line in printable(one.reply.text).split("\n"))
            output.print_result(output.styled(text))
    changed = sum(one.is_changed for one in reread)
    output.print_result(f"{output.pluralise(len(reread), 'reply', 'replies')} read again, {changed} changed.")


def show_answer(sent: "SentAnswer", root: Path, *, is_private: bool, is_json: bool) -> None:
    """Show what became of an answer: its file in the archive, if it has one, and its notice."""
    from newsletter.cli.views.notices import show_report

    answered = sent.answered
    if not answered.is_new:
        output.info("This text was sent as an answer already; it is not sent again.")
    show_report(sent.notices)
    file = str(answered.path.relative_to(root)) if answered.path is not None else None
    if is_json:
        answer = answered.answer
        output.print_json({"id": answer.id, "reply": answer.reply_id, "to": answered.notice.recipient, "file": file})
        return
    output.print_result(f"{answered.answer.id}  {file or ('by email only' if is_private else 'not published yet')}")
    if file is None and not is_private:
        output.info(f"It appears in the archive once the comment does: approve {answered.answer.reply_id}")


def _shorten(text: str, width: int) -> str:
    """Return as much of `text` as there are columns for; a sign of Chinese takes two."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else f"{set_cell_size(text, max(width - 1, 0)).rstrip()}…"


def isolate(text: str) -> str:
    """Isolate right-to-left text in `text`, so that it does not reorder what is beside it (UAX 9)."""
    is_turned = any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in text)
    return f"\u2068{text}\u2069" if is_turned and output.stdout().is_terminal else text


def print_prose(text: str) -> None:
    """Print a reader's text: wrapped at a terminal, else as it is."""
    console = output.stdout()
    if not console.is_terminal:
        output.print_result(text)
        return
    console.print(output.styled(text), soft_wrap=False, width=min(console.width, _LINE_WIDTH))


def _beginning(text: str) -> tuple[str, int]:
    """Return where to stop showing a long reply at first, at a word's end, and how many words are left out."""
    if len(text) <= _LONG_TEXT:
        return text, 0
    start = text[:_LONG_TEXT].rpartition(" ")[0] if " " in text[_LONG_TEXT - 200 : _LONG_TEXT] else text[:_LONG_TEXT]
    return start.rstrip(), len(text[len(start) :].split())


def _print_rows(rows: "Sequence[tuple[str, str]]") -> None:
    """Print names and values; at a terminal, long values wrap with a hanging indent."""
    console = output.stdout()
    if not console.is_terminal:
        for name, value in rows:
            output.print_result(output.styled((f"  {name:<9} ", "quiet"), value))
        return
    from rich.padding import Padding
    from rich.table import Table

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=9, style="quiet")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, output.styled(isolate(value)))
    console.print(Padding(grid, (0, 0, 0, 2)), soft_wrap=False, width=min(console.width, _LINE_WIDTH + 12))


def show_reply(shown: "replies.ReplyDetail", raw_path: str, *, is_hinted: bool = True, is_whole: bool = True) -> None:
    """Print one reply; unless it is to be `is_whole`, of a long one the beginning."""
    reply = shown.reply
    sender = "the subscriber, by its From line" if reply.is_from_subscriber else "not the address we wrote to"
    rows = [
        ("author", f"{reply.author} <{reply.from_address}>" if reply.from_address else reply.author),
        ("sender", "proven to be the subscriber" if reply.is_verified else f"{sender}; {_PROOFS[reply.auth_result]}"),
        ("proof", reply.auth_reason),
        ("subject", printable(shown.subject)),
        ("issue", f"{reply.slug} ({reply.matched_by})" if reply.slug else "none found"),
        ("received", f"{reply.received_at:%Y-%m-%d %H:%M} UTC"),
        ("verdict", f"{reply.verdict}: {reply.reason}"),
        ("state", f"{reply.state}{_decision(reply)}"),
        ("history", _history(shown.history)),
        *(("before", _describe_decision(decision)) for decision in shown.decisions[:-1]),
        ("note", reply.note),
    ]
    output.print_result(output.styled((reply.id, "subject")))
    _print_rows([(name, value) for name, value in rows if value])
    if is_whole:  # to be copied, so never broken into lines
        output.print_result(output.styled(("  raw email  ", "quiet"), raw_path))
    output.print_result()
    if reply.text:
        text, left = (reply.text, 0) if is_whole else _beginning(reply.text)
        print_prose(printable(text))
        if left:
            output.print_result(output.styled((f"… {output.pluralise(left, 'word')} more: [l]", "attention")))
    else:
        output.print_result(output.styled(("(no text of its own)", "quiet")))
    for cut in shown.cuts:
        lines = [line for line in printable(cut.text).splitlines() if line.strip(" >")]
        output.print_result()
        output.print_result(output.styled((f"cut: {cut.reason} ({output.pluralise(len(lines), 'line')})", "quiet")))
        for line in lines[:6]:
            shown_of_it = _shorten(line, min(output.stdout().width - 4, _LINE_WIDTH))
            output.print_result(output.styled((f"  {shown_of_it}", "quiet")))
        if len(lines) > 6:
            output.print_result(output.styled((f"  … {len(lines) - 6} more", "quiet")))
    if is_hinted and reply.state is replies.ReplyState.HELD:
        output.info(f"\nnewsletter replies approve {reply.id}    or    newsletter replies reject {reply.id}")


def _history(history: "replies.WriterHistory") -> str:
    """Say what became of the writer's other answers."""
    counts = [(history.published, "published"), (history.rejected, "rejected")]
    return ", ".join(f"{number} {word} before" for number, word in counts if number) or "their first answer"


def _describe_decision(decision: "replies.Decision") -> str:
    who = f" by {decision.by}" if decision.by else ""
    channel = f" ({decision.channel})" if decision.channel else ""
    why = f": {decision.reason}" if decision.reason else ""
    return f"{decision.state} on {decision.at:%Y-%m-%d %H:%M} UTC{who}{channel}{why}"


def _decision(reply: "replies.Reply") -> str:
    if reply.decided_at is None:
        return ""
    who = f" by {reply.decided_by}" if reply.decided_by else ""
    why = f": {reply.decided_reason}" if reply.decided_reason else ""
    return f" on {reply.decided_at:%Y-%m-%d %H:%M} UTC{who}{why}"


def extraction_json(extracted: "ExtractionResult") -> dict[str, Any]:
    """Return what a file's sender wrote as an object; of one that cannot be read, the reason."""
    reading = extracted.reading
    if reading is None:
        return {"file": str(extracted.file), "text": "", "verdict": None, "reason": extracted.error}
    return {
        "file": str(extracted.file),
        "text": reading.extraction.text,
        "verdict": reading.classification.verdict,
        "reason": reading.classification.reason,
        "cuts": [cut.reason for cut in reading.extraction.cuts],
    }


def show_extraction(path: Path, reading: "replies.ExtractedFile", *, is_titled: bool) -> None:
    """Show what a file's sender wrote; why, and what was removed, goes to stderr."""
    if is_titled:
        output.print_result(output.styled((str(path), "subject")))
    output.print_result(printable(reading.extraction.text))
    output.info(f"{reading.classification.verdict}: {reading.classification.reason}", "quiet")
    for cut in reading.extraction.cuts:
        output.info(f"cut: {cut.reason} ({output.pluralise(cut.text.count(chr(10)) + 1, 'line')})", "quiet")


def show_cuts(shown: "replies.ReplyDetail") -> None:
    """Show everything that was removed from a reply."""
    for cut in shown.cuts:
        output.print_result(output.styled((f"\ncut: {cut.reason}", "quiet")))
        print_printable(cut.text)


def is_long(reply: "replies.Reply") -> bool:
    """Return whether only the beginning of a reply is shown at first."""
    return len(reply.text) > _LONG_TEXT


def wrap_words(words: Sequence[str], width: int) -> str:
    """Join words into lines that break only between two of them."""
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}   {word}".lstrip()
        if len(joined) < width:
            lines[-1] = joined
        else:
            lines.append(word)
    return "\n".join(lines)


def printable(text: str) -> str:
    """Return a stranger's text without what a terminal would obey."""
    return "".join(char if char == "\n" or char.isprintable() else " " for char in text)


def print_printable(text: str) -> None:
    """Print a stranger's text, without control characters."""
    output.print_result(printable(text.replace("\r\n", "\n").replace("\t", "    ")))
