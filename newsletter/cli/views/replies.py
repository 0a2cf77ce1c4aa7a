"""What `newsletter replies` shows: the queue, one reply with what was cut, an extraction."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter import replies as station
from newsletter.cli import output

if TYPE_CHECKING:
    from rich.text import Text

_PROOFS = {
    station.AuthResult.PASS: "proven, but not written to us or not the subscriber",
    station.AuthResult.FAIL: "refuted",
    station.AuthResult.NONE: "not proven",
    station.AuthResult.TEMPERROR: "not to be proven at present",
}
_FEWEST_WORDS = 16
"""Columns below which the beginning of a reply is not worth showing."""
_MEASURE = 80
"""Columns of a line of prose: longer ones are hard to read."""
MUCH = 2_400
"""Characters of a reply beyond which the queue shows its beginning, and the rest when asked."""


def say_fetched(fetched: "station.FetchResult") -> None:
    if fetched.dropped:
        output.info(f"{output.pluralise(fetched.dropped, 'raw mail')} deleted: decided [replies] keep_raw_days ago")
    if not fetched.replies:
        output.print_result(
            "Nothing new."
            if not fetched.known
            else f"Nothing new; {output.pluralise(fetched.known, 'mail')} known already."
        )
        return
    parts = [f"{number:,} {verdict}" for verdict, number in fetched.verdicts.most_common()]
    output.print_result(f"{output.pluralise(len(fetched.replies), 'new mail')}: {', '.join(parts)}.")
    for reply in fetched.replies:
        if reply.state is station.ReplyState.UNSUBSCRIBED or (
            reply.note and reply.verdict is not station.Verdict.HUMAN
        ):
            output.print_result(f"  {reply.id}  {reply.verdict}: {reply.note}")
    held = fetched.states[station.ReplyState.HELD]
    if held:
        waiting = output.pluralise(held, "reply waits", "replies wait")
        output.info(f"{waiting} for your word: {output.command_line('replies list --state held')}")


def reply_json(reply: "station.Reply") -> dict[str, Any]:
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
        "authenticity": reply.proof,
        "authenticity_reason": reply.proof_why,
    }


def say_list(shown: "Sequence[station.Reply]") -> None:
    """Print one line a reply: the issue whole, the author as far as there is room, words where there is more."""
    from rich.cells import cell_len

    width = output.stdout().width
    issue = max(len(reply.slug or "-") for reply in shown)
    author = max(8, min(max(cell_len(reply.author) for reply in shown), 20, width - issue - 46))
    words = width - issue - author - 48
    headings = ["id", "issue", "author", "received", "state", *(["begins"] if words >= _FEWEST_WORDS else [])]
    rows: list[list[str | Text]] = []
    for reply in shown:
        state = output.styled((reply.state, "attention" if reply.state is station.ReplyState.HELD else ""))
        said = isolated(_short(" ".join(reply.text.split()) or reply.note, words))
        begins = output.styled((said, "" if reply.text else "quiet"))
        received = f"{reply.received_at:%d %b %H:%M}"
        row: list[str | Text] = [
            reply.id,
            reply.slug or "-",
            isolated(_short(reply.author, author)),
            received,
            state,
            begins,
        ]
        rows.append(row[: len(headings)])
    output.print_table(headings, rows)


def _short(text: str, width: int) -> str:
    """Return as much of `text` as there are columns for; a sign of Chinese takes two."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else f"{set_cell_size(text, max(width - 1, 0)).rstrip()}…"


def isolated(text: str) -> str:
    """Return `text` so that words from right to left do not turn round what stands beside them (UAX 9)."""
    is_turned = any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in text)
    return f"\u2068{text}\u2069" if is_turned and output.stdout().is_terminal else text


def say_prose(text: str) -> None:
    """Print a reader's words: at a terminal in lines that can be read, else as they are."""
    console = output.stdout()
    if not console.is_terminal:
        output.print_result(text)
        return
    console.print(output.styled(text), soft_wrap=False, width=min(console.width, _MEASURE))


def beginning(text: str) -> tuple[str, int]:
    """Return where to stop showing a long reply at first, at a word's end, and how many words are left out."""
    if len(text) <= MUCH:
        return text, 0
    start = text[:MUCH].rpartition(" ")[0] if " " in text[MUCH - 200 : MUCH] else text[:MUCH]
    return start.rstrip(), len(text[len(start) :].split())


def _say_rows(rows: "Sequence[tuple[str, str]]") -> None:
    """Print names and values; at a terminal what a value does not fit on stands below its own beginning."""
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
        grid.add_row(name, output.styled(isolated(value)))
    console.print(Padding(grid, (0, 0, 0, 2)), soft_wrap=False, width=min(console.width, _MEASURE + 12))


