"""An issue's file is read with sensible defaults; every fault names file, line and remedy."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from newsletter.content import Status, newest_ready, read_issue, read_issues
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Level


def write(publication, text, name="one.md"):
    path = publication.issues / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def read(publication, text, name="one.md"):
    write(publication, text, name)
    return read_issue(publication, name.removesuffix(".md").removesuffix("/index"))


def test_every_field_is_read(publication):
    issue = read(
        publication,
        "---\ntitle: T\nsubject: S\npreheader: P\ndate: 2026-11-20\nauthors: [Ada, 'Bo, Jr']\nlist: sample\n"
        "segment: g\ntemplate: digest\nstatus: ready\nlanguage: de\ntags: [a, b]\n"
        "send_at: 2026-11-20T09:00:00+01:00\n"
        "send_before: 2026-11-21\nhero: a.png\nhero_alt: A\ncanonical: https://e.example\nreply_to: me@e.example\n"
        "comments: closed\nmine: kept\n---\nBody.\n",
    )
    assert (issue.title, issue.subject, issue.preheader) == ("T", "S", "P")
    assert issue.date == datetime(2026, 11, 20, tzinfo=UTC)
    assert issue.send_at == datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=1)))
    assert issue.authors == ("Ada", "Bo, Jr")
    assert (issue.status, issue.language, issue.tags) == (Status.READY, "de", ("a", "b"))
    assert (issue.hero, issue.hero_alt, issue.reply_to) == ("a.png", "A", "me@e.example")
    assert not issue.comments_open
    assert issue.extra == {"mine": "kept"}
    assert (issue.body, issue.body_line) == ("Body.\n", 22)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b"\xff\xfeT\x00", 1, "UTF-16"),
        (b"---\ntitle: x\n---\nok\ncaf\xe9\n", 5, "not UTF-8"),
        ("---\ntitle: x\n\nwords\n", 1, "never closed"),
        ("---\n- a\n- b\n---\nwords", 2, "not a mapping"),
        ("---\njust words\n---\nwords", 2, "not a mapping"),
        ("---\ntitle: [a\n---\nwords", 3, "not valid YAML"),
        ("---\ntitle: x\n---\n\n  \n", 4, "no text"),
        ("+++\ntitle = 'x\n+++\nwords", 2, "not valid TOML"),
        ("", 1, "no text"),
    ],
)
def test_only_these_are_refused(publication, text, line, said):
    with pytest.raises(ContentError) as caught:
        read(publication, text)
    [finding] = caught.value.findings
    assert (finding.file, finding.line) == ("issues/one.md", line)
    assert said in finding.message
    assert finding.remedy


def test_several_faults_are_reported_at_once(publication):
    issue = read(
        publication,
        "---\ntitle: T\nstatus: reddy\ndate: 2026-13-45\nlangage: en\nreply_to: nobody\ncomments: 7\n---\nx",
    )
    assert [(finding.line, finding.level) for finding in issue.findings] == [
        (3, Level.WARNING),
        (4, Level.WARNING),
        (6, Level.WARNING),
        (7, Level.WARNING),
        (5, Level.WARNING),
    ]
    assert "Did you mean 'ready'?" in str(issue.findings[0])
    assert "Did you mean 'language'?" in str(issue.findings[-1])
    assert issue.status is Status.DRAFT


@pytest.mark.parametrize(
    ("front", "body", "name", "title"),
    [
        ("", "# A *heading* here\n\nx", "one.md", "A heading here"),
        ("", "A heading\n=========\n\nx", "one.md", "A heading"),
        ("", "words\n\n## Only one\n\nx", "one.md", "Only one"),
        ("", "words\n\n## First\n\n## Second\n", "a-weekly-537.md", "First"),
        ("", "```\n# no heading\n```\n", "2026-05-01-lamps-lit.md", "Lamps lit"),
        ("", "words", "a-letter/index.md", "A letter"),
        ("---\ntitle: 7\n---\n", "x", "one.md", "7"),
        ("---\ntitle: ! 'Issue #199'\n---\n", "x", "one.md", "Issue #199"),
        ("---\ntitle: Lamps: a history\n---\n", "x", "one.md", "Lamps: a history"),
        ("---\ntitle: @home\n---\n", "x", "one.md", "@home"),
        ('+++\ntitle = "From Hugo"\ndate = 2026-05-01\n+++\n', "x", "one.md", "From Hugo"),
        ("---\ntitle: |\n  two\n  lines\n---\n", "x", "one.md", "two lines"),
    ],
)
def test_the_title_is_the_first_heading_or_the_file_name(publication, front, body, name, title):
    assert read(publication, front + body, name).title == title


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01 10:30:00", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("2026-05-01 10:30:00 +0200", datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
        ("'2026-05-01T10:30:00Z'", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("May 1, 2026", datetime(2026, 5, 1, tzinfo=UTC)),
        ("1 May 2026", datetime(2026, 5, 1, tzinfo=UTC)),
        ("01.05.2026", datetime(2026, 5, 1, tzinfo=UTC)),
        ("Fri, 01 May 2026 10:30:00 +0000", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_people_write_them(publication, written, read_as):
    assert read(publication, f"---\ntitle: T\ndate: {written}\n---\nx").date == read_as


def test_the_files_name_may_hold_the_date(publication):
    issue = read(publication, "---\ntitle: T\n---\nx", "2026-05-01-a-letter.md")
    assert issue.date == datetime(2026, 5, 1, tzinfo=UTC)
    assert issue.slug.text == "2026-05-01-a-letter"


def test_keys_of_other_site_generators_are_understood(publication):
    issue = read(
        publication,
        "---\nlayout: post\ntitle: T\nauthor: jsq\ncategories: [a]\ndescription: D\n"
        "draft: false\nsponsor:\n  link: x\n---\nx",
    )
    assert (issue.authors, issue.tags, issue.preheader, issue.status) == (("jsq",), ("a",), "D", Status.READY)
    assert issue.findings == ()
    assert issue.extra["layout"] == "post"


@pytest.mark.parametrize(
    ("text", "title", "tags", "body", "line"),
    [
        ("title: Lampes\ndate: 2026/11/20\ntags:\n- a\n- b\n---\nHi.\n", "Lampes", ("a", "b"), "Hi.\n", 7),
        (
            "Title: Lamps: a story\nNumber: 7\nDate: 2026-11-20\nTags: a, b\n\nHi.\n",
            "Lamps: a story",
            ("a", "b"),
            "Hi.\n",
            6,
        ),
        ("---\nTitle: Lamps\nTags: [a, b]\n---\nHi.\n", "Lamps", ("a", "b"), "Hi.\n", 5),
    ],
    ids=["Hexo's, closed only", "Pelican's, closed by a blank line", "with capitals"],
)
def test_keys_are_read_without_an_opening_line_and_with_capitals(publication, text, title, tags, body, line):
    issue = read(publication, text)
    assert (issue.title, issue.tags, issue.body, issue.body_line) == (title, tags, body, line)
    assert not [finding for finding in issue.findings if finding.level is not Level.NOTICE]


@pytest.mark.parametrize(
    "text",
    [
        "Note: read this\n\nAnd that.\n",
        "Title: not alone\nand words\n",
        "Title: A heading\n---\n\nWords.\n",
        "date: x\n",
    ],
)
def test_a_text_that_begins_with_a_word_and_a_colon_is_text(publication, text):
    assert read(publication, text).body == text


def test_line_ends_marks_and_controls_are_made_plain(publication):
    issue = read(publication, b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\none\r\ntwo\x00\x0bthree\r")
    assert issue.body == "one\ntwothree\n"


@pytest.mark.parametrize(
    "front",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)),
        "a: &a [*a]\n",
        "a: " + "[" * 500 + "]" * 500,
        "a: " + "{a: " * 200 + "1" + "}" * 200,
        "title: x\n" + "".join(f"k{n}: v\n" for n in range(20_000)),
    ],
)
def test_a_file_made_to_exhaust_us_is_refused_at_once(publication, front):
    started = time.process_time()
    with pytest.raises(ContentError):
        read(publication, f"---\n{front}\n---\nx")
    assert time.process_time() - started < 2


def test_code_in_yaml_is_not_run(publication, tmp_path):
    issue = read(publication, f"---\ntitle: T\nx: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n---\nx")
    assert not (tmp_path / "made").exists()
    assert "x" not in issue.extra


def test_a_key_given_twice_is_a_finding(publication):
    issue = read(publication, "---\ntitle: One\ntitle: Two\n---\nx")
    assert issue.title == "Two"
    assert [finding.line for finding in issue.findings] == [3]


def test_a_file_too_large_is_refused(publication):
    with pytest.raises(ContentError, match="larger than 2 MB"):
        read(publication, "x" * 3_000_000)


def test_one_issues_fault_hides_no_other(publication):
    write(publication, "---\ntitle: Good\ndate: 2026-01-02\nstatus: ready\n---\nx", "good.md")
    write(publication, "---\ntitle: Newer\ndate: 2026-01-03\nstatus: ready\n---\nx", "newer/index.md")
    write(publication, "---\ntitle: Draft\ndate: 2026-01-04\n---\nx", "draft.md")
    write(publication, "---\ntitle: Bad", "bad.md")
    shelf = read_issues(publication)
    assert [issue.slug.text for issue in shelf.issues] == ["draft", "newer", "good"]
    assert [finding.file for finding in shelf.findings] == ["issues/bad.md"]
    assert newest_ready(shelf).slug.text == "newer"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("A Letter.md", "a-letter"),
        ("v1.2 release.md", "v1-2-release"),
        ("Café Été.md", "cafe-ete"),
        ("第12期.markdown", "12-"),
        ("信.md", "issue-"),
        (f"{'long' * 40}.md", "long" * 20),
    ],
)
def test_any_name_is_made_a_slug(publication, name, slug):
    write(publication, "x", name)
    [issue] = read_issues(publication).issues
    assert issue.slug.text.startswith(slug)
    assert read_issue(publication, issue.slug.text).path.name == name
    assert read_issue(publication, name).path.name == name


def test_names_that_make_the_same_slug_stay_apart(publication):
    for name in ("a-b.md", "A B.md", "a-b/index.md"):
        write(publication, "x", name)
    slugs = {issue.file: issue.slug.text for issue in read_issues(publication).issues}
    assert slugs["issues/a-b/index.md"] == "a-b"
    assert sorted(slugs.values()) == ["a-b", "a-b-2", "a-b-3"]


def test_files_that_are_not_issues_are_ignored(publication):
    for name in ("README.md", "_partial.md", ".hidden.md", "notes.txt", "one/comments/2026-01-01-a.md"):
        write(publication, "x", name)
    assert read_issues(publication).issues == ()


def test_a_link_out_of_the_publication_is_not_followed(publication, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.md"
    outside.write_text("secret")
    (publication.issues / "one.md").symlink_to(outside)
    shelf = read_issues(publication)
    assert shelf.issues == ()
    assert [finding.rule for finding in shelf.findings] == ["outside"]


def test_an_unknown_slug_names_the_nearest(publication):
    write(publication, "x", "the-winter-letter.md")
    with pytest.raises(UsageError, match="Did you mean 'the-winter-letter'"):
        read_issue(publication, "winter-letter")


def test_no_is_norwegian_and_still_means_no(publication):
    issue = read(publication, "---\ntitle: No\nlanguage: no\ncomments: no\ndraft: no\n---\nBody.\n")
    assert (issue.title, issue.language, issue.status) == ("No", "no", Status.READY)
    assert not issue.comments_open
    assert not issue.findings


@pytest.mark.parametrize("typed", ["007", "12:30", "No", "On", "1_000", "3.10", "0x1f", "1e5", "Yes", "0o17"])
def test_a_value_stays_as_it_was_typed(publication, typed):
    issue = read(publication, f"---\ntitle: {typed}\ntags: [{typed}]\n---\nBody.\n")
    assert (issue.title, issue.tags) == (typed, (typed,))
