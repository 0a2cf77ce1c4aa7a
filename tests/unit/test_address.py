"""Addresses: which are valid, which are refused, and which two are the same person."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.address import Address, Mailbox

ATEXT = "abcABC019.!#$%&'*+-/=?^_`{|}~"
LOCALS = st.one_of(
    st.text(ATEXT, min_size=1, max_size=66), st.sampled_from(["Postmaster", "info", "NEWS", "a" * 64, "a" * 65])
)
LABELS = st.one_of(
    st.text("abcXYZ019-", min_size=1, max_size=64),
    st.sampled_from(["xn--bcher-kva", "ab--cd", "münchen", "local", "arpa", "test", "example", "a" * 63]),
)
ENDS = st.sampled_from(
    [
        "com",
        "ORG",
        "pt",
        "c",
        "1a",
        "arpa",
        "local",
        "localhost",
        "invalid",
        "onion",
        "Test",
        "example",
        "xn--p1ai",
    ]
)
DOMAINS = st.builds(lambda labels, end: ".".join([*labels, end]), st.lists(LABELS, min_size=0, max_size=5), ENDS)


@given(local=LOCALS, domain=DOMAINS)
@example(local="a" * 60, domain=".".join(["b" * 60] * 3) + ".com")
@example(local="a" * 64, domain=".".join(["b" * 62] * 3) + ".com")
@example(local="a" * 65, domain="example.org")
@example(local="=?utf-8?q?a?=", domain="example.org")
@example(local="a..b", domain="example.org")
@example(local=".a", domain="example.org")
def test_the_fast_path_agrees_with_the_validator(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    try:
        valid = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        with pytest.raises(ValueError, match=r"\w"):
            Address.parse(text)
        return
    if "%" in local or "!" in local:
        with pytest.raises(ValueError, match="source route"):
            Address.parse(text)
        return
    if "=?" in local:
        with pytest.raises(ValueError, match="an encoded word"):
            Address.parse(text)
        return
    assert Address.parse(text) == Address(valid.local_part, valid.ascii_domain)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Ada@Example.ORG ", "ada@example.org"),
        ("ada+letters@example.org", "ada+letters@example.org"),
        ("a.d.a@example.org", "a.d.a@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@reader.test", "ada@reader.test"),
    ],
)
def test_the_normal_form_folds_case_and_domain_but_keeps_dots_and_tags(text: str, key: str) -> None:
    assert Address.parse(text).key == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@@example.org",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        '"ada b"@example.org',
        "ada(comment)@example.org",
        "ada@[127.0.0.1]",
        "ádá@example.org",
        "eve%example.org@example.net",
        "host!eve@example.net",
        "@relay.example:eve@example.net",
        "ada@exa mple.org",
        "ada\x00@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@-example.org",
        "ada@localhost",
    ],
)
def test_invalid_addresses_are_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("domain", "is_reserved"), [("example.org", True), ("post.example", True), ("gmail.com", False)]
)
def test_reserved_domains_are_known(domain: str, is_reserved: bool) -> None:
    assert Address.parse(f"ada@{domain}").is_reserved is is_reserved
    assert Address.parse("ada@notexample.org").is_reserved is False


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("Ines Moreau <ines@example.org>", "Ines Moreau", "Ines Moreau <ines@example.org>"),
        ("ines@example.org", "", "ines@example.org"),
        ('"Moreau, Ines" <ines@example.org>', "Moreau, Ines", '"Moreau, Ines" <ines@example.org>'),
    ],
)
def test_a_mailbox_is_a_name_and_one_address(text: str, name: str, shown: str) -> None:
    mailbox = Mailbox.parse(text)
    assert mailbox.name == name
    assert str(mailbox) == shown


@pytest.mark.parametrize("text", ["", "Ines", "a@example.org, b@example.org", "Ines <>"])
def test_anything_but_one_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Mailbox.parse(text)
