"""Front-matter fields: the keys an issue may have, and parsers from their values to types.

A parser raises ValueError whose text completes the sentence "'VALUE' ...".
"""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

KEYS = (
    "title", "subject", "preheader", "date", "authors", "list", "segment", "template", "status", "language",
    "tags", "send_at", "send_before", "hero", "hero_alt", "canonical", "reply_to", "comments",
)  # fmt: skip
"""The documented keys."""

ALIASES = {
    "author": "authors",
    "categories": "tags",
    "category": "tags",
    "keywords": "tags",
    "description": "preheader",
    "summary": "preheader",
    "excerpt": "preheader",
    "lang": "language",
    "canonical_url": "canonical",
    "canonicalURL": "canonical",
}
"""Keys of other site generators, read as ours where ours is missing."""

RECOGNISED_KEYS = frozenset({*KEYS, *ALIASES, "draft", "published"})
"""Every key that an issue is read from."""

FOREIGN_KEYS = frozenset({
    "layout", "draft", "published", "slug", "permalink", "url", "aliases", "weight", "type", "sponsor", "image",
    "images", "cover", "thumbnail", "toc", "math", "katex", "mathjax", "series", "linktitle", "lastmod", "updated",
    "modified", "publishdate", "expirydate", "redirect_from", "redirect_to", "pin", "sitemap", "seo", "og_image",
    "header", "teaser", "id", "guid", "link", "subtitle", "featured_image", "featured", "resources", "menu",
    "outputs", "markup", "iscjklanguage", "modified_date", "last_modified_at", "show_date", "read_time", "share",
    "related", "toc_label",
})  # fmt: skip
"""Keys of Jekyll, Hugo and their like: kept in `Issue.extra`, and never reported as misspelt."""

_DATE_FORMATS = (
    "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M %z", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y%m%d", "%Y-%m",
    "%Y年%m月%d日",
)  # fmt: skip

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def text_line(value: Any) -> str:
    """Return a scalar as one line without control characters; ValueError for a list or a mapping."""
    if value is None:
        return ""
    if isinstance(value, (list, dict, set, bytes)):
        raise ValueError("is not a single line of text")  # noqa: TRY004 - callers catch one error for all values
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", str(value)).strip()


def text_list(value: Any) -> tuple[str, ...]:
    """Return lines of text from a YAML list, a comma-separated line, or mappings with a `name`."""
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple, set)):
        value = [value]
    named = (item.get("name") if isinstance(item, dict) else item for item in value)
    return tuple(text for item in named if (text := text_line(item)))


def person_names(value: Any) -> tuple[str, ...]:
    """Return people's names; a comma within a single name does not split it."""
    return text_list([value] if isinstance(value, str) else value)


def parse_time(value: Any) -> datetime:
    """Return an aware time; UTC where no offset is given, midnight where only a day is. ValueError if it is no date."""
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = text_line(value)
    for parse in (datetime.fromisoformat, _by_format, parsedate_to_datetime):
        try:
            return _aware(parse(text))
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    raise ValueError("is not a date such as 2026-11-23 or 2026-11-23T09:00:00+01:00")


def parse_language(value: Any) -> str:
    """Return a language tag (BCP 47); ValueError if it does not look like one."""
    text = text_line(value).replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}", text):
        raise ValueError("is not a language such as en, pt-BR or ar")
    return text


def parse_comments(value: Any) -> bool:
    """Return whether comments are open: from `open`, `closed`, or the YAML booleans that other programs write."""
    word = text_line(value).lower()
    if word in {"open", "closed"}:
        return word == "open"
    is_open = parse_flag(value)
    if is_open is None:
        raise ValueError("is neither open nor closed")
    return is_open


def parse_flag(value: Any) -> bool | None:
    """Return a YAML 1.1 boolean (true, yes, on, ...); None for any other value."""
    return _FLAGS.get(text_line(value).lower()) if isinstance(value, (str, bool)) else None


def _by_format(text: str) -> datetime:
    for date_format in _DATE_FORMATS:
        try:
            return datetime.strptime(text, date_format)  # noqa: DTZ007 - made aware by the caller
        except ValueError:
            continue
    raise ValueError(text)


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)
