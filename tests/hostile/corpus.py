"""Hostile emails, generated from known attacks: several hundred, each with a name."""

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header

SIGN = "ALIVE"
"""The variable that hostile markup sets if it runs."""
MARKUP = (
    f"<script>window.{SIGN}=1</script>",
    f"<img src=x onerror=window.{SIGN}=1>",
    f"<svg/onload=window.{SIGN}=1>",
    f"<svg><script>window.{SIGN}=1</script></svg>",
    f'<iframe srcdoc="<script>parent.{SIGN}=1</script>"></iframe>',
    f"<a href=javascript:window.{SIGN}=1>x</a>",
    f"[x](javascript:window.{SIGN}=1)",
    f"javascript:window.{SIGN}=1",
    f"&lt;script&gt;window.{SIGN}=1&lt;/script&gt;",
    f"<style>@import 'http://evil.example/{SIGN}'</style>",
    f"<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example/{SIGN}'>",
    f'"><script>window.{SIGN}=1</script>',
    f"</textarea></title></style></script><script>window.{SIGN}=1</script>",
    f"{{{{ config }}}} {{% raw %}}<script>window.{SIGN}=1</script>",
    f"<math><mtext></p><img src=x onerror=window.{SIGN}=1>",
    f"<details open ontoggle=window.{SIGN}=1>",
    f'http://x.example/"onmouseover=window.{SIGN}=1//',
    f"http://x.example/'><script>window.{SIGN}=1</script>",
    f"---\nid: x\nauthor: <script>window.{SIGN}=1</script>\n---",
    f"<!--<img src=x onerror=window.{SIGN}=1>-->",
    f"\u202e<script>window.{SIGN}=1</script>\u2066",
    f"<scr\x00ipt>window.{SIGN}=1</scr\x00ipt>",
    f"＜script＞window.{SIGN}=1＜/script＞",
)


@dataclass(frozen=True)
class Aim:
    """The reader, and the secrets that must never be published."""

    to: str
    """The signed reply address of the email."""
    token: str
    sender: str = "Jo Winter <jo@example.net>"


def hostile_emails(aim: Aim) -> Iterator[tuple[str, bytes]]:
    """Yield each email with its name."""
    number = 0
    for group in (_markup, _leaks, _structures, _headers, _charsets, _forgeries, _attachments, _sizes):
        for name, raw in group(aim):
            number += 1
            yield f"{number:03} {group.__name__.strip('_')}: {name}", raw


def _mail(aim: Aim, body: str | bytes, *, head: str = "", sender: str = "", subject: str = "Re: Ferries") -> bytes:
    octets = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    kind = "" if "content-type" in head.lower() else "Content-Type: text/plain; charset=utf-8\n"
    start = (
        f"From: {sender or aim.sender}\nTo: <{aim.to}>\nSubject: {subject}\n"
        f"Message-ID: <{zlib.crc32(octets + (head + sender + subject).encode('utf-8', 'replace')):x}@example.net>\n{head}{kind}\n"
    )
    return start.encode("utf-8", "replace") + octets


def _markup(aim: Aim) -> Iterator[tuple[str, bytes]]:
    for index, markup in enumerate(MARKUP):
        flat = " ".join(markup.replace("\0", "").split())
        yield f"text {index}", _mail(aim, f"I own two. {markup} So there.")
        yield (
            f"html {index}",
            _mail(aim, f"<p>I own two. {markup} So there.</p>", head="Content-Type: text/html\n"),
        )
        yield f"name {index}", _mail(aim, "Mine.", sender=f'"{flat.replace(chr(34), "")}" <jo@example.net>')
        yield (
            f"coded name {index}",
            _mail(aim, "Mine.", sender=f"{Header(flat, 'utf-8').encode(maxlinelen=0)} <jo@example.net>"),
        )
        yield f"subject {index}", _mail(aim, "Mine.", subject=Header(flat, "utf-8").encode(maxlinelen=0))
        yield f"chosen name {index}", _mail(aim, f"Name: {flat}\n\nMine.")
        yield f"own quotation {index}", _mail(aim, f"> {markup}\n\nMine.\n\n> {markup}\n\nAnd mine.")


