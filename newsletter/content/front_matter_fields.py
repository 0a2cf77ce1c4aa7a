"""Front-matter values: what an author wrote under a key, as the type we keep, or the reason why not."""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

KNOWN = (
    "title", "subject", "preheader", "date", "authors", "list", "segment", "template", "status", "language",
    "tags", "send_at", "send_before", "hero", "hero_alt", "canonical", "reply_to", "comments",
)  # fmt: skip
"""The keys that are ours."""

UNDERSTOOD = {
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
"""Keys of other programs, read as ours where ours is not given."""

READ = frozenset({*KNOWN, *UNDERSTOOD, "draft", "published"})
"""All that an issue is read from."""

OTHERS = frozenset({
    "layout", "draft", "published", "slug", "permalink", "url", "aliases", "weight", "type", "sponsor", "image",
    "images", "cover", "thumbnail", "toc", "math", "katex", "mathjax", "series", "linktitle", "lastmod", "updated",
    "modified", "publishdate", "expirydate", "redirect_from", "redirect_to", "pin", "sitemap", "seo", "og_image",
    "header", "teaser", "id", "guid", "link", "subtitle", "featured_image", "featured", "resources", "menu",
    "outputs", "markup", "iscjklanguage", "modified_date", "last_modified_at", "show_date", "read_time", "share",
    "related", "toc_label",
})  # fmt: skip
"""Keys that other programs use; kept without being taken for a slip of the pen."""

_DATE_FORMS = (
    "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M %z", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y%m%d", "%Y-%m",
    "%Y年%m月%d日",
)  # fmt: skip

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def line_of_text(value: Any) -> str:
    """Return a scalar as one clean line; ValueError for a list or a mapping."""
    if value is None:
        return ""
    if isinstance(value, (list, dict, set, bytes)):
        raise ValueError("is not a line of text")  # noqa: TRY004 - one fault for all values
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", str(value)).strip()


def words(value: Any) -> tuple[str, ...]:
    """Return a list of lines: a YAML list, a comma-separated line, or mappings that have a name."""
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple, set)):
        value = [value]
    named = (item.get("name") if isinstance(item, dict) else item for item in value)
    return tuple(text for item in named if (text := line_of_text(item)))


def names(value: Any) -> tuple[str, ...]:
    """Return people's names; a comma in a single name does not split it."""
    return words([value] if isinstance(value, str) else value)


def moment(value: Any) -> datetime:
    """Return an aware time, midnight UTC where only a day was given; ValueError when it is none."""
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = line_of_text(value)
    for read in (datetime.fromisoformat, _by_form, parsedate_to_datetime):
        try:
            return _aware(read(text))
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    raise ValueError("is not a date such as 2026-11-23 or 2026-11-23T09:00:00+01:00")


def language(value: Any) -> str:
    """Return a language tag (BCP 47); ValueError when it does not look like one."""
    text = line_of_text(value).replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}", text):
        raise ValueError("is not a language such as en, pt-BR or ar")
    return text


def are_comments_open(value: Any) -> bool:
    """Read `open`, `closed`, or what other programs write: yes and no, in any of YAML's words."""
    word = line_of_text(value).lower()
    if word in {"open", "closed"}:
        return word == "open"
    if (told := flag(value)) is None:
        raise ValueError("is neither open nor closed")
    return told


def flag(value: Any) -> bool | None:
    """Return what one of YAML's words for yes and no says; None when it is none of them."""
    return _FLAGS.get(line_of_text(value).lower()) if isinstance(value, (str, bool)) else None


def _by_form(text: str) -> datetime:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - made aware by the caller
        except ValueError:
            continue
    raise ValueError(text)


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)
