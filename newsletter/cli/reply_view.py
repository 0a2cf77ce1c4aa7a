"""What `newsletter replies` shows: the queue, one reply with what was cut, an extraction."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter import replies as station
from newsletter.cli import terminal

if TYPE_CHECKING:
    from rich.text import Text

_PROOFS = {
    station.Proof.PASS: "proven, but not written to us or not the subscriber",
    station.Proof.FAIL: "refuted",
    station.Proof.NONE: "not proven",
    station.Proof.TEMPERROR: "not to be proven at present",
}
_FEWEST_WORDS = 16
"""Columns below which the beginning of a reply is not worth showing."""


def say_fetched(fetched: "station.Fetched") -> None:
    if not fetched.replies:
        terminal.say(
            "Nothing new."
            if not fetched.known
            else f"Nothing new; {terminal.count(fetched.known, 'mail')} known already."
        )
        return
    parts = [f"{number:,} {verdict}" for verdict, number in fetched.verdicts.most_common()]
    terminal.say(f"{terminal.count(len(fetched.replies), 'new mail')}: {', '.join(parts)}.")
    for reply in fetched.replies:
        if reply.state is station.ReplyState.UNSUBSCRIBED or (
            reply.note and reply.verdict is not station.Verdict.HUMAN
        ):
            terminal.say(f"  {reply.id}  {reply.verdict}: {reply.note}")
    held = fetched.states[station.ReplyState.HELD]
    if held:
        waiting = terminal.count(held, "reply waits", "replies wait")
        terminal.talk(f"{waiting} for your word: {terminal.command('replies list --state held')}")


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
    width = terminal.stdout().width
    issue = max(len(reply.slug or "-") for reply in shown)
    author = max(8, min(max(len(reply.author) for reply in shown), 20, width - issue - 46))
    words = width - issue - author - 48
    headings = ["id", "issue", "author", "received", "state", *(["begins"] if words >= _FEWEST_WORDS else [])]
    rows: list[list[str | Text]] = []
    for reply in shown:
        state = terminal.styled((reply.state, "attention" if reply.state is station.ReplyState.HELD else ""))
        said = _short(" ".join(reply.text.split()) or reply.note, words)
        begins = terminal.styled((said, "" if reply.text else "quiet"))
        received = f"{reply.received_at:%d %b %H:%M}"
        row: list[str | Text] = [
            reply.id,
            reply.slug or "-",
            _short(reply.author, author),
            received,
            state,
            begins,
        ]
        rows.append(row[: len(headings)])
    terminal.say_table(headings, rows)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)].rstrip()}…"


def say_reply(shown: "station.ShownReply", raw_path: str, *, is_hinted: bool = True) -> None:
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
        ("raw mail", raw_path),
    ]
    terminal.say(terminal.styled((reply.id, "subject")))
    for name, value in rows:
        if value:
            terminal.say(terminal.styled((f"  {name:<9} ", "quiet"), value))
    terminal.say()
    terminal.say(printable(reply.text) if reply.text else terminal.styled(("(no text of its own)", "quiet")))
    for cut in shown.cuts:
        lines = [line for line in printable(cut.text).splitlines() if line.strip(" >")]
        terminal.say()
        terminal.say(terminal.styled((f"cut: {cut.reason} ({terminal.count(len(lines), 'line')})", "quiet")))
        for line in lines[:6]:
            terminal.say(terminal.styled((f"  {_short(line, 74)}", "quiet")))
        if len(lines) > 6:
            terminal.say(terminal.styled((f"  … {len(lines) - 6} more", "quiet")))
    if is_hinted and reply.state is station.ReplyState.HELD:
        terminal.talk(f"\nnewsletter replies approve {reply.id}    or    newsletter replies reject {reply.id}")


def _history(history: "station.History") -> str:
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


def extraction_json(path: Path, reading: "station.Reading") -> dict[str, Any]:
    return {
        "file": str(path),
        "text": reading.extraction.text,
        "verdict": reading.screening.verdict,
        "reason": reading.screening.reason,
        "cuts": [cut.reason for cut in reading.extraction.cuts],
    }


def say_extraction(path: Path, reading: "station.Reading", *, is_titled: bool) -> None:
    if is_titled:
        terminal.say(terminal.styled((str(path), "subject")))
    terminal.say(printable(reading.extraction.text))
    terminal.talk(f"{reading.screening.verdict}: {reading.screening.reason}", style="quiet")
    for cut in reading.extraction.cuts:
        terminal.talk(f"cut: {cut.reason} ({terminal.count(cut.text.count(chr(10)) + 1, 'line')})", style="quiet")


def printable(text: str) -> str:
    """Return a stranger's text without what a terminal would obey."""
    return "".join(char if char == "\n" or char.isprintable() else " " for char in text)


def say_printable(text: str) -> None:
    terminal.say(printable(text.replace("\r\n", "\n").replace("\t", "    ")))
