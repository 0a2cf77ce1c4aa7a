"""Fuzzing: emails mutated from ordinary and hostile ones at random, for FUZZ_SECONDS seconds.

An email that takes too long, crashes the parser or needs too much memory is written to FUZZ_KEEP, named by the
seed that made it.
"""

import hashlib
import os
import random
import resource
import time
from pathlib import Path

from newsletter.replies.authentication import authenticate_sender, dkim_key_names, verify_signatures
from newsletter.replies.classify.classifier import classify_message
from newsletter.replies.extract import KnownText, extract
from newsletter.replies.parsing.message import parse_message
from newsletter.replies.redact.public_text import without_private_quotations
from newsletter.replies.redact.redaction import redact_text
from newsletter.settings import Settings
from tests.hostile.corpus import Aim, hostile_emails
from tests.integration.replies.conftest import NOW

SECONDS = float(os.environ.get("FUZZ_SECONDS") or 5)
SEED = int(os.environ.get("FUZZ_SEED") or 20261124)
KEEP = Path(os.environ.get("FUZZ_KEEP") or "fuzz-findings")
LIMIT = 1.5
"""CPU seconds for one email of up to a megabyte, on a busy machine."""
LARGEST = 1_000_000
TOKEN = "a2b3c4d5e6f7g2h3i4j5k6l7m2n3o"  # noqa: S105 - none of ours
KNOWN = KnownText.of("The harbour wakes at five and nobody owns an alarm clock.")
PIECES = (
    *(b"\n", b"\r\n", b"\n\n", b"> ", b"--b\n", b"--b--", b"-- \n", b"On Mon, Jan 1, 2024 at 10:00 A <a@b.cc> wrote:\n"),
    *(b"From: a <a@b.cc>\nSent: 1\nTo: x\n", b"-----Original Message-----\n", b"<blockquote type=cite>", b"</div>", b"<!--"),
    *(b"=?utf-8?q?", b"?=", b"=\n", b"&#x41;", b"\x00", b"\xff", b"\xe2\x80\xae", b"Content-Type: text/html\n"),
    *(b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Transfer-Encoding: base64\n", b"charset=utf-7", b"(((", b'"'),
    *(b"Sent from my iPhone\n", b"\xe5\x86\x99\xe9\x81\x93\xef\xbc\x9a", b"1/1/1 ", b"a@", b"http://", b"+44 ", b"wrote:\n"),
)  # fmt: skip
ORDINARY = (
    b"From: Jo <jo@example.net>\nTo: r@example.org\nSubject: Re: x\nContent-Type: text/plain; format=flowed\n\nI own \ntwo.\n\nOn Mon, Mar 3, 2025 at 9:12 AM Tidal Notes <notes@example.org> wrote:\n\n> The harbour wakes at five\n",
    b"From: Jo <jo@example.net>\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nMine.\n--b\nContent-Type: text/html\n\n<div>Mine.</div><div class=gmail_quote><div class=gmail_attr>On 1 A wrote:</div><blockquote>x</blockquote></div>\n--b--",
)


def grown(dice: random.Random, seeds: list[bytes]) -> bytes:
    """Return an email made by mutating others."""
    raw = bytearray(dice.choice(seeds)[: dice.choice((2_000, 20_000, 200_000))])
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(raw) + 1)
        kind = dice.randrange(6)
        if kind == 0:
            raw[at:at] = dice.choice(PIECES) * dice.choice((1, 1, 2, 50, 5_000))
        elif kind == 1:
            del raw[at : at + dice.choice((1, 10, 1_000))]
        elif kind == 2 and raw:
            raw[min(at, len(raw) - 1)] = dice.randrange(256)
        elif kind == 3:
            raw[at:at] = raw[dice.randrange(len(raw) + 1) :][: dice.choice((10, 500, 5_000))] * dice.choice((1, 3, 100))
        elif kind == 4:
            other = dice.choice(seeds)
            begin = dice.randrange(len(other) + 1)
            raw[at:at] = other[begin : begin + dice.choice((20, 2_000))]
        else:
            raw[at:at] = bytes(dice.randrange(256) for _ in range(dice.choice((1, 4, 64))))
        del raw[LARGEST:]
    return bytes(raw)


def read_through(raw: bytes, settings: Settings) -> None:
    """Parse and classify an email as fetching does."""
    mail = parse_message(raw)
    classify_message(mail)
    results = extract(mail.text, mail.html, KNOWN)
    text, _ = without_private_quotations(results.text, KNOWN)
    public = redact_text(text[:40_000], settings, ("GB", "DE"))
    assert TOKEN not in public.lower()
    signatures = verify_signatures(raw, mail.headers, dict.fromkeys(dkim_key_names(mail.headers), b"v=DKIM1; p=x"), NOW)
    judged = authenticate_sender(mail.headers, signatures, verdicts={}, authserv_id="mx.example.org")
    assert judged.reason


def test_no_random_email_crashes_the_parser() -> None:
    settings = Settings.model_validate({"publication": {"title": "T"}, "root": Path("/")})
    seeds = [
        *ORDINARY,
        *(raw[:300_000] for _, raw in hostile_emails(Aim(to=f"r+{TOKEN}@reply.example.org", token=TOKEN))),
    ]
    end = time.monotonic() + SECONDS
    number, slowest = SEED, 0.0
    while time.monotonic() < end:
        number += 1
        raw = grown(random.Random(number), seeds)
        begun = time.thread_time()
        try:
            read_through(raw, settings)
        except BaseException:
            _keep(raw, number, "broke the reader")
            raise
        taken = time.thread_time() - begun
        slowest = max(slowest, taken)
        if taken > LIMIT:
            _keep(raw, number, f"took {taken:.2f} s")
            raise AssertionError(f"seed {number} took {taken:.2f} s of CPU")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{number - SEED:,} mails, the slowest {slowest:.2f} s, {peak} MB at most")  # noqa: T201
    assert number > SEED


def _keep(raw: bytes, seed: int, what: str) -> None:
    KEEP.mkdir(exist_ok=True)
    name = hashlib.sha256(raw).hexdigest()[:12]
    (KEEP / f"{name}.eml").write_bytes(raw)
    print(f"seed {seed} {what}: {KEEP / name}.eml")  # noqa: T201
