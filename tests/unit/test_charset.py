"""Charset decoding: declared charsets of emails and web pages, and detection without a declaration."""

import pytest

from newsletter.charset import decode_mail, decode_page


@pytest.mark.parametrize(
    ("declared", "raw", "text"),
    [
        ("iso-8859-1", "“naïve” — so".encode("cp1252"), "“naïve” — so"),
        ("us-ascii", "naïve".encode(), "naïve"),
        ("big5", "中文字".encode(), "中文字"),
        ("big5", "中文字".encode("big5"), "中文字"),
        ("ks_c_5601-1987", "한국어".encode("cp949"), "한국어"),
        ("gb2312", "镕".encode("gbk"), "镕"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ("unicode-1-1-utf-7", b"Hi +AOk-", "Hi é"),
        ("no-such-charset", "żółw".encode(), "żółw"),
        ("windows-1251", "привет".encode("cp1251"), "привет"),
        ("punycode", b"abc-", "abc-"),
        ("base64", b"abc", "abc"),
        ("unicode_escape", rb"\x3cb\x3e \+", r"\x3cb\x3e \+"),
        ("raw_unicode_escape", rb"\u003cb", r"\u003cb"),
        ("", b"\xef\xbb\xbfmark", "mark"),
        ("utf-16", b"plain", "plain"),
    ],
)
def test_an_email_is_decoded_in_the_charset_that_its_label_means(declared: str, raw: bytes, text: str) -> None:
    assert decode_mail(raw, declared) == text


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("<title>Café 日本</title>".encode(), "utf-8", "Café 日本"),
        ("<title>Café</title>".encode("latin-1"), "iso-8859-1", "Café"),
        ("<title>“Café”</title>".encode("cp1252"), "iso-8859-1", "“Café”"),
        ("<title>Café</title>".encode("latin-1"), "utf-8", "Café"),
        ("<meta charset=utf-8><title>Café</title>".encode(), "", "Café"),
        ('<meta charset="windows-1251"><title>Привет</title>'.encode("cp1251"), "", "Привет"),
        ('<meta content="text/html; charset=Shift_JIS"><title>日本</title>'.encode("cp932"), "", "日本"),
        ('<meta charset="gb2312"><title>镕</title>'.encode("gb18030"), "", "镕"),
        ('<?xml version="1.0" encoding="iso-8859-2"?><title>Łódź</title>'.encode("iso-8859-2"), "", "Łódź"),
        ("\ufeff<title>Café</title>".encode(), "iso-8859-1", "Café"),
        ("\ufeff<title>Café</title>".encode("utf-16-le"), "utf-8", "Café"),
        ("<title>Café</title>".encode(), "nonsense", "Café"),
        ("<title>Café</title>".encode(), "utf-7", "Café"),
        ("<title>Café</title>".encode(), "base64", "Café"),
        ("<title>Café</title>é".encode()[:-1], "utf-8", "Café"),
    ],
)  # fmt: skip
def test_a_web_page_is_decoded_in_its_declared_charset(content: bytes, charset: str, text: str) -> None:
    assert f"<title>{text}</title>" in decode_page(content, charset)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("cp1251", "Привет всем, это письмо про паромы."),
        ("koi8-r", "Привет всем, это письмо про паромы."),
        ("cp932", "こんにちは、フェリーについて書いています。"),
        ("gb18030", "你好，这是关于渡轮的信。谢谢你们的文章"),
        ("cp949", "안녕하세요 페리에 대해 씁니다"),
        ("cp1252", "Été à la mer: où êtes-vous allés? Ça va être génial, très chouette, déjà prêt à Noël, à l’été."),
    ],
)
def test_the_charset_of_unlabelled_text_is_guessed(charset: str, text: str) -> None:
    assert decode_mail(text.encode(charset)) == text
    assert text in decode_page(f"<title>{text}</title>".encode(charset))


@pytest.mark.parametrize("text", ["Café", "“naïve” — so", "Größe: 5 €"])
def test_unlabelled_text_with_few_accents_is_windows_1252(text: str) -> None:
    assert decode_mail(text.encode("cp1252")) == text
