"""A secret key that does not belong to the database is noticed before it breaks links or suppressions."""

import pytest

from tests.acceptance.publication_folder import PublicationFolder

READER = "zofia@example.com"
OTHER = "k" * 64


@pytest.fixture
def changed(publication: PublicationFolder) -> PublicationFolder:
    """A publication that has sent, and whose key was then replaced."""
    publication.run_ok("send")
    publication.run_ok("suppressions", "add", READER)
    publication.run_ok("suppressions", "add", "stranger@example.org")
    (publication.folder / "var" / "secret.key").unlink()
    return publication


@pytest.mark.parametrize(
    "arguments", [("send", "--again"), ("subscribers", "add", "new@example.org", "--list", "sample")]
)
def test_commands_refuse_a_different_key(changed: PublicationFolder, arguments: tuple[str, ...]) -> None:
    before = changed.messages()
    refused = changed.run(*arguments)
    assert refused.code == 1
    assert "is not the one" in refused.err
    assert "keys adopt" in refused.err
    assert len(changed.messages()) == len(before)
    assert any(
        check["check"] == "key" and check["level"] == "fail"
        for check in changed.run("doctor", "--json").json_lines
        if check["part"] == "database"
    )


def test_a_lost_key_is_replaced_and_suppressions_stay(changed: PublicationFolder) -> None:
    done = changed.run_ok("keys", "adopt")
    assert "25 subscribers" in done.out
    assert "1 suppression of addresses without a subscriber" in done.err
    sent = changed.run_ok("send", "--again", "--json").json
    assert sent["excluded"] == {"suppressed": 1}
    assert "suppressed" in changed.run("subscribers", "add", READER, "--list", "sample").err
    assert "0 subscribers" in changed.run_ok("keys", "adopt").out
