"""Telephone numbers in running text, by the numbering plans of the countries a writer may be in.

A number is taken out when it says of itself what it is (a country code, a leading 0, a word such as "Tel."),
or when it is valid where the writer lives and grouped as people group it there. Dates, prices, ISBNs, versions
and network addresses stay.
"""

import re
from collections.abc import Iterable
from datetime import date

from newsletter.locales import primary

_SEPARATORS = r" ()/.\-\u00a0\u2007\u2009\u202f\u2010-\u2013\uff0d\uff08\uff09\u30fc"
_CANDIDATE = re.compile(
    rf"(?<![\w/.,:#№€$£¥=+-])(?:[+＋] ?|\([+]?)?\d[\d{_SEPARATORS}]{{4,26}}\d"
    r"(?![\w/=]|[.,:]\d|[ \u00a0]?[%€$£¥])"
)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\b(?:19|20)\d\d\b\s?[-–/]\s?(?:19|20)?\d\d\b")
_DATE_WITHIN = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d)(?!\d)"
)
_CUES = (
    r"\b(?:tel|telefon\w*|telephone|téléphone|teléfono|tél|phone|fon|fone|call(?: me)?|ring(?: me)?"
    r"|mobile?|mobil\w*|handy|cell|móvil|celular|cellulare|portable|gsm|whatsapp|signal|viber|fax"
    r"|sms|text me|тел|телефон|моб|هاتف|جوال|טלפון|נייד)\b"
    r"|電話|电话|手机|手機|携帯|전화|휴대폰|โทร|☎|☏|✆|📞|📱"
)
_CUE = re.compile(
    rf"(?:{_CUES})[ .:：\t#(]{{0,4}}(?:at |on |is |me |no\.? |number |nummer |nr\.? )?[ :]?$", re.IGNORECASE
)
_COUNTED = re.compile(
    r"(?:\b(?:isbn|issn|doi|arxiv|rfc|order|ticket|invoice|case|version|build|release|ip|page|pages|pp|p|no|nr|id)"
    r"\b|\bv|#|№|US|CHF|EUR|USD|GBP|Rs|₹|kr|zł)[ .:-]{0,3}(?:1[03][ :]{1,2})?$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[ \u00a0]?(?:USD|EUR|GBP|CHF|PLN|SEK|NOK|DKK|CZK|JPY|zł|kr|Kč|Ft|руб|₽|₹|円|元|원|km|kg|m|mi|MB|GB|kB|bytes?"
    r"|people|persons|million|years?|Menschen|Euro|euros?|dollars?|pounds?|habitants|personnes|personas)\b"
)
_LANGUAGE_REGIONS = {
    "en": ("US", "GB"), "de": ("DE", "AT", "CH"), "fr": ("FR", "BE"), "es": ("ES", "MX"), "pt": ("PT", "BR"),
    "it": ("IT",), "nl": ("NL", "BE"), "pl": ("PL",), "ru": ("RU",), "tr": ("TR",), "ar": ("EG", "SA"),
    "he": ("IL",), "zh": ("CN", "TW", "HK"), "ja": ("JP",), "ko": ("KR",), "sv": ("SE",), "da": ("DK",),
    "nb": ("NO",), "no": ("NO",), "fi": ("FI",), "cs": ("CZ",), "uk": ("UA",), "hu": ("HU",), "el": ("GR",),
}  # fmt: skip
_MAX_LOOKUPS = 60
"""Numbers of one text that are looked up in a numbering plan."""


def phone_regions(address: str, language: str) -> tuple[str, ...]:
    """Return the countries whose numbers a writer is likely to give, by address and language."""
    top = address.rpartition(".")[2].upper()
    own = ("GB",) if top == "UK" else (top,) if len(top) == 2 and top.isalpha() else ()
    return tuple(dict.fromkeys((*own, *_LANGUAGE_REGIONS.get(primary(language), ()))))


def replace_phone_numbers(text: str, regions: Iterable[str], replacement: str) -> str:
    """Return the text with every telephone number replaced."""
    wanted = tuple(regions)
    budget = [_MAX_LOOKUPS]

    def replaced(candidate: re.Match[str]) -> str:
        before, after = (
            text[max(0, candidate.start() - 40) : candidate.start()],
            text[candidate.end() : candidate.end() + 14],
        )
        number = candidate[0].rstrip(_STRIPPED)
        rest = candidate[0][len(number) :]
        return replacement + rest if _is_phone(number, before, rest + after, wanted, budget) else candidate[0]

    return _CANDIDATE.sub(replaced, text)


_STRIPPED = " (./-\u00a0"


def _is_phone(candidate: str, before: str, after: str, regions: tuple[str, ...], budget: list[int]) -> bool:
    digits = "".join(char for char in candidate if char.isdecimal())
    if not 6 <= len(digits) <= 15 or _DATE.fullmatch(candidate) or _is_compact_date(candidate):
        return False
    if candidate.startswith(("+", "＋", "(+")):
        return len(digits) >= 8
    if _CUE.search(before):
        return True
    if _COUNTED.search(before) or _UNIT.match(after) or _DATE_WITHIN.search(candidate) or _is_isbn(candidate, digits):
        return False
    if candidate.startswith("0."):
        return False
    groups = [len(group) for group in re.split(r"\D+", candidate) if group]
    if "." in candidate and not candidate.startswith("0") and groups != [3, 3, 4]:
        return False  # a version, a network address, or 1.234.567.890
    if candidate.startswith(("00", "0", "(0")) and len(digits) >= 9:
        return True
    if budget[0] <= 0 or not regions:
        return groups == [3, 3, 4]
    budget[0] -= 1
    return any(_is_valid(candidate, groups, region) for region in regions) or groups == [3, 3, 4]


def _is_valid(candidate: str, groups: list[int], region: str) -> bool:
    import phonenumbers  # its plans take a moment to load, and few answers hold a number

    try:
        number = phonenumbers.parse(candidate, region)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number_for_region(number, region):
        return False
    if len(groups) == 1:
        return len(candidate) >= 9 and phonenumbers.number_type(number) in _PERSONAL_TYPES
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    usual = [len(group) for group in re.split(r"\D+", written) if group]
    return groups == usual or all(group == 2 for group in groups) or not _is_thousands(candidate, groups)


_PERSONAL_TYPES = frozenset({0, 1, 2})
"""phonenumbers' types FIXED_LINE, MOBILE and FIXED_LINE_OR_MOBILE."""


def _is_thousands(candidate: str, groups: list[int]) -> bool:
    """Whether it is grouped as large amounts are: 10 000 000. Nine digits in threes are rather a number."""
    return (
        len(groups) > 1
        and groups != [3, 3, 3]
        and groups[0] <= 3
        and set(groups[1:]) == {3}
        and not candidate.startswith("(")
    )


def _is_compact_date(candidate: str) -> bool:
    if not re.fullmatch(r"(?:19|20)\d{6}", candidate):
        return False
    try:
        date(int(candidate[:4]), int(candidate[4:6]), int(candidate[6:]))
    except ValueError:
        return False
    return True


def _is_isbn(candidate: str, digits: str) -> bool:
    return len(digits) == 13 and digits.startswith(("978", "979")) and not re.search(r"[()/.]", candidate)
