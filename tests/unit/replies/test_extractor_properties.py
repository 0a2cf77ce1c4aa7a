"""What holds of every extraction, whatever was written."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.replies.extract import KnownText, extract
from newsletter.replies.extract.lines import cleaned

PIECES = st.sampled_from(
    [
        "On Mon, Mar 3, 2025 at 9:12 AM Jo <jo@example.net> wrote:",
        "On Mon, Mar 3, 2025 at 9:12 AM Jo <",
        "jo@example.net> wrote:",
        "> The harbour wakes at five.",
        ">> deeper",
        ">",
        ">:",
        "| barred",
        "JS> initials",
        "",
        "  ",
        "-- ",
        "--",
        "________________________________",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "From: Jo <jo@example.net>",
        "Sent: Monday, March 3, 2025 9:12 AM",
        "To: R",
        "Subject: Ferries",
        "Sent from my iPhone",
        "Best regards,",
        "Jo Winter",
        "CEO, Example Ltd",
        "+44 20 7946 0018",
        "This email is confidential, for the intended recipient only. If in error, delete this email and tell us.",
        "I loved it, and my aunt did too.",
        "See:",
        "The harbour wakes at five and nobody owns an alarm clock.",
        "-- Reply above this line --",
        "[cid:image001.png@01D1]",
        "<p>markup</p>",
        "…" * 30,
    ]
)
KNOWN = KnownText.of("Hello,\n\nThe harbour wakes at five and nobody owns an alarm clock.\n\nBye")
TAGS = st.tuples(
    st.sampled_from(["<", "</"]),
    st.sampled_from(["div", "blockquote", "p", "br", "pre", "table", "td", "li", "script", "style", "b"]),
    st.sampled_from(["", " class=gmail_quote", " class=gmail_attr", " class=gmail_signature", " id=divRplyFwdMsg"]),
    st.sampled_from(["", " type=cite", " hidden", " style='display:none'", " style='border-top:solid'"]),
    st.sampled_from([">", ">", ""]),
).map("".join)


@given(st.lists(st.one_of(PIECES, st.text(max_size=40)), max_size=40))
def test_nothing_is_invented(pieces: list[str]) -> None:
    mail = "\n".join(pieces)
    written = {line.strip() for line in cleaned(mail).split("\n")}
    for known in (None, KNOWN):
        assert {line.strip() for line in extract(mail, known=known).text.split("\n")} <= written | {""}


@given(st.lists(PIECES, max_size=40))
def test_what_is_not_kept_is_told(pieces: list[str]) -> None:
    extraction = extract("\n".join(pieces))
    told = "\n".join([extraction.text, *(cut.text for cut in extraction.cuts)])
    lost = [piece for piece in pieces if len(piece) > 20 and cleaned(piece).strip() not in told]
    assert not [piece for piece in lost if not piece.startswith(("____", "[cid"))]


@given(st.lists(st.one_of(TAGS, PIECES, st.text(max_size=20)), max_size=60))
def test_any_markup_is_read(pieces: list[str]) -> None:
    assert "<script>" not in extract("", "".join(pieces)).text.replace("&lt;", "")
