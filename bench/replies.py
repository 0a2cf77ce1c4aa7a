"""How many answers one core reads, parsed, screened and extracted, here and in a child, against 300 a second.

.venv/bin/python bench/replies.py [MAILS]
"""

import resource
import sys
import time

from newsletter.replies.classify.classifier import classify_message
from newsletter.replies.extract import KnownText, SentText, extract
from newsletter.replies.parsing.message import parse_message
from newsletter.replies.sandbox import Sandbox

LIMIT = 300.0
LETTER = "\n\n".join(f"Paragraph {n}: the harbour wakes at five and nobody owns an alarm clock." for n in range(40))
SAID = "My grandfather kept a light for thirty years.\n\nHe never once spoke of it."


def answers(number: int) -> list[bytes]:
    """Return answers as three common programs write them."""
    quoted = "\n".join(f"> {line}" for line in LETTER.split("\n"))
    head = "From: Jo <jo{n}@example.net>\nTo: r+x@reply.example.org\nSubject: Re: F\nMessage-ID: <{n}@example.net>\n"
    text = f"{SAID}\n\nOn Mon, Mar 3, 2025 at 9:12 AM Tidal Notes <notes@example.org> wrote:\n\n{quoted}\n"
    page = "".join(f"<p>{line}</p>" for line in LETTER.split("\n\n"))
    both = (
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--b\nContent-Type: text/html; charset=utf-8\n\n"
        f"<div>{SAID}</div><div class=gmail_quote>{page}</div>\n--b--\n"
    )
    kinds = (
        ("Content-Type: text/plain; charset=utf-8\n\n", text),
        ("Content-Type: multipart/alternative; boundary=b\n\n", both),
        ("Content-Type: text/html; charset=utf-8\n\n", f"<p>{SAID}</p><blockquote type=cite>{page}</blockquote>"),
    )
    return [(head.format(n=n) + "".join(kinds[n % len(kinds)])).encode() for n in range(number)]


def spent(who: int = resource.RUSAGE_SELF) -> float:
    """Return the CPU seconds that were spent."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main(number: int) -> int:
    """Print mails a CPU second both ways; 1 if either is below the limit."""
    mails = answers(number)
    known = KnownText.of(LETTER)
    begun = spent()
    for raw in mails:
        message = parse_message(raw)
        classify_message(message)
        extract(message.text, message.html, known)
    here = number / (spent() - begun)
    begun, below, wall = spent(), spent(resource.RUSAGE_CHILDREN), time.perf_counter()
    with Sandbox() as sandbox:
        for raw in mails:
            sandbox.extract(sandbox.parse(raw), SentText(issue=(LETTER, "")))
    cpu = spent() - begun + spent(resource.RUSAGE_CHILDREN) - below
    apart, wall = number / cpu, time.perf_counter() - wall
    print(f"in this process      {here:8,.0f} mails a CPU second")
    print(f"in a child, together {apart:8,.0f} mails a CPU second, {number / wall:,.0f} a second")
    return int(min(here, apart) < LIMIT)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_500))
