"""Segments with the real commands: named segments, counts, sends, and parts for some readers."""

import shutil
import signal

import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.web_server import eventually

pytestmark = pytest.mark.slow

READERS = 90
ISSUE = """---
title: The lamp
status: ready
date: 2026-01-01
---
It burns.

::: only north
Northern light.
:::

::: except age >= 40
For the young.
:::
"""


@pytest.fixture
def crowd(publication: PublicationFolder) -> PublicationFolder:
    """A publication with readers in the north and in the south."""
    rows = "".join(
        f"reader{number}@readers.example.org,{'North' if number % 3 == 0 else 'south'},{number}\n"
        for number in range(READERS)
    )
    publication.write("crowd.csv", f"email,region,age\n{rows}")
    publication.change_settings('source = "subscribers/sample.csv"', 'source = "crowd.csv"')
    publication.change_settings(
        "[delivery]\n",
        "[segments]\nnorth = 'region = \"NORTH\"'\nold_north = 'north and age >= 40'\n\n[delivery]\n",
    )
    publication.write("issues/lamp/index.md", ISSUE)
    return publication


def readers(publication: PublicationFolder, word: str) -> set[int]:
    """Return the numbers of the readers whose email contains the text."""
    results = [
        str(message["To"])
        for message in publication.messages()
        if word in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    ]
    assert len(results) == len(set(results))
    return {int(address.partition("@")[0].removeprefix("reader")) for address in results}


NORTH = {number for number in range(READERS) if number % 3 == 0}
YOUNG = {number for number in range(READERS) if number < 40}


def test_a_segment_is_explained_and_counted(crowd: PublicationFolder) -> None:
    shown = crowd.run_ok("segments", "show", "old_north", "--json").json
    assert shown == {
        "segment": "old_north",
        "expression": 'region = "NORTH" and age >= 40',
        "words": 'whose region is "NORTH" and whose age is at least 40',
        "list": "sample",
        "inside": len(NORTH - YOUNG),
        "of": READERS,
    }
    listed = crowd.run_ok("segments", "list", "--json").json_lines
    assert [(item["segment"], item["inside"]) for item in listed] == [("north", 30), ("old_north", 16)]
    assert "whose region is" in crowd.run_ok("segments", "show", "north or age = 1").out


@pytest.mark.parametrize(
    ("command", "asked", "said"),
    [
        ("segments show", "nroth", "segment: unknown segment 'nroth' at column 1. Did you mean 'north'?"),
        ("plan --segment", "on wekly", "segment: unknown list 'wekly' at column 4."),
        (
            "send --segment",
            "regoin = 'North'",
            "segment: unknown field 'regoin' at column 1. Did you mean 'region'?",
        ),
        ("segments show", "not got 'lmap'", "segment: unknown issue 'lmap' at column 9. Did you mean 'lamp'?"),
        ("plan --segment", "never got or got 'typo'", "segment: unknown issue 'typo' at column 18. Known here: "),
        ("send --segment", "not got 'lmap'", "segment: unknown issue 'lmap' at column 9. Did you mean 'lamp'?"),
    ],
)
def test_an_error_points_at_its_place_in_the_condition(
    crowd: PublicationFolder, command: str, asked: str, said: str
) -> None:
    outcome = crowd.run(*command.split(), asked)
    assert outcome.code == 2
    first, question, carets = outcome.err.splitlines()[-3:]
    assert said in first
    assert question.endswith(asked)
    assert carets[question.index(asked) :].strip(" ^") == ""
    assert "^" in carets


def test_a_killed_send_to_a_segment_resumes_with_the_same_condition_and_variants(
    crowd: PublicationFolder,
) -> None:
    crowd.change_settings("[delivery]\n", "[delivery]\nrate = 15\n")
    planned = crowd.run_ok("plan", "lamp", "--segment", "region != 'nowhere' and age < 80", "--json").json
    assert (planned["planned"], planned["excluded"]) == (80, {"not in segment": 10})
    assert [item["recipients"] for item in planned["variants"]] == [26, 14, 27, 13]
    sending = crowd.start("send", "lamp", "--segment", "region != 'nowhere' and age < 80")
    outbox = crowd.folder / "var" / "outbox" / "new"
    eventually(lambda: outbox.is_dir() and len(list(outbox.iterdir())) > 20)
    sending.send_signal(signal.SIGKILL)
    sending.communicate()
    crowd.change_settings("rate = 15\n", "")
    swapped = (crowd.folder / "crowd.csv").read_text().replace(",North,", ",x,").replace(",south,", ",North,")
    crowd.write("crowd.csv", swapped)
    done = crowd.run_ok("send", "lamp", "--segment", "region != 'nowhere' and age < 80", "--json").json
    assert (done["submitted"], done["uncertain"], done["segment"]) == (80, 0, 'region != "nowhere" and age < 80')
    got = set(range(80))
    assert readers(crowd, "It burns.") == got
    assert readers(crowd, "Northern light.") == NORTH & got
    assert readers(crowd, "For the young.") == YOUNG & got
    assert crowd.run_ok("send", "lamp", "--json").json["submitted"] == 10
    assert readers(crowd, "It burns.") == set(range(READERS))


