"""Comment files survive hostile text, and each comment has one file."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.content import Comment, read_comments, write_comment

WRITTEN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def issue(publication):
    path = publication.issues / "one" / "index.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("words")
    return publication


def comment(**changes) -> Comment:
    return Comment(**{"id": "abcd2345", "author": "Eve", "date": WRITTEN, "text": "Hello.", **changes})


def test_a_comment_comes_back_as_it_was(issue):
    written = comment(in_reply_to="zzzz2222", is_verified=True, text="One.\n\nTwo.")
    path = write_comment(issue, "one", written)
    assert path == issue.issues / "one" / "comments" / "2026-11-20-abcd2345.md"
    assert read_comments(issue, "one").comments == (written,)


def test_the_same_comment_again_is_one_file(issue):
    write_comment(issue, "one", comment())
    write_comment(issue, "one", comment(text="Changed.", date=WRITTEN.replace(day=21)))
    [read] = read_comments(issue, "one").comments
    assert read.text == "Changed."
    assert len(list((issue.issues / "one" / "comments").iterdir())) == 1


def test_comments_of_a_single_file_issue_are_in_a_folder_of_its_name(publication):
    (publication.issues / "lone.md").write_text("words")
    assert write_comment(publication, "lone", comment()).parent == publication.issues / "lone" / "comments"
    assert len(read_comments(publication, "lone").comments) == 1


@pytest.mark.parametrize("name", ["../../x", "a/b", "", ".hidden", "a" * 65, "a\nb"])
def test_an_id_is_no_path(issue, name):
    with pytest.raises(ValueError):
        write_comment(issue, "one", comment(id=name))


def test_a_broken_comment_hides_no_other(issue):
    write_comment(issue, "one", comment())
    folder = issue.issues / "one" / "comments"
    (folder / "2026-11-19-open.md").write_text("---\nid: open\n")
    (folder / "2026-11-19-empty.md").write_text("---\nid: empty\n---\n")
    read = read_comments(issue, "one")
    assert [found.id for found in read.comments] == ["abcd2345"]
    assert [finding.file.rsplit("/")[-1] for finding in read.findings] == [
        "2026-11-19-empty.md",
        "2026-11-19-open.md",
    ]


def test_comments_are_oldest_first(issue):
    for day, name in ((3, "cccc"), (1, "aaaa"), (2, "bbbb")):
        write_comment(issue, "one", comment(id=name, date=WRITTEN.replace(day=day)))
    assert [read.id for read in read_comments(issue, "one").comments] == ["aaaa", "bbbb", "cccc"]


TEXT = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"], blacklist_characters="\ufffe\uffff"), max_size=80
)


@given(author=TEXT, lines=st.lists(TEXT, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_comment_is_read_back_as_written(issue, author, lines):
    text = "\n".join(["words", *lines]).strip()
    write_comment(issue, "one", comment(author=author, text=text))
    [read] = read_comments(issue, "one").comments
    assert read.text == text
    assert read.author == (" ".join(author.split()) or "Anonymous")


@pytest.mark.parametrize(
    "author", ["---", "a: b", "'\"", "!!python/object:x", "@x", "null", "true", "12", "# x", "- x", "{{ x }}"]
)
def test_a_name_that_looks_like_yaml_is_a_name(issue, author):
    write_comment(issue, "one", comment(author=author, text="---\ntitle: x\n---\nwords"))
    [read] = read_comments(issue, "one").comments
    assert read.author == author
    assert read.text == "---\ntitle: x\n---\nwords"


@pytest.mark.parametrize("yes", ["yes", "true", "on", "Yes"])
def test_any_yaml_true_withdraws_a_comment(issue, yes):
    path = write_comment(issue, "one", comment())
    path.write_text(f"---\nid: abcd2345\nauthor: Eve\nverified: {yes}\nwithdrawn: {yes}\n---\nHello.\n")
    (found,) = read_comments(issue, "one").comments
    assert (found.is_withdrawn, found.text, found.author, found.is_verified) == (True, "", "", False)
    path.write_text(f"---\nid: abcd2345\nauthor: Eve\nverified: {yes}\n---\nHello.\n")
    (found,) = read_comments(issue, "one").comments
    assert (found.is_withdrawn, found.is_verified) == (False, True)