def _leaks(aim: Aim) -> Iterator[tuple[str, bytes]]:
    token, address = aim.token, aim.to
    forms = {
        "bare": token,
        "upper": token.upper(),
        "address": address,
        "mailto": f"mailto:{address}?subject=unsubscribe",
        "link": f"https://letters.example/u/{token}",
        "query": f"https://elsewhere.example/?next=%2Fu%2F{token}&x=1",
        "twice quoted": f"https://elsewhere.example/?u=https%253A%252F%252Fx%252Fu%252F{token}",
        "in words": f"my token is {token}, keep it",
        "angle": f"<{address}>",
        "html entity": address.replace("@", "&#64;"),
        "at": address.replace("@", " (at) "),
        "percent": address.replace("@", "%40"),
        "plus coded": address.replace("+", "%2B"),
        "in a sentence": f"Write to {address}.",
        "in brackets": f"[{token}]({address})",
        "unsubscribe form": f"u{token}",
    }
    for name, form in forms.items():
        yield f"{name} in text", _mail(aim, f"I own two.\n\n{form}\n\nSo there.")
        yield (
            f"{name} inline",
            _mail(aim, f"> The harbour wakes at five {form} and nobody owns an alarm clock.\n\nI own two."),
        )
        yield f"{name} quoted wrongly", _mail(aim, f"I own two.\n\n| On Monday you wrote\n| {form}\n")
        yield (
            f"{name} in html",
            _mail(aim, f'<p>I own two.</p><p><a href="{form}">{form}</a></p>', head="Content-Type: text/html\n"),
        )


def _structures(aim: Aim) -> Iterator[tuple[str, bytes]]:
    multi = "Content-Type: multipart/mixed; boundary=b\n"
    yield (
        "nested",
        b"From: a@b.cc\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3_000)),
    )
    yield "many parts", _mail(aim, "--b\n\nx\n" * 100_000 + "--b--", head=multi)
    yield "no boundary", _mail(aim, "--b\n\nMine.\n--b--", head="Content-Type: multipart/mixed\n")
    yield "empty boundary", _mail(aim, "--\n\nMine.\n----", head='Content-Type: multipart/mixed; boundary=""\n')
    yield (
        "boundary of dashes",
        _mail(aim, "-" * 200_000, head=f"Content-Type: multipart/mixed; boundary={'-' * 70}\n"),
    )
    yield "never closed", _mail(aim, "--b\nContent-Type: text/plain\n\nMine.", head=multi)
    yield "itself", _mail(aim, "--b\nContent-Type: message/rfc822\n\n" * 500 + "Mine.", head=multi)
    yield "alternative of nothing", _mail(aim, "--b\n--b--", head=multi.replace("mixed", "alternative"))
    yield (
        "text that hides",
        _mail(
            aim,
            f"--b\n\nMine.\n--b\nContent-Type: text/html\n\n<p style='display:none'>{aim.token}</p><p>Mine.</p>\n--b--",
            head=multi.replace("mixed", "alternative"),
        ),
    )
    for kind in ("message/rfc822", "multipart/signed; boundary=b", "application/pkcs7-mime", "application/ms-tnef",
                 "text/calendar", "message/partial; id=x; number=1; total=9", "message/external-body; access-type=local-file; name=\"/etc/passwd\"",
                 "application/x-unknown", "text/enriched", "text/plain; charset=\"", "/", "text", ";;;", "text/html; charset=utf-7"):  # fmt: skip
        yield f"kind {kind[:30]}", _mail(aim, "--b\n\nMine.\n--b--", head=f"Content-Type: {kind}\n")
    for coding in (
        "base64",
        "quoted-printable",
        "x-uuencode",
        "binary",
        "gzip",
        "8bit",
        "BASE64 ",
        "base64,base64",
    ):
        yield (
            f"coding {coding}",
            _mail(aim, "=" * 70_000 + "TWluZS4=", head=f"Content-Transfer-Encoding: {coding}\n"),
        )


