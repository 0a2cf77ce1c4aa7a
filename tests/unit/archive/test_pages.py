"""Pages show threads that keep their shape and the author's own comments; feed and mbox say the same."""

import mailbox
import re
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from newsletter.archive import build_site
from newsletter.content import Comment, comment_path, read_comments, write_comment
from newsletter.replies import build_mbox
from newsletter.settings import Settings
from tests.unit.archive.conftest import write_comment_file, write_issue

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def comment(name: str, day: int, **more: object) -> Comment:
    values = {"author": f"Reader {name}", "text": f"Words of {name}."} | more
    return Comment(id=name, date=datetime(2026, 3, day, tzinfo=UTC), **values)  # type: ignore[arg-type]


def talk(settings: Settings) -> None:
    """A thread of four: a comment, its author's answer, one that was taken back, and what answered that."""
    for one in (
        comment("aa", 2, is_verified=True),
        comment("bb", 3, in_reply_to="aa", author="Ines", is_by_author=True),
        comment("cc", 4, in_reply_to="bb", is_withdrawn=True, text="Gone words."),
        comment("dd", 5, in_reply_to="cc"),
    ):
        write_comment(settings, "first", one)


def test_a_withdrawn_comment_keeps_its_place_and_none_of_its_text(settings: Settings) -> None:
    talk(settings)
    path = comment_path(settings, "first", "cc")
    assert path is not None
    assert "Reader cc" not in path.read_text()
    assert "Gone words" not in path.read_text()
    assert read_comments(settings, "first").findings == ()
    page = build_site(settings, now=NOW).files["issues/first/index.html"].decode()
    assert "This comment was withdrawn by its writer." in page
    assert re.findall(r'class="depth-(\d)"', page) == ["0", "1", "2", "3"]
    assert "Reader cc" not in page
    assert "Gone words" not in page


def test_text_written_into_a_withdrawn_comment_is_not_shown(settings: Settings) -> None:
    write_comment_file(
        settings.root,
        "first",
        "2026-03-02-aa.md",
        "id: aa\nauthor: Jo\ndate: 2026-03-02\nwithdrawn: true",
        "Back.",
    )
    (stone,) = read_comments(settings, "first").comments
    assert (stone.author, stone.text, stone.is_withdrawn) == ("", "", True)


def test_the_authors_comments_are_marked_and_withdrawn_ones_are_not_counted(settings: Settings) -> None:
    talk(settings)
    files = build_site(settings, now=NOW).files
    page = files["issues/first/index.html"].decode()
    assert page.count('<span class="author">author</span>') == 1
    assert page.count('class="verified"') == 1
    assert "3 comments" in files["index.html"].decode()


def test_a_feed_of_comments_holds_the_newest_and_nothing_private(settings: Settings) -> None:
    write_issue(settings.root, "second", "title: Second\ndate: 2026-03-10\nstatus: ready")
    talk(settings)
    write_comment(settings, "second", comment("ee", 11, text="<script>x</script> & more"))
    files = build_site(settings, now=NOW).files
    feed = etree.fromstring(files["comments.xml"])
    titles = feed.xpath("//a:entry/a:title/text()", namespaces=ATOM)
    assert titles == [
        "Reader ee: Second",
        "Reader dd: First & foremost",
        "Ines: First & foremost",
        "Reader aa: First & foremost",
    ]
    links = feed.xpath("//a:entry/a:link/@href", namespaces=ATOM)
    assert links[0] == "https://times.example/archive/issues/second/#comment-ee"
    assert "&lt;script&gt;" in feed.xpath("//a:entry/a:content/text()", namespaces=ATOM)[0]
    assert b"@" not in files["comments.xml"]
    assert b'href="comments.xml"' in files["index.html"]
    assert build_site(settings, now=NOW).files == files


def test_without_comments_there_is_no_feed_of_them(settings: Settings) -> None:
    files = build_site(settings, now=NOW).files
    assert "comments.xml" not in files
    assert b"comments.xml" not in files["index.html"]


def test_an_mbox_is_threaded_and_names_nobodys_address(settings: Settings, tmp_path: Path) -> None:
    talk(settings)
    write_comment(
        settings, "first", comment("ff", 6, author='Jo "\r\nBcc: eve@x" <jo@x>', text="From here\n>From there\nž")
    )
    found = [("first", "First", one) for one in read_comments(settings, "first").comments]
    file = tmp_path / "all.mbox"
    file.write_bytes(build_mbox(found))
    box = mailbox.mbox(file, create=False)
    assert len(box) == 4
    by_id = {str(mail["Message-ID"]): mail for mail in box}
    assert by_id["<bb@comments.invalid>"]["In-Reply-To"] == "<aa@comments.invalid>"
    assert by_id["<dd@comments.invalid>"]["In-Reply-To"] == "<cc@comments.invalid>"
    assert all(mail["Bcc"] is None for mail in box)
    assert b"jo@x" not in file.read_bytes()
    last = by_id["<ff@comments.invalid>"]
    assert last.get_payload(decode=True) is not None
    box.close()
