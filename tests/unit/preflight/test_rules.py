"""Preflight rules report faults with line and remedy before anything is sent."""

import pytest

from newsletter.compose import compose
from newsletter.content import read_issue
from newsletter.finding import Level
from newsletter.preflight import run_checks
from newsletter.settings import read_settings

TOML = """
[publication]
title = "The Lantern"
url = "https://lantern.org"
postal_address = "1 Quay Street"

[lists.sample]
title = "The Lantern"
from = "Ada <ada@lantern.org>"
list_id = "letters.lantern.org"
"""
READY = "title: T\npreheader: P\ndate: 2026-11-20\nstatus: ready"


@pytest.fixture
def check(tmp_path):
    """Return a function from an issue to the findings about it, as (rule, level, line)."""

    def run(body="Words.", front=READY, toml=TOML):
        (tmp_path / "newsletter.toml").write_text(toml)
        path = tmp_path / "issues" / "one.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\n{front}\n---\n{body}")
        settings = read_settings(tmp_path, {})
        issue = read_issue(settings, "one")
        findings = run_checks(issue, compose(issue, "sample", settings), settings, "sample")
        assert all(finding.message for finding in findings)
        return [(finding.rule, finding.level, finding.line) for finding in findings]

    return run


def test_a_good_issue_has_no_findings(check):
    assert check() == []


def test_every_variant_is_checked(check):
    long = "words and words and more words, each of them of use to nobody\n\n" * 900
    assert check(f"Words.\n\n::: only has a\n{long}\n:::\n") == [("size", Level.ERROR, None)]
    link = "[nowhere](some/where)"
    assert check(f"Words.\n\n::: only has a\n{link}\n:::\n") == [("link", Level.WARNING, 10)]


@pytest.mark.parametrize(
    ("front", "rule", "level"),
    [
        (f"{READY}\nlist: wekly", "list", Level.ERROR),
        (f"{READY}\nsubject: {'s' * 160}", "subject", Level.ERROR),
        (f"{READY}\nsubject: {'s' * 100}", "subject", Level.WARNING),
        (READY.replace("title: T", "title: TODO"), "unfinished", Level.WARNING),
        (READY.replace("\npreheader: P", ""), "preheader", Level.NOTICE),
        (READY.replace("status: ready", "status: draft"), "draft", Level.NOTICE),
        (READY.replace("\ndate: 2026-11-20", ""), "date", Level.NOTICE),
        (f"{READY}\nsend_at: 2026-11-21\nsend_before: 2026-11-20", "times", Level.ERROR),
    ],
)
def test_front_matter_is_checked(check, front, rule, level):
    assert [(finding[0], finding[1]) for finding in check(front=front)] == [(rule, level)]


@pytest.mark.parametrize(
    ("body", "rule", "level", "line"),
    [
        ("One.\n\nTODO write this", "unfinished", Level.WARNING, 9),
        ("One.\n\n[a](http://plain.example/x)", "link", Level.NOTICE, 9),
        ("One.\n\n[a](page.html)", "link", Level.WARNING, 9),
        ("One.\n\n[a]()", "link", Level.WARNING, None),
        ("One.\n\n![a](https://e.example/a.png)", "picture-elsewhere", Level.NOTICE, 9),
        ("One.\n\n![a](nowhere.png)", "picture", Level.WARNING, 9),
        ("One.\n\n{{ nme }}", "tag", Level.WARNING, 9),
    ],
)
def test_findings_about_the_text_have_its_lines(check, body, rule, level, line):
    assert check(body) == [(rule, level, line)]


def test_similar_words_are_not_placeholders(check):
    assert check("A tk, a todo list, method and xxxl shirts.") == []


def test_an_email_that_gmail_would_clip_is_an_error(check):
    assert check("word " * 16_000) == [("size", Level.WARNING, None)]
    assert check("word " * 20_000) == [("size", Level.ERROR, None)]


def test_sender_address_and_pictures_matter_once_emails_leave_the_machine(check, tmp_path):
    from PIL import Image

    (tmp_path / "issues").mkdir()
    Image.new("RGB", (10, 10)).save(tmp_path / "issues" / "a.png")
    poor = TOML.replace('postal_address = "1 Quay Street"\n', "").replace("lantern.org>", "lantern.example>")
    poor = poor.replace('url = "https://lantern.org"\n', "")
    here = check("![a](a.png)", toml=poor)
    assert here == [("postal-address", Level.WARNING, None), ("sender", Level.NOTICE, None)]
    out = check("![a](a.png)", toml=f'{poor}\n[delivery]\ntransport = "smtp"\n')
    assert {rule for rule, level, _ in out if level is Level.ERROR} == {"postal-address", "picture"}
    assert ("sender", Level.WARNING, None) in out


def test_a_list_cannot_be_sent_from_a_free_mail_domain(check):
    toml = TOML.replace("ada@lantern.org", "ada@gmail.com") + '\n[delivery]\ntransport = "ses"\n'
    assert check(toml=toml) == [("sender", Level.ERROR, None)]
