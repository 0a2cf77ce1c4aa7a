"""Click tracking: which links are rewritten, and that a rewritten link identifies no reader."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.address import Address
from newsletter.compose import Edition, EscapeContext, MergeTag, Variant
from newsletter.delivery.message.build import build_template
from newsletter.delivery.message.click_links import click_links_of, with_click_links
from newsletter.delivery.models import Delivery, Mailing
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOOR = "https://letters.lamplighter.example/c/"
KEYRING = Keyring((b"k" * 32,))
A_LINK = '<p><a style="color:red" href="https://books.example/a?b=1&amp;c=2#d">a book</a></p>'


@pytest.fixture(scope="session")
def counting(with_settings: Callable[..., Settings]) -> Settings:
    return with_settings(tracking={"clicks": "aggregate"})


@pytest.fixture
def rewritten(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], counting: Settings
) -> Callable[..., str]:
    def rewrite(*html: str | MergeTag) -> str:
        edition = make_edition(html=html)
        found = with_click_links(edition, make_mailing(edition), counting).html
        return "".join(piece if isinstance(piece, str) else f"[{piece.name}]" for piece in found)

    return rewrite


def test_a_link_leads_through_the_web_server_and_is_stored_with_its_target(
    make_edition: Callable[..., Edition],
    make_mailing: Callable[..., Mailing],
    counting: Settings,
    rewritten: Callable[..., str],
) -> None:
    edition = make_edition(html=(A_LINK,))
    (link,) = click_links_of(edition, make_mailing(edition), counting)
    assert link.url == "https://books.example/a?b=1&c=2#d"
    assert re.fullmatch("[a-z2-7]{16}", link.key)
    assert rewritten(A_LINK) == f'<p><a style="color:red" href="{DOOR}{link.key}">a book</a></p>'


@pytest.mark.parametrize(
    "html",
    [
        '<a href="mailto:ines@lamplighter.example">write</a>',
        '<a href="tel:+351210000000">call</a>',
        '<a href="#fn1">1</a>',
        '<a href="https://letters.lamplighter.example/preferences">choose</a>',
        '<a href="https://lamplighter.example/archive/issues/an-issue/">read on the web</a>',
        '<a href="https://lamplighter.example/archive/issues/an-issue/#comments">comments</a>',
        '<a href="https://books.example/">https://books.example/</a>',
        '<a href="https://books.example/"><b>books.example</b>/a</a>',
        '<a href="https://[broken/">broken</a>',
        '<a href="javascript:alert(1)">no</a>',
        '<link href="https://books.example/a.css">',
        '<img src="https://books.example/a.png">',
    ],
)
def test_links_that_lead_to_no_other_page_are_kept(html: str, rewritten: Callable[..., str]) -> None:
    assert rewritten(html) == html


def test_a_link_with_a_readers_value_is_kept(rewritten: Callable[..., str]) -> None:
    name = MergeTag(name="subscriber.first_name", context=EscapeContext.URL)
    ours = MergeTag(name="links.unsubscribe", context=EscapeContext.LINK)
    before, after = '<a href="https://books.example/?for=', '">yours</a> <a href="'
    assert (
        rewritten(before, name, after, ours, '">leave</a>')
        == '<a href="https://books.example/?for=[subscriber.first_name]">yours</a> '
        '<a href="[links.unsubscribe]">leave</a>'
    )


def test_a_value_in_the_text_of_a_link_is_kept(rewritten: Callable[..., str]) -> None:
    name = MergeTag(name="subscriber.first_name", context=EscapeContext.HTML)
    found = rewritten('<a href="https://books.example/">for ', name, "</a>, ", name)
    assert re.fullmatch(
        rf'<a href="{DOOR}[a-z2-7]{{16}}">for \[subscriber.first_name\]</a>, \[subscriber.first_name\]', found
    )


def test_one_target_has_one_rewritten_link_in_all_variants(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], counting: Settings
) -> None:
    other = Variant(number=1, inside=("a",), html=(A_LINK, '<a href="https://b.example/">b</a>'), text=("see",))
    edition = replace(make_edition(html=(A_LINK,)), segments=("a",), variants=(other,))
    found = click_links_of(edition, make_mailing(edition), counting)
    assert [link.url for link in found] == ["https://books.example/a?b=1&c=2#d", "https://b.example/"]


def test_no_rewritten_link_identifies_its_reader(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], counting: Settings
) -> None:
    edition = make_edition(html=(A_LINK,), text=("see https://books.example/a?b=1&c=2#d",))
    template = build_template(edition, make_mailing(edition), counting, KEYRING)
    bodies = set()
    for number in (77, 78):
        reader = Delivery(
            id=number,
            mailing_id=3,
            subscriber_id=number,
            recipient=Address(f"r{number}", "example.org"),
            first_name="",
            last_name="",
            fields={},
        )
        message = BytesParser(policy=policy.default).parsebytes(template.render(reader, NOW)[1])
        html, text = message.get_body(("html",)), message.get_body(("plain",))
        assert html is not None
        assert text is not None
        bodies.add(html.get_content())
        assert text.get_content().strip() == "see https://books.example/a?b=1&c=2#d"
        assert "/c/" not in str(message["List-Unsubscribe"])
    (body,) = bodies
    assert DOOR in body


@pytest.fixture(scope="session")
def consented(with_settings: Callable[..., Settings]) -> Settings:
    return with_settings(tracking={"clicks": "consented"})


def reader_of(number: int, *, agrees: bool) -> Delivery:
    return Delivery(
        id=number,
        mailing_id=3,
        subscriber_id=number,
        recipient=Address("ada", "example.org"),
        fields={},
        agrees_to_clicks=agrees,
    )


def htmls(*octets: bytes) -> list[str]:
    """The HTML parts, decoded by the email package."""
    found = []
    for each in octets:
        message = BytesParser(policy=policy.default).parsebytes(each)
        assert not message.defects
        html = message.get_body(("html",))
        assert html is not None
        assert not html.defects
        found.append(html.get_content())
    return found


def test_only_links_of_readers_who_consented_hold_a_token(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], consented: Settings
) -> None:
    edition = make_edition(html=(A_LINK, '<p><a href="https://b.example/">b</a> bye</p>'))
    template = build_template(edition, make_mailing(edition), consented, KEYRING)
    theirs, others, again = (template.render(reader_of(77, agrees=agrees), NOW)[1] for agrees in (True, False, False))
    assert others == again
    told, plain, _ = htmls(theirs, others, again)
    token = KEYRING.sign(Purpose.CLICK, 77)
    keys = [link.key for link in click_links_of(edition, make_mailing(edition), consented)]
    assert re.findall(rf'href="{DOOR}([^"]*)"', told) == [f"{key}/{token}" for key in keys]
    assert re.findall(rf'href="{DOOR}([^"]*)"', plain) == keys
    assert told.replace(f"/{token}", "") == plain, "nothing else tells them apart"
    assert token.encode() not in others
    assert theirs.count(token.encode()) == 2


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_characters="<>&\0\r", exclude_categories=("Cs",))), st.booleans()),
        max_size=6,
    )
)
def test_every_message_is_decoded_as_it_was_written(
    make_edition: Callable[..., Edition],
    make_mailing: Callable[..., Mailing],
    consented: Settings,
    pieces: list[tuple[str, bool]],
) -> None:
    html = "".join(f"{text}{A_LINK if is_followed else ''}" for text, is_followed in pieces) or "-"
    edition = make_edition(html=(html,))
    mailing = make_mailing(edition)
    template = build_template(edition, mailing, consented, KEYRING)
    ending = f"/{KEYRING.sign(Purpose.CLICK, 77)}"
    letters = [template.render(reader_of(77, agrees=agrees), NOW)[1] for agrees in (True, False)]
    for octets, behind in zip(letters, (ending, ""), strict=True):
        written = html
        for link in click_links_of(edition, mailing, consented):
            written = written.replace("https://books.example/a?b=1&amp;c=2#d", f"{DOOR}{link.key}{behind}")
        _, _, body = octets.partition(b"Content-Type: text/html")
        assert all(len(line) <= 76 for line in body.split(b"\r\n"))
        assert b"\n." not in octets
        (read,) = htmls(octets)
        assert read.replace("\r\n", "\n").rstrip("\n") == written.rstrip("\n")


@pytest.mark.parametrize("clicks", ["off", "aggregate"])
def test_without_the_consented_setting_nobodys_links_hold_a_token(
    make_edition: Callable[..., Edition],
    make_mailing: Callable[..., Mailing],
    with_settings: Callable[..., Settings],
    clicks: str,
) -> None:
    edition = make_edition(html=(A_LINK,))
    template = build_template(edition, make_mailing(edition), with_settings(tracking={"clicks": clicks}), KEYRING)
    one, other = (template.render(reader_of(77, agrees=agrees), NOW)[1] for agrees in (True, False))
    assert one == other


def test_without_tracking_no_link_is_rewritten(
    make_edition: Callable[..., Edition],
    make_mailing: Callable[..., Mailing],
    with_settings: Callable[..., Settings],
) -> None:
    edition = make_edition(html=(A_LINK,))
    assert with_click_links(edition, make_mailing(edition), with_settings()) is edition
    assert click_links_of(edition, make_mailing(edition), with_settings()) == ()
