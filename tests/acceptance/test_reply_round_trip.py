"""The whole round trip with the real commands: a file becomes an email, a reply becomes a comment."""

import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from tests.acceptance.publication_folder import PublicationFolder

READER = "thaddeus@example.org"
ANSWER = "Dear Ines,\n\nmy grandfather kept a light for thirty years & never once spoke of it.\n\nThank you for this."


def answer_as_gmail(issue_email: EmailMessage, answer: str) -> bytes:
    """Reply as Gmail's web client does: text on top, the whole message quoted, a signature below."""
    body = issue_email.get_body(("plain",))
    page = issue_email.get_body(("html",))
    assert body is not None
    assert page is not None
    attribution = f"On Mon, 2 Nov 2026 at 08:00, {issue_email['From']} wrote:"
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    reply = EmailMessage()
    reply["From"] = f"Thaddeus Brontë <{READER}>"
    reply["To"] = issue_email["Reply-To"]
    reply["Subject"] = f"Re: {issue_email['Subject']}"
    reply["Date"] = "Mon, 02 Nov 2026 09:30:00 +0000"
    reply["Message-ID"] = "<CAF-one-answer@mail.gmail.com>"
    reply["In-Reply-To"] = reply["References"] = issue_email["Message-ID"]
    reply.set_content(f"{answer}\n\n-- \nThaddeus Brontë\n+44 20 7946 0958\n\n{attribution}\n\n{quoted}\n")
    paragraphs = "<br>".join(line.replace("&", "&amp;") for line in answer.splitlines())
    reply.add_alternative(
        f'<div dir="ltr">{paragraphs}<br clear="all"><span class="gmail_signature_prefix">-- </span><br>'
        '<div dir="ltr" class="gmail_signature">Thaddeus Brontë<br>+44 20 7946 0958</div></div><br>'
        '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"{attribution.replace('<', '&lt;').replace('>', '&gt;')}<br></div>"
        f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{page.get_content()}</blockquote></div>',
        subtype="html",
    )
    return reply.as_bytes()


def test_a_reply_becomes_a_comment(
    publication: PublicationFolder, maildir: Callable[[bytes], Path], tmp_path: Path
) -> None:
    publication.write("people.csv", f"email,first_name,last_name\n{READER},Thaddeus,Brontë\n")
    publication.run_ok("subscribers", "import", "people.csv", "--list", "sample")
    sent = publication.run_ok("send", "--json").json
    assert sent["candidates"] == sent["submitted"] == 26
    issue_email = publication.message_to(READER)

    box = maildir(answer_as_gmail(issue_email, ANSWER))
    publication.run_ok("replies", "fetch", "--maildir", str(box))
    (held,) = publication.run_ok("replies", "list", "--json").json_lines
    assert held["issue"] == sent["issue"]
    assert held["state"] == "held"

    site = tmp_path / "site"
    publication.run_ok("archive", "build", "--out", str(site))
    before = (site / "issues" / sent["issue"] / "index.html").read_text()
    assert "never once spoke of it" not in before

    publication.run_ok("replies", "approve", held["id"])
    (comment,) = (publication.folder / "issues" / sent["issue"] / "comments").glob(f"*{held['id']}*.md")
    comment_text = comment.read_text()
    token = re.search(r"r\+([a-z2-7]{29})@", str(issue_email["Reply-To"]))
    assert token is not None
    for private in (token[1], READER, "7946", "wrote:", ">"):
        assert private not in comment_text
    publication.run_ok("archive", "build", "--out", str(site))
    page = (site / "issues" / sent["issue"] / "index.html").read_text()
    assert "my grandfather kept a light for thirty years &amp; never once spoke of it." in page
    for private in (token[1], READER, "7946", "wrote:"):
        assert private not in page


def test_the_same_email_fetched_twice_is_one_reply(
    publication: PublicationFolder, maildir: Callable[[bytes], Path]
) -> None:
    publication.run_ok("send")
    issue_email = publication.messages()[0]
    box = maildir(answer_as_gmail(issue_email, ANSWER))
    maildir(answer_as_gmail(issue_email, ANSWER))
    publication.run_ok("replies", "fetch", "--maildir", str(box))
    publication.run_ok("replies", "fetch", "--maildir", str(box))
    assert len(publication.run_ok("replies", "list", "--json").json_lines) == 1


def test_sending_twice_mails_everybody_once(publication: PublicationFolder) -> None:
    first = publication.run_ok("send", "--json").json
    second = publication.run_ok("send", "--json").json
    assert first["submitted"] == second["submitted"] == 25
    assert len(publication.messages()) == 25


def test_a_later_subscriber_gets_the_same_edition(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    publication.run_ok("subscribers", "add", "late@example.net", "--list", "sample")
    publication.run_ok("send")
    assert len(publication.messages()) == 26
    early, late = publication.messages()[0], publication.message_to("late@example.net")
    assert early["Subject"] == late["Subject"]


def test_a_changed_text_is_sent_only_with_again(publication: PublicationFolder) -> None:
    slug = publication.run_ok("send", "--json").json["issue"]
    file = publication.folder / "issues" / slug / "index.md"
    file.write_text(file.read_text() + "\n\nA line that came too late.\n")
    again = publication.run_ok("send")
    assert "changed" in again.err
    assert len(publication.messages()) == 25
    publication.run_ok("send", "--again")
    assert len(publication.messages()) == 50


def test_a_reader_who_unsubscribed_is_not_mailed_again(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    gone = str(publication.messages()[0]["To"].addresses[0].addr_spec)
    publication.run_ok("subscribers", "remove", gone, "--list", "sample")
    publication.run_ok("subscribers", "import", "subscribers/sample.csv", "--list", "sample")
    sent = publication.run_ok("send", "--again", "--json").json
    assert sent["submitted"] == 24
    assert sent["excluded"] == {"unsubscribed": 1}


def test_every_email_has_the_headers_that_mailbox_providers_require(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    for message in publication.messages():
        assert re.fullmatch(r"<https://\S+>, <mailto:\S+>", str(message["List-Unsubscribe"]))
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.search(r"<[\w.-]+>$", str(message["List-Id"]))
        assert len(message["To"].addresses) == 1
        assert str(message["Reply-To"]) == str(message["Reply-To"]).lower()
        page = message.get_body(("html",))
        text = message.get_body(("plain",))
        assert page is not None
        assert text is not None
        for part in (page.get_content(), text.get_content()):
            assert "Harbour Row" in part
            assert str(message["List-Unsubscribe"]).split(">")[0].lstrip("<") in part
            assert "{{" not in part