def say_reply(shown: "station.ReplyDetail", raw_path: str, *, is_hinted: bool = True, is_whole: bool = True) -> None:
    """Print one reply; unless it is to be `is_whole`, of a long one the beginning."""
    reply = shown.reply
    sender = "the subscriber, by its From line" if reply.is_from_subscriber else "not the address we wrote to"
    rows = [
        ("author", f"{reply.author} <{reply.from_address}>" if reply.from_address else reply.author),
        ("sender", "proven to be the subscriber" if reply.is_verified else f"{sender}; {_PROOFS[reply.proof]}"),
        ("proof", reply.proof_why),
        ("subject", printable(shown.subject)),
        ("issue", f"{reply.slug} ({reply.matched_by})" if reply.slug else "none found"),
        ("received", f"{reply.received_at:%Y-%m-%d %H:%M} UTC"),
        ("verdict", f"{reply.verdict}: {reply.reason}"),
        ("state", f"{reply.state}{_decision(reply)}"),
        ("history", _history(shown.history)),
        *(("before", _said(decision)) for decision in shown.decisions[:-1]),
        ("note", reply.note),
    ]
    output.print_result(output.styled((reply.id, "subject")))
    _say_rows([(name, value) for name, value in rows if value])
    if is_whole:  # to be copied, so never broken into lines
        output.print_result(output.styled(("  raw mail  ", "quiet"), raw_path))
    output.print_result()
    if reply.text:
        text, left = (reply.text, 0) if is_whole else beginning(reply.text)
        say_prose(printable(text))
        if left:
            output.print_result(output.styled((f"… {output.pluralise(left, 'word')} more: [l]", "attention")))
    else:
        output.print_result(output.styled(("(no text of its own)", "quiet")))
    for cut in shown.cuts:
        lines = [line for line in printable(cut.text).splitlines() if line.strip(" >")]
        output.print_result()
        output.print_result(output.styled((f"cut: {cut.reason} ({output.pluralise(len(lines), 'line')})", "quiet")))
        for line in lines[:6]:
            shown_of_it = _short(line, min(output.stdout().width - 4, _MEASURE))
            output.print_result(output.styled((f"  {shown_of_it}", "quiet")))
        if len(lines) > 6:
            output.print_result(output.styled((f"  … {len(lines) - 6} more", "quiet")))
    if is_hinted and reply.state is station.ReplyState.HELD:
        output.info(f"\nnewsletter replies approve {reply.id}    or    newsletter replies reject {reply.id}")


def _history(history: "station.WriterHistory") -> str:
    """Say what became of the writer's other answers."""
    counts = [(history.published, "published"), (history.rejected, "rejected")]
    return ", ".join(f"{number} {word} before" for number, word in counts if number) or "their first answer"


def _said(decision: "station.Decision") -> str:
    who = f" by {decision.by}" if decision.by else ""
    door = f" ({decision.door})" if decision.door else ""
    why = f": {decision.why}" if decision.why else ""
    return f"{decision.state} on {decision.at:%Y-%m-%d %H:%M} UTC{who}{door}{why}"


def _decision(reply: "station.Reply") -> str:
    if reply.decided_at is None:
        return ""
    who = f" by {reply.decided_by}" if reply.decided_by else ""
    why = f": {reply.decided_why}" if reply.decided_why else ""
    return f" on {reply.decided_at:%Y-%m-%d %H:%M} UTC{who}{why}"


def extraction_json(path: Path, reading: "station.ExtractedFile") -> dict[str, Any]:
    return {
        "file": str(path),
        "text": reading.extraction.text,
        "verdict": reading.classification.verdict,
        "reason": reading.classification.reason,
        "cuts": [cut.reason for cut in reading.extraction.cuts],
    }


def say_extraction(path: Path, reading: "station.ExtractedFile", *, is_titled: bool) -> None:
    if is_titled:
        output.print_result(output.styled((str(path), "subject")))
    output.print_result(printable(reading.extraction.text))
    output.info(f"{reading.classification.verdict}: {reading.classification.reason}", style="quiet")
    for cut in reading.extraction.cuts:
        output.info(f"cut: {cut.reason} ({output.pluralise(cut.text.count(chr(10)) + 1, 'line')})", style="quiet")


def printable(text: str) -> str:
    """Return a stranger's text without what a terminal would obey."""
    return "".join(char if char == "\n" or char.isprintable() else " " for char in text)


def say_printable(text: str) -> None:
    output.print_result(printable(text.replace("\r\n", "\n").replace("\t", "    ")))