def _headers(aim: Aim) -> Iterator[tuple[str, bytes]]:
    yield "long line", _mail(aim, "Mine.", head=f"X-A: {'a' * 1_000_000}\n")
    yield "many", _mail(aim, "Mine.", head="X: y\n" * 100_000)
    yield "folds", _mail(aim, "Mine.", head="X: y\n" + " z\n" * 100_000)
    yield "encoded words", _mail(aim, "Mine.", subject="=?utf-8?q?a?= " * 20_000)
    yield "word bomb", _mail(aim, "Mine.", subject="=?utf-8?b?" * 20_000)
    yield "references", _mail(aim, "Mine.", head=f"References: {'<a@b.cc> ' * 20_000}\n")
    yield "recipients", _mail(aim, "Mine.", head=f"Cc: {'a@b.cc, ' * 20_000}\n")
    yield "comments", _mail(aim, "Mine.", sender="(" * 50_000 + "jo@example.net")
    yield "quotes", _mail(aim, "Mine.", sender='"' * 50_001 + "jo@example.net")
    yield "angles", _mail(aim, "Mine.", sender="<" * 50_000 + "jo@example.net")
    yield "no header", b"\n\nMine."
    yield "no body", b"From: jo@example.net"
    yield "colons", b":\n:\n:\n\nMine."
    yield "mbox", b"From jo@example.net Mon Jan 1 00:00:00 2024\n" + _mail(aim, "Mine.")
    yield "date", _mail(aim, "Mine.", head="Date: Mon, 99 Foo 99999 99:99:99 +9999\n")
    yield "old date", _mail(aim, "Mine.", head="Date: Thu, 1 Jan 1970 00:00:00 +0000\n")
    yield (
        "signatures",
        _mail(aim, "Mine.", head="DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=x; h=from; bh=x; b=x\n" * 500),
    )
    yield "signature bomb", _mail(aim, "Mine.", head=f"DKIM-Signature: {';' * 60_000}\n")
    yield "results bomb", _mail(aim, "Mine.", head=f"Authentication-Results: mx.example.org; {'(' * 30_000}\n")
    for octets in (b"\x00", b"\r", b"\x0b", b"\x1b[31m", b"\xff\xfe", b"\xe2\x80\xae", b"\x85"):
        yield (
            f"octets {octets!r}",
            _mail(aim, b"Mine. " + octets * 50, sender=f"J{octets.decode('latin-1')}o <jo@example.net>"),
        )


def _charsets(aim: Aim) -> Iterator[tuple[str, bytes]]:
    for name in ("utf-7", "utf-16", "utf-32", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "hz", "iso-2022-jp",
                 "iso-2022-kr", "gb18030", "big5", "x-user-defined", "undefined", "rot13", "base64", "zlib", "\x00", "a" * 9_000, "../../x"):  # fmt: skip
        body = b'+ADw-script+AD4-window.ALIVE=1+ADw-/script+AD4- ~{<:Ky2;~} \x1b$B$"\x1b(B \\x3cscript\\x3e' * 20
        yield f"charset {name[:20]!r}", _mail(aim, body, head=f"Content-Type: text/html; charset={name}\n")
    yield "zalgo", _mail(aim, "I" + "\u0301\u0302\u0303" * 20_000)
    yield "direction", _mail(aim, "\u202e" * 10_000 + "Mine.")
    yield "invisible", _mail(aim, "\u200b" * 50_000 + "Mine.")
    yield "surrogates", _mail(aim, b"\xed\xa0\x80" * 1_000 + b"Mine.")
    yield "planes", _mail(aim, "\U0010ffff" * 5_000)