def test_an_unknown_issue_in_a_segment_is_named_with_its_line_and_mails_nobody(crowd: PublicationFolder) -> None:
    crowd.write("issues/lamp/index.md", ISSUE.replace("status:", "segment: not got 'lmap'\nstatus:"))
    said = "issues/lamp/index.md:3: segment: unknown issue 'lmap' at column 9. Did you mean 'lamp'?"
    for command in ("plan", "send", "check"):
        outcome = crowd.run(command, "lamp")
        assert (outcome.code, said in outcome.out + outcome.err) == (1, True), outcome
    crowd.write("issues/lamp/index.md", ISSUE.replace("only north", "only clicked 'lmap'"))
    crowd.change_settings('transport = "outbox"', 'transport = "smtp"')
    outcome = crowd.run("send", "lamp", "--yes")
    assert outcome.code == 1
    assert "index.md:8: segment: unknown issue 'lmap' at column 9." in outcome.err
    assert not list(crowd.folder.glob("var/outbox/new/*")), "nobody was mailed"


def test_an_issue_in_a_segment_is_found_by_its_file_or_its_mailing(crowd: PublicationFolder) -> None:
    asked = ("segments", "show", "got 'lamp' and age < 5", "--json")
    assert crowd.run_ok(*asked).json["inside"] == 0
    crowd.run_ok("send", "lamp")
    shutil.rmtree(crowd.folder / "issues" / "lamp")
    assert crowd.run_ok(*asked).json["inside"] == 5


def test_an_issues_own_segment_is_used_and_can_be_overridden(crowd: PublicationFolder) -> None:
    crowd.write("issues/lamp/index.md", ISSUE.replace("status:", "segment: old_north\nstatus:"))
    assert crowd.run_ok("send", "lamp", "--json").json["excluded"] == {"not in segment": READERS - 16}
    assert readers(crowd, "It burns.") == NORTH - YOUNG
    assert crowd.run_ok("send", "lamp", "--segment", "", "--json").json["excluded"] == {"already sent": 16}
    crowd.write("issues/lamp/index.md", ISSUE.replace("status:", "segment: regoin = 1\nstatus:"))
    outcome = crowd.run("send", "lamp")
    assert outcome.code == 1
    assert "issues/lamp/index.md:3: segment: unknown field 'regoin' at column 1. Did you mean 'region'?" in outcome.err


def test_test_emails_and_composed_files_show_each_variant(crowd: PublicationFolder) -> None:
    crowd.run_ok("compose", "lamp", "--out", "out")
    for number, words in (
        (".1", (True, True)),
        (".3", (True, False)),
        (".2", (False, False)),
        ("", (False, True)),
    ):
        text = (crowd.folder / "out" / f"message{number}.txt").read_text()
        assert ("Northern light." in text, "For the young." in text) == words
        assert "It burns." in (crowd.folder / "out" / f"message{number}.html").read_text()
    public = (crowd.folder / "out" / "web.html").read_text()
    assert "It burns." in public
    assert "Northern light." not in public
    assert "For the young." not in public
    crowd.run_ok("test-send", "lamp", "--to", "me@example.com", "--segment", "north", "--segment", "age >= 40")
    assert "Northern light." in crowd.message_to("me@example.com").get_body(("plain",)).get_content()
    refused = crowd.run("test-send", "lamp", "--to", "me@example.com", "--segment", "old_north")
    assert refused.code == 2
    assert "this issue has no part for it" in refused.err
    crowd.run_ok("archive", "build", "--out", "site")
    page = (crowd.folder / "site" / "issues" / "lamp" / "index.html").read_text()
    assert "It burns." in page
    assert "Northern light." not in page


def test_check_names_the_line_of_an_invalid_or_empty_condition(crowd: PublicationFolder) -> None:
    text = ISSUE.replace("only north", "only north and age = 1000").replace("age >= 40", "agee >= 40")
    crowd.write("issues/lamp/index.md", f"{text}\n::: only region =\nNobody.\n:::\n")
    outcome = crowd.run("check", "lamp", "--json")
    assert outcome.code == 1
    results = [
        (item["level"], item["line"], item["message"]) for item in outcome.json_lines if item["rule"] == "segment"
    ]
    assert [item[:2] for item in results] == [("error", 16), ("warning", 8), ("error", 12)]
    assert "something is missing at column 9" in results[0][2]
    assert results[1][2] == "nobody on list sample is in the segment 'north and age = 1000'"
    assert results[2][2] == "segment: unknown field 'agee' at column 1. Did you mean 'age'?"
