"""Nothing private is left in what is published."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.compose import reply_invitation
from newsletter.locales import packaged_languages, translations_for
from newsletter.replies.classify.unsubscribe_request import (
    asks_for_privacy,
    asks_to_unsubscribe,
    may_ask_to_unsubscribe,
)
from newsletter.replies.redact.phone_numbers import phone_regions
from newsletter.replies.redact.redaction import ADDRESS_REMOVED, LINK_REMOVED, PHONE_REMOVED, redact_text
from newsletter.replies.store.display_names import ANONYMOUS_NAME, author_name
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

TOKEN = Keyring((b"k" * 32,)).sign(Purpose.UNSUBSCRIBE, 7)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    written = {"publication": {"title": "T"}, "web": {"url": "https://mail.example.org"}, "root": tmp_path}
    return Settings.model_validate(written)


@pytest.mark.parametrize(
    ("written", "public"),
    [
        ("Ask jo.winter+x@mail.example.net.", f"Ask {ADDRESS_REMOVED}."),
        ("mailto:jo@example.net?subject=Hi", f"{ADDRESS_REMOVED}?subject=Hi"),
        (f"r+{TOKEN}@reply.example.org", ADDRESS_REMOVED),
        (f"me+u{TOKEN}", f"me+{LINK_REMOVED}"),
        (f"It says {TOKEN.upper()} here", f"It says {LINK_REMOVED} here"),
        (f"<https://mail.example.org/u/{TOKEN}>", f"<{LINK_REMOVED}>"),
        (f"see https://elsewhere.example/x?t={TOKEN}.", f"see {LINK_REMOVED}."),
        (f"mail.example.org%2Fu%2F{TOKEN}", f"mail.example.org%2Fu%2F{LINK_REMOVED}"),
        (f"mail.example.org%252Fu%252f{TOKEN}", f"mail.example.org%252Fu%252f{LINK_REMOVED}"),
        (f"https://mail.example.org/c/abcdefghijklmnop/{TOKEN} is good", f"{LINK_REMOVED} is good"),
        (f"c/abcdefghijklmnop/\n{TOKEN}", f"c/abcdefghijklmnop/\n{LINK_REMOVED}"),
        (f"?to=3D{TOKEN}", f"?to=3D{LINK_REMOVED}"),
        (f"pasted{TOKEN}together", LINK_REMOVED),
        (
            "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
            "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
        ),
        ("jo.winter (at) mail.example.net, or jo[AT]mail.example.net", f"{ADDRESS_REMOVED}, or {ADDRESS_REMOVED}"),
        ("(https://mail.example.org/preferences)", f"({LINK_REMOVED})"),
        ("https://mail.example.org/issues/ferries/", "https://mail.example.org/issues/ferries/"),
        ("https://elsewhere.example/ferries", "https://elsewhere.example/ferries"),
        ("Call +44 20 7946 0018 now", f"Call {PHONE_REMOVED} now"),
        ("Call (030) 1234 5678", f"Call {PHONE_REMOVED}"),
        ("Tel. 0171/1234567", f"Tel. {PHONE_REMOVED}"),
        ("or 555-867-5309", f"or {PHONE_REMOVED}"),
    ],
)
def test_private_things_are_removed(settings: Settings, written: str, public: str) -> None:
    assert redact_text(written, settings) == public


@pytest.mark.parametrize(
    "text",
    [
        "It was 2025-03-03 09:12 or 03.03.2025.",
        "ISBN 978-3-16-148410-0 and 9783161484100",
        "It cost 1,250,000.00 in 1998-2003, about $120 000 000.",
        "From 1914 to 1918, 10 000 000 people.",
        "0.123456789 of 100 200 300",
        "Pages 100-104, 2001-2005, 12:30-14:00",
        "@jo said so",
        "We met (at last) in London, [at] six.",
    ],
)
def test_other_numbers_stay(settings: Settings, text: str) -> None:
    assert redact_text(text, settings) == text


NUMBERS = {
    "FR": ("06 12 34 56 78", "06.12.34.56.78", "+33 6 12 34 56 78", "01 42 68 53 00", "0033 6 12 34 56 78"),
    "DE": ("0171 2345678", "030/12345678", "+49 (0)30 123456", "(0221) 470-1234", "0151-23456789"),
    "GB": ("020 7946 0018", "07700 900123", "(01632) 960 001", "+44 7700 900123"),
    "US": ("(202) 555-0143", "202-555-0143", "202.555.0143", "1-202-555-0143", "+1 202 555 0143", "2025550143"),
    "ES": ("612 345 678", "612 34 56 78", "+34 912 345 678", "912345678"),
    "IT": ("347 123 4567", "06 6982 1234", "+39 347 123 4567"),
    "PL": ("601 23 45 67", "22 123 45 67", "+48 601 234 567"),
    "NO": ("91 23 45 67", "+47 912 34 567"),
    "DK": ("20 12 34 56",),
    "SE": ("070-123 45 67", "08-123 456 78"),
    "PT": ("912 345 678",),
    "NL": ("06-12345678", "020 123 4567"),
    "CH": ("079 123 45 67", "044 668 18 00"),
    "RU": ("8 (912) 345-67-89", "+7 912 345-67-89"),
    "TR": ("0532 123 45 67",),
    "JP": ("090-1234-5678", "03-1234-5678", "０９０－１２３４－５６７８"),
    "KR": ("010-1234-5678", "02-312-3456"),
    "CN": ("138 1234 5678", "13812345678", "010-12345678"),
    "IN": ("98765 43210", "+91 98765 43210"),
    "BR": ("(11) 91234-5678", "11 91234-5678"),
    "SG": ("9123 4567",),
    "AU": ("0412 345 678", "(02) 9374 4000"),
    "IL": ("054-123-4567",),
}


@pytest.mark.parametrize(("region", "number"), [(region, number) for region in NUMBERS for number in NUMBERS[region]])
def test_telephone_numbers_of_many_countries_are_removed(settings: Settings, region: str, number: str) -> None:
    assert redact_text(f"Well: {number}, or so.", settings, (region,)) == f"Well: {PHONE_REMOVED}, or so."
    assert redact_text(f"{number}", settings, (region,)) == PHONE_REMOVED


@pytest.mark.parametrize(
    "cue", ["Tel.: {}", "call me on {}", "Handy {}", "电话：{}", "тел. {}", "☎ {}", "WhatsApp: {}"]
)
def test_a_word_before_it_makes_a_number_a_telephone_number(settings: Settings, cue: str) -> None:
    assert "12" not in redact_text(cue.format("712 3456"), settings, ())


@pytest.mark.parametrize("region", NUMBERS)
@pytest.mark.parametrize(
    "text",
    [
        "On 2025-03-03 at 09:12, 03.03.2025, 3/4/2025, 20250303.",
        "ISBN 978-3-16-148410-0, 9783161484100, ISBN 3-16-148410-X, ISBN-10: 0306406152",
        "It cost 1,250,000.00, $120 000 000, 1 250 000 €, CHF 1 250 000, 12 345 678 kr.",
        "Some 10 000 000 people, 1 234 567 years.",
        "Version 10.0.19045.3803, v3.11.7, Python 3.12.13, 192.168.100.200.",
        "0.123456789, 3.14159265, 51.5074, -0.1278, 1e10",
        "1914-1918, 1998/99, pages 100-104, 12:30-14:00, 1-2-3",
        "order 20250012345, #1234567, № 12345678",
        "Psalm 119:105, room 101, Route 66, 007",
    ],
)
def test_other_numbers_stay_wherever_the_writer_lives(settings: Settings, region: str, text: str) -> None:
    assert redact_text(text, settings, (region,)) == text


@pytest.mark.parametrize(
    "written",
    ["jo%40example.net", "jo&#64;example.net", "jo (at) example (dot) net", "jo[at]mail.example.co.uk"],
)
def test_an_address_in_disguise_is_an_address(settings: Settings, written: str) -> None:
    assert redact_text(f"Ask {written} now", settings) == f"Ask {ADDRESS_REMOVED} now"


def test_where_a_writer_lives_is_told_by_address_and_language() -> None:
    assert phone_regions("jo@example.co.uk", "de") == ("GB", "DE", "AT", "CH")
    assert phone_regions("jo@example.com", "pt-BR") == ("PT", "BR")
    assert phone_regions("", "xx") == ()


@given(text=st.text(alphabet="ab1 +-.@/:()2z7\n", max_size=200))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    settings = Settings.model_validate({"publication": {"title": "T"}, "root": Path("/")})
    once = redact_text(text, settings)
    assert redact_text(once, settings) == once


@pytest.mark.parametrize(
    ("shown", "known", "author"),
    [
        ("Jo Winter", "Joanna Winter", "Jo Winter"),
        ("jo@example.net", "Joanna Winter", "Joanna Winter"),
        ("", "", ANONYMOUS_NAME),
        ("<script>alert(1)</script>", "", "script alert(1) /script"),
        ("Jo \u202egnp.exe", "", "Jo gnp.exe"),
        ("Jo +44 20 7946 0018", "Jo", "Jo"),
        ("https://buy.example", "", ANONYMOUS_NAME),
        ("12345", "", ANONYMOUS_NAME),
        ("Ž" * 200, "", "Ž" * 60),
    ],
)
def test_the_author_is_a_name_and_never_an_address(shown: str, known: str, author: str) -> None:
    assert author_name(shown, known) == author


def test_unsubscribe_as_the_whole_answer_is_a_wish() -> None:
    assert asks_to_unsubscribe("Unsubscribe.")
    assert asks_to_unsubscribe("  STOP  ")
    assert asks_to_unsubscribe("Abmelden")
    assert asks_to_unsubscribe("", "unsubscribe")
    assert not asks_to_unsubscribe("Stop me if you have heard this one.")
    assert not asks_to_unsubscribe("I will not unsubscribe")


@pytest.mark.parametrize(
    "text",
    [
        "unsubscribe me please, remove me from this list",
        "Please take me off\nyour list.",
        "Bitte melden Sie mich ab, ich möchte den Newsletter abbestellen.",
        "Je souhaite me désabonner, merci",
        "Отпишите меня, пожалуйста",
        "Lütfen beni listeden çıkarın",
        "このメールの配信停止をお願いします",
        "Xin hủy đăng ký giúp tôi",
        "נא להסיר אותי",
    ],
)
def test_a_wish_to_leave_in_a_sentence_is_the_authors_to_judge(text: str) -> None:
    assert may_ask_to_unsubscribe(text)
    assert not asks_to_unsubscribe(text)


def test_a_comment_is_no_wish_to_leave() -> None:
    assert not may_ask_to_unsubscribe("The ferry left without me, and I own two alarm clocks.")
    assert not may_ask_to_unsubscribe("I nearly unsubscribed last year. " + "Then you wrote about the harbour. " * 5)


def test_private_as_the_first_word_is_a_wish() -> None:
    assert asks_for_privacy("Private: only for you.")
    assert asks_for_privacy("[PRIVATE]\nOnly for you.")
    assert asks_for_privacy("Privat, bitte.")
    assert not asks_for_privacy("My private view is this.")


@pytest.mark.parametrize("language", packaged_languages())
def test_the_word_that_each_letter_names_keeps_an_answer_private(language: str) -> None:
    said = reply_invitation("review", translations_for(language))
    quoted = re.findall(r"[“„«「『‘”\"'‹]\s*(\w+)\s*[”“»」』’\"'›]", said)
    assert quoted, said
    assert any(asks_for_privacy(f"{word}\n\nOnly for you.") for word in quoted)
    assert any(asks_for_privacy(f"{word}: only for you.") for word in quoted)
