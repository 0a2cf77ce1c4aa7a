"""Comment notifications with the real commands, killed in between: email, comment, answer, notification, reply."""

import mailbox
import re
import shutil
import sys
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.acceptance.publication_folder import PublicationFolder

JO = "jo.brandt@reader.example"
ADA = "ada.finch@reader.example"
KILLED = (sys.executable, "-m", "tests.acceptance.kill_points")
KILL_POINTS = (
    ("approve", "approval.py:approve:call"),
    ("approve", "comments.py:write_comment:return"),
    ("approve", "queries.py:record_decision:call"),
    ("approve", "queue.py:plan_notice:return"),
    ("approve", "queries.py:record_decision:return"),
    ("approve", "approval.py:approve:return"),
    ("fetch", "send.py:_claim:return"),
    ("fetch", "send.py:_submit:call"),
    ("fetch", "outbox.py:submit:return"),
    ("fetch", "send.py:_record:return"),
)


def written(sender: str, to: str, positions: str, above: EmailMessage | None = None) -> bytes:
    """Write an email that quotes the message it replies to, as mail programs do."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: a letter"
    mail["Message-ID"] = f"<{abs(hash((sender, positions)))}@reader.example>"
    quoted = ""
    if above is not None:
        mail["In-Reply-To"] = mail["References"] = above["Message-ID"]
        body = above.get_body(("plain",))
        assert body is not None
        lines = "\n".join(f"> {line}" for line in body.get_content().splitlines())
        quoted = f"\nOn Mon, 2 Nov 2026 at 08:00, {above['From']} wrote:\n\n{lines}\n"
    mail.set_content(f"{positions}\n{quoted}")
    return mail.as_bytes()


def fetch_held_reply(publication: PublicationFolder, box: Path) -> dict[str, str]:
    """Fetch, and return the only held reply."""
    publication.run_ok("replies", "fetch", "--maildir", str(box))
    (held,) = [
        reply for reply in publication.run_ok("replies", "list", "--json").json_lines if reply["state"] == "held"
    ]
    return dict(held)


def page(publication: PublicationFolder, slug: str, site: Path) -> str:
    publication.run_ok("archive", "build", "--out", str(site))
    return (site / "issues" / slug / "index.html").read_text()


def notices_of_an_answer(publication: PublicationFolder) -> list[EmailMessage]:
    return [
        mail
        for mail in publication.messages()
        if mail["Auto-Submitted"] and "has replied to your comment" in mail.get_content()
    ]


def delivered(box: Path, raw: bytes) -> None:
    """Deliver an email to a Maildir."""
    mailbox.Maildir(box, create=True).add(raw)


@pytest.fixture(scope="module")
def ses_publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with a comment by Jo, who wants notifications, and Ada's held reply to it."""
    folder = tmp_path_factory.mktemp("ses_publication")
    publication, box = PublicationFolder(folder / "publication"), folder / "answers"
    publication.folder.mkdir()
    publication.run_ok("init", ".")
    publication.write("people.csv", f"email,first_name,last_name\n{JO},Jo,Brandt\n")
    publication.run_ok("subscribers", "import", "people.csv", "--list", "sample")
    publication.change_settings("[replies]", '[replies]\ntell_answered = "always"')
    publication.run_ok("send")
    issue_email = publication.message_to(JO)
    delivered(box, written(f"Jo Brandt <{JO}>", issue_email["Reply-To"], "Ours rang twice.", issue_email))
    first = fetch_held_reply(publication, box)
    publication.run_ok("replies", "approve", first["id"])
    html = page(publication, first["issue"], folder / "site")
    link = re.search(rf'id="comment-{first["id"]}".*?mailto:([^"?]+)', html, re.DOTALL)
    assert link is not None
    delivered(box, written(f"Ada Finch <{ADA}>", unquote(link[1]), "Ours never rang at all."))
    fetch_held_reply(publication, box)
    return folder


@pytest.fixture
def answered(ses_publication: Path, tmp_path: Path) -> tuple[PublicationFolder, Path, dict[str, str]]:
    """A copy of that publication, its Maildir and the held reply."""
    copy = tmp_path / "copy"
    shutil.copytree(ses_publication, copy)
    publication = PublicationFolder(copy / "publication")
    (held,) = publication.run_ok("replies", "list", "--state", "held", "--json").json_lines
    return publication, copy / "answers", held


@pytest.mark.slow
def test_a_reader_is_notified_of_an_answer_and_can_reply_to_it(
    answered: tuple[PublicationFolder, Path, dict[str, str]], tmp_path: Path
) -> None:
    publication, box, second = answered
    assert "never rang" not in page(publication, second["issue"], tmp_path / "site")
    publication.run_ok("replies", "approve", second["id"])
    publication.run_ok("replies", "fetch", "--maildir", str(box))
    (notice,) = notices_of_an_answer(publication)
    assert JO in notice["To"]
    assert ADA not in notice.as_string()
    assert notice["In-Reply-To"] in notice["References"]
    delivered(box, written(f"Jo Brandt <{JO}>", notice["Reply-To"], "Then how did you wake?", notice))
    third = fetch_held_reply(publication, box)
    publication.run_ok("replies", "approve", third["id"])
    html = page(publication, second["issue"], tmp_path / "site")
    positions = [
        html.index(phrase) for phrase in ("Ours rang twice.", "Ours never rang at all.", "Then how did you wake?")
    ]
    assert positions == sorted(positions)
    assert re.findall(r'class="(depth-\d)"', html)[-3:] == ["depth-0", "depth-1", "depth-2"]
    for private in (JO, ADA, str(notice["Reply-To"]).partition("@")[0], "empty email"):
        assert private not in html
    publication.run_ok("replies", "fetch", "--maildir", str(box))
    assert len(notices_of_an_answer(publication)) == 1  # Ada's address is nowhere proven, so she is not written to


@pytest.mark.slow
@pytest.mark.parametrize(("command", "step"), KILL_POINTS)
def test_a_kill_at_any_step_notifies_a_commenter_once(
    answered: tuple[PublicationFolder, Path, dict[str, str]], command: str, step: str
) -> None:
    publication, box, second = answered
    commands = {
        "approve": ("replies", "approve", second["id"]),
        "fetch": ("replies", "fetch", "--maildir", str(box)),
    }
    if command == "fetch":
        publication.run_ok(*commands["approve"])
    killed = publication.start(*commands[command], program=(*KILLED, step, "1"))
    _, positions = killed.communicate(timeout=120)
    assert killed.returncode == -9, positions
    assert len(notices_of_an_answer(publication)) <= 1
    for again in ("approve", "fetch", "fetch"):
        publication.run_ok(*commands[again])
    (notice,) = notices_of_an_answer(publication)
    assert JO in notice["To"]
    comments = publication.folder / "issues" / second["issue"] / "comments"
    assert len(list(comments.glob(f"*{second['id']}*.md"))) == 1