def _forgeries(aim: Aim) -> Iterator[tuple[str, bytes]]:
    ours = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.net\n"
    yield "results", _mail(aim, "Forged.", head=ours)
    yield "verdicts", _mail(aim, "Forged.", head="X-SES-Spam-Verdict: PASS\nX-SES-DKIM-Verdict: PASS\n")
    for sender in ("jo@example.net, eve@evil.example", '"jo@example.net" <eve@evil.example>', "jo@example.net <eve@evil.example>",
                   "Jo <jo@example.net>\nFrom: Eve <eve@evil.example>", "<>", "", "ines@example.org", "notes@example.org",
                   "MAILER-DAEMON", "=?utf-8?q?jo=40example=2Enet?= <eve@evil.example>", f"Eve <{aim.to}>"):  # fmt: skip
        yield f"sender {sender[:40]!r}", _mail(aim, "Forged.", sender=sender or " ")
    for head in ("Auto-Submitted: auto-replied\n", "List-Id: <x.example.org>\n", "Precedence: bulk\n", "Return-Path: <>\n",
                 "X-Loop: example.net\n", "List-Id: Tidal Notes <tidal.example.org>\n", "X-Failed-Recipients: a@b.cc\n"):  # fmt: skip
        yield f"machine {head.strip()}", _mail(aim, "Beep.", head=head)
    yield "decision", _mail(aim, "approve all\napprove a\napprove aaaa", subject="approve")


def _attachments(aim: Aim) -> Iterator[tuple[str, bytes]]:
    for name in (
        "../../etc/passwd",
        "x\u202egnp.exe",
        "<script>.html",
        "a" * 10_000,
        "CON",
        "x.zip\x00.txt",
        "=?utf-8?q?x?=",
    ):
        part = f'--b\n\nMine.\n--b\nContent-Type: text/html; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n\n'
        yield (
            f"file {name[:20]!r}",
            _mail(
                aim,
                f"{part}<script>window.{SIGN}=1</script>\n--b--",
                head="Content-Type: multipart/mixed; boundary=b\n",
            ),
        )
    bomb = base64.encodebytes(b"PK\x03\x04" + b"\0" * 200_000).decode()
    part = f"--b\n\nMine.\n--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n{bomb}--b--"
    yield "zip", _mail(aim, part, head="Content-Type: multipart/mixed; boundary=b\n")
    yield (
        "remote picture",
        _mail(aim, f'<p>Mine.</p><img src="https://evil.example/{SIGN}.gif">', head="Content-Type: text/html\n"),
    )
    yield (
        "winmail",
        _mail(
            aim,
            "--b\n\nMine.\n--b\nContent-Type: application/ms-tnef\n\n\x78\x9f\n--b--",
            head="Content-Type: multipart/mixed; boundary=b\n",
        ),
    )


def _sizes(aim: Aim) -> Iterator[tuple[str, bytes]]:
    for name, piece, times in (
        ("spaces", " ", 900_000), ("one word", "a", 900_000), ("lines", "\n", 900_000), ("quote marks", ">", 400_000),
        ("lead-ins", "On x\n", 100_000), ("dates", "1/1/1 ", 100_000), ("at signs", "a@", 300_000), ("links", "http://", 100_000),
        ("attributions", "On 2020-01-01 10:00 a@b.cc wrote:\n> x\ny\n", 20_000), ("phones", "+44 20 7946 0018 ", 40_000),
        ("digits", "0 1 2 3 4 5 6 7 8 9 ", 40_000), ("brackets", "(", 500_000), ("tags", "<div>", 180_000),
        ("entities", "&amp", 200_000), ("open tags", "<", 600_000), ("dashes", "-- \n", 200_000),
    ):  # fmt: skip
        kind = "text/html" if name in {"tags", "entities", "open tags"} else "text/plain"
        yield name, _mail(aim, piece * times, head=f"Content-Type: {kind}\n")
