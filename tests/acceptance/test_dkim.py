"""DKIM signing: an unusable key stops the send before it starts; with a valid key every email is signed."""

import re
from email import policy
from pathlib import Path

import dkim
import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.unit.delivery.message.keys import pem, record, rsa_key

pytestmark = pytest.mark.slow


def switch_on(publication: PublicationFolder) -> Path:
    """Configure signing with keys/dkim.pem and return that path; the file does not exist yet."""
    toml = publication.folder / "newsletter.toml"
    toml.write_text(f'{toml.read_text()}\n[[delivery.dkim]]\nselector = "s1"\nkey = "keys/dkim.pem"\n')
    path = publication.folder / "keys" / "dkim.pem"
    path.parent.mkdir()
    return path


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (None, 0o600, "No such file"),
        (pem(rsa_key()), 0o644, "chmod 600"),
        ("no key", 0o600, "not a private key"),
    ],
)
def test_an_unusable_key_stops_the_send_before_anything_leaves(
    publication: PublicationFolder, text: str | None, mode: int, words: str
) -> None:
    path = switch_on(publication)
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    checked = publication.run("check", "the-winter-almanac", "--json")
    assert checked.code == 1
    (finding,) = [item for item in checked.json_lines if item["rule"] == "dkim"]
    assert words in finding["message"] + finding["remedy"]
    assert finding["level"] == "error"
    for command in ("plan", "send"):
        refused = publication.run(command)
        assert refused.code == 1
        assert words in refused.err
        assert re.search("^newsletter: .*keys/dkim.pem", refused.err, re.MULTILINE)
    assert not (publication.folder / "var" / "outbox").exists()


def test_with_a_key_every_email_is_signed(publication: PublicationFolder) -> None:
    path = switch_on(publication)
    path.write_text(pem(rsa_key()))
    path.chmod(0o600)
    assert not [item for item in publication.run("check", "--json").json_lines if item["rule"] == "dkim"]
    publication.run_ok("send")
    emails = [message.as_bytes(policy=policy.SMTP.clone(refold_source="none")) for message in publication.messages()]
    assert len(emails) == 25
    published = record(rsa_key()).encode()
    assert all(dkim.verify(issue_email, dnsfunc=lambda *_, **__: published) for issue_email in emails)


def test_a_misspelt_key_of_one_of_several_signatures_is_reported(publication: PublicationFolder) -> None:
    toml = publication.folder / "newsletter.toml"
    text = f'{toml.read_text()}\n[[delivery.dkim]]\nselectr = "s1"\n'
    toml.write_text(text)
    refused = publication.run("plan")
    line = text.splitlines().index('selectr = "s1"') + 1
    assert f"newsletter.toml:{line}: unknown key 'selectr'" in refused.err
    assert "Did you mean 'selector'?" in refused.err
