"""Counted links: which of a letter's links lead by way of the door, and that they tell nobody from anybody."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest

from newsletter.address import Address
from newsletter.compose import Context, Edition, Slot, Variant
from newsletter.delivery.counted import links_to_count, with_counted_links
from newsletter.delivery.mailing import Delivery, Mailing
from newsletter.delivery.message import make_skeleton
from newsletter.settings import Settings
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOOR = "https://letters.lamplighter.example/c/"
A_LINK = '<p><a style="color:red" href="https://books.example/a?b=1&amp;c=2#d">a book</a></p>'


@pytest.fixture(scope="session")
def counting(with_settings: Callable[..., Settings]) -> Settings:
    return with_settings(tracking={"clicks": "aggregate"})


@pytest.fixture
def rewritten(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], counting: Settings
) -> Callable[..., str]:
    def rewrite(*html: str | Slot) -> str:
        edition = make_edition(html=html)
        found = with_counted_links(edition, make_mailing(edition), counting).html
        return "".join(piece if isinstance(piece, str) else f"[{piece.name}]" for piece in found)

    return rewrite


def test_a_link_leads_by_way_of_the_door_and_is_kept_with_its_target(
    make_edition: Callable[..., Edition],
    make_mailing: Callable[..., Mailing],
    counting: Settings,
    rewritten: Callable[..., str],
) -> None:
    edition = make_edition(html=(A_LINK,))
    (link,) = links_to_count(edition, make_mailing(edition), counting)
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
def test_what_is_no_link_to_another_page_stays_as_it_is(html: str, rewritten: Callable[..., str]) -> None:
    assert rewritten(html) == html


def test_a_link_that_holds_a_readers_value_stays_as_it_is(rewritten: Callable[..., str]) -> None:
    name = Slot(name="subscriber.first_name", context=Context.URL)
    ours = Slot(name="links.unsubscribe", context=Context.LINK)
    before, after = '<a href="https://books.example/?for=', '">yours</a> <a href="'
    assert (
        rewritten(before, name, after, ours, '">leave</a>')
        == '<a href="https://books.example/?for=[subscriber.first_name]">yours</a> '
        '<a href="[links.unsubscribe]">leave</a>'
    )


def test_a_value_within_the_words_of_a_link_stays_where_it_was(rewritten: Callable[..., str]) -> None:
    name = Slot(name="subscriber.first_name", context=Context.HTML)
    found = rewritten('<a href="https://books.example/">for ', name, "</a>, ", name)
    assert re.fullmatch(
        rf'<a href="{DOOR}[a-z2-7]{{16}}">for \[subscriber.first_name\]</a>, \[subscriber.first_name\]', found
    )


def test_the_same_target_has_one_link_in_all_variants(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], counting: Settings
) -> None:
    other = Variant(number=1, inside=("a",), html=(A_LINK, '<a href="https://b.example/">b</a>'), text=("see",))
    edition = replace(make_edition(html=(A_LINK,)), segments=("a",), variants=(other,))
    found = links_to_count(edition, make_mailing(edition), counting)
    assert [link.url for link in found] == ["https://books.example/a?b=1&c=2#d", "https://b.example/"]


def test_no_letter_tells_its_reader_by_a_counted_link(
    make_edition: Callable[..., Edition], make_mailing: Callable[..., Mailing], counting: Settings
) -> None:
    edition = make_edition(html=(A_LINK,), text=("see https://books.example/a?b=1&c=2#d",))
    skeleton = make_skeleton(edition, make_mailing(edition), counting, Keyring((b"k" * 32,)))
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
        message = BytesParser(policy=policy.default).parsebytes(skeleton.letter(reader, NOW)[1])
        html, text = message.get_body(("html",)), message.get_body(("plain",))
        assert html is not None
        assert text is not None
        bodies.add(html.get_content())
        assert text.get_content().strip() == "see https://books.example/a?b=1&c=2#d"
        assert "/c/" not in str(message["List-Unsubscribe"])
    (body,) = bodies
    assert DOOR in body


def test_without_the_setting_a_letter_is_as_it_always_was(
    make_edition: Callable[..., Edition],
    make_mailing: Callable[..., Mailing],
    with_settings: Callable[..., Settings],
) -> None:
    edition = make_edition(html=(A_LINK,))
    assert with_counted_links(edition, make_mailing(edition), with_settings()) is edition
    assert links_to_count(edition, make_mailing(edition), with_settings()) == ()
