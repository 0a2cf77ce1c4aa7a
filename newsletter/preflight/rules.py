"""Preflight rules: each is a function from a `RuleContext` to findings with message, line and remedy.

To add a rule, write a function and add it to `RULES`; docs/commands.md describes the command that reports findings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml import html as lxml_html

from newsletter.compose import (
    Composition,
    MergeTag,
    fill_merge_tags,
    last_built_pictures,
    linked_pictures,
    sent_pictures,
)
from newsletter.content import Issue, Status
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import SETTINGS_FILE, Settings

WARN_BYTES = 85_000
MAX_BYTES = 100_000
"""Gmail clips an email near 102 KB, and with its end the unsubscribe link."""
_LONGEST_VALUE = "M" * 40
_LONGEST_LINK = f"https://{'m' * 60}.example/{'m' * 80}"
_MAX_SUBJECT = 150
_LONG_SUBJECT = 78
_UNFINISHED = re.compile(r"\b(TODO|FIXME|TK|TKTK|XXX)\b|(?i:\blorem ipsum\b)")
_FREE_MAIL_DOMAINS = frozenset({
    "gmail.com", "googlemail.com", "yahoo.com", "aol.com", "outlook.com", "hotmail.com", "live.com", "icloud.com",
    "me.com", "gmx.de", "gmx.net", "web.de", "mail.ru", "yandex.ru", "proton.me", "qq.com", "163.com",
})  # fmt: skip
"""Mail providers whose DMARC policy makes receivers reject list mail from other servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """What a rule checks: an issue, its edition, and the list it would be sent to."""

    issue: Issue
    composition: Composition
    settings: Settings
    list_name: str
    tree: lxml_html.HtmlElement
    """The HTML of the email as one reader gets it."""
    inside: tuple[str, ...] = ()
    """The segments that this reader is in, if the issue has parts for some readers only."""

    @property
    def is_sent_out(self) -> bool:
        """Whether emails leave this machine."""
        return self.settings.delivery.transport != "outbox"

    def finding(self, rule: str, level: Level, message: str, remedy: str = "", line: int | None = None) -> Finding:
        """Return a finding about the issue's file."""
        return Finding(rule=rule, level=level, file=self.issue.file, line=line, message=message, remedy=remedy)

    def setting(self, rule: str, level: Level, message: str, remedy: str = "") -> Finding:
        """Return a finding about newsletter.toml."""
        return Finding(rule=rule, level=level, file=SETTINGS_FILE, message=message, remedy=remedy)

    def line_of(self, text: str) -> int | None:
        """Return the first line of the issue's file that contains `text`."""
        for number, line in enumerate(self.issue.body.split("\n"), self.issue.body_line):
            if text in line:
                return number
        return None


def check_list(context: RuleContext) -> Iterator[Finding]:
    """Check that the list named by the issue exists."""
    name = context.issue.list_name
    if name is not None and name not in context.settings.lists:
        remedy = did_you_mean(name, context.settings.lists) or f"Add [lists.{name}] to {SETTINGS_FILE}"
        yield context.finding("list", Level.ERROR, f"unknown list '{name}'", remedy, context.issue.lines.get("list"))


def check_subject(context: RuleContext) -> Iterator[Finding]:
    """Check that there is a subject, and that inboxes do not cut it off."""
    subject = fill_merge_tags(context.composition.edition.subject, {})
    line = context.issue.lines.get("subject", context.issue.lines.get("title"))
    if not subject.strip():
        remedy = "Give the issue a title or a subject"
        yield context.finding("subject", Level.ERROR, "the subject is empty", remedy, line)
    elif len(subject) > _MAX_SUBJECT:
        message = f"the subject has {len(subject)} characters, more than {_MAX_SUBJECT}"
        yield context.finding("subject", Level.ERROR, message, "Shorten it, or set 'subject'", line)
    elif len(subject) > _LONG_SUBJECT:
        message = f"the subject has {len(subject)} characters; phones show about 40"
        yield context.finding("subject", Level.WARNING, message, "Put the important words first", line)


def check_preheader(context: RuleContext) -> Iterator[Finding]:
    """Check that there is a preheader; without one, inboxes show the first words of the text."""
    if not context.composition.edition.preheader:
        remedy = "Add 'preheader', which inboxes show after the subject"
        yield context.finding("preheader", Level.NOTICE, "there is no preheader", remedy)


def check_postal_address(context: RuleContext) -> Iterator[Finding]:
    """Check that there is a postal address, which the law of many countries requires in each email."""
    list_settings = context.settings.list_named(context.list_name)
    if not (list_settings.postal_address or context.settings.publication.postal_address).strip():
        level = Level.ERROR if context.is_sent_out else Level.WARNING
        yield context.setting("postal-address", level, "there is no postal address", "Set [publication] postal_address")


def check_sender(context: RuleContext) -> Iterator[Finding]:
    """Check that receivers accept list mail from the From address."""
    sender = context.settings.list_named(context.list_name).sender.address
    if sender.is_reserved:
        level = Level.WARNING if context.is_sent_out else Level.NOTICE
        message = f"most receivers refuse mail from {sender}, since its domain is reserved for examples"
        remedy = f"Set [lists.{context.list_name}] from to an address of yours"
        yield context.setting("sender", level, message, remedy)
    elif context.is_sent_out and sender.domain in _FREE_MAIL_DOMAINS:
        message = f"receivers refuse mail from {sender.domain} that is sent by other servers"
        yield context.setting("sender", Level.ERROR, message, "Send from a domain of your own")


def check_size(context: RuleContext) -> Iterator[Finding]:
    """Check that Gmail does not clip the HTML, with the longest values that a reader may have."""
    html = context.composition.edition.html
    size = sum(len(piece.encode()) if isinstance(piece, str) else _longest_value(piece) for piece in html)
    if size > WARN_BYTES:
        level = Level.ERROR if size > MAX_BYTES else Level.WARNING
        readers = f" for readers in [{'] and ['.join(context.inside)}]" if context.inside else ""
        message = f"the email{readers} is {size / 1000:.0f} KB; Gmail cuts it off near 102 KB"
        yield context.finding("size", level, message, "Shorten it, or link to the rest")


def check_links(context: RuleContext) -> Iterator[Finding]:
    """Check that every link is an absolute URL, preferably encrypted."""
    seen: set[str] = set()
    for link in context.tree.iter("a"):
        href = (link.get("href") or "").strip()
        if href in seen:
            continue
        seen.add(href)
        line = context.line_of(href) if href else None
        scheme = scheme_of(href)
        if not href:
            message = f"the link '{_link_text(link)}' has no address"
            yield context.finding("link", Level.WARNING, message, "Give it an address")
        elif href.startswith("#") or scheme in {"https", "mailto", "tel", "sms"}:
            continue
        elif scheme == "http":
            message = f"'{_short(href)}' is not encrypted"
            yield context.finding("link", Level.NOTICE, message, "Use https:// if the site supports it", line)
        elif not scheme:
            message = f"'{_short(href)}' is not an absolute address, so it does not work in an email"
            yield context.finding("link", Level.WARNING, message, "Write the full address, with https://", line)


def check_pictures(context: RuleContext) -> Iterator[Finding]:
    """Check that readers can fetch every picture."""
    for image in context.tree.iter("img"):
        src = image.get("src") or ""
        if not src.startswith(("http://", "https://")) and context.is_sent_out:
            message = f"the picture '{_short(src.rsplit('/', 1)[-1])}' has no address that readers can reach"
            remedy = "Set [archive] url to where the archive is published, or [pictures] store to a bucket"
            yield context.finding("picture", Level.ERROR, message, remedy)
        elif src.startswith("http://"):
            message = f"the picture '{_short(src)}' is fetched without encryption, so some mail clients hide it"
            yield context.finding("picture", Level.WARNING, message, "Use https://", context.line_of(src))


def check_published_pictures(context: RuleContext) -> Iterator[Finding]:
    """Check that the last archive built here contains the email's pictures."""
    settings, slug = context.settings, context.issue.slug.text
    linked = linked_pictures(settings, context.composition.edition)
    if settings.pictures.bucket is not None or settings.archive.bucket is not None or not linked:
        return  # sending uploads them to the bucket itself
    built, kept = last_built_pictures(settings), sent_pictures(settings)
    missing = [name for name in linked if f"issues/{slug}/{name}" not in (built or ())]
    if not missing:
        return
    has_no_page = _has_no_page(context.issue) and any(f"issues/{slug}/{name}" not in kept for name in missing)
    more = f" and {len(missing) - 1} more are" if missing[1:] else " is"
    yield context.finding(
        "picture-published",
        Level.WARNING if context.is_sent_out and (built is not None or has_no_page) else Level.NOTICE,
        f"the picture '{_short(missing[0])}'{more} not in an archive built on this machine",
        "Schedule the issue with 'send --at', then build and publish the archive before it is sent"
        if has_no_page
        else "Build and publish the archive before you send",
    )


def _has_no_page(issue: Issue) -> bool:
    """Return whether an archive built now would have no page of the issue, and so none of its pictures."""
    return issue.status is Status.DRAFT or issue.date is None or issue.date > datetime.now(UTC)


def check_placeholders(context: RuleContext) -> Iterator[Finding]:
    """Check that no placeholder of the author's, such as TODO, is left."""
    for number, line in enumerate(context.issue.body.split("\n"), context.issue.body_line):
        if match := _UNFINISHED.search(line):
            message = f"'{match[0]}' looks unfinished"
            yield context.finding("unfinished", Level.WARNING, message, "Finish it or remove it", number)
    for key in ("title", "subject", "preheader"):
        text = getattr(context.issue, key)
        if match := _UNFINISHED.search(text):
            message = f"'{match[0]}' in '{_short(text)}' looks unfinished"
            yield context.finding("unfinished", Level.WARNING, message, line=context.issue.lines.get(key))
            break


def check_status(context: RuleContext) -> Iterator[Finding]:
    """Check that the issue is ready and has a date."""
    if context.issue.status is Status.DRAFT:
        lines = context.issue.lines
        line = lines.get("status", lines.get("draft", lines.get("published")))
        yield context.finding("draft", Level.NOTICE, "is a draft", "Set 'status: ready' when it is finished", line)
    if context.issue.date is None:
        yield context.finding("date", Level.NOTICE, "has no date, so the archive leaves it out", "Set 'date'")


def check_times(context: RuleContext) -> Iterator[Finding]:
    """Check that send_before is later than send_at."""
    send_at, send_before = context.issue.send_at, context.issue.send_before
    if send_at and send_before and send_before <= send_at:
        line = context.issue.lines.get("send_before")
        yield context.finding("times", Level.ERROR, "send_before is not later than send_at", "Change one of them", line)


RULES = (
    check_list,
    check_subject,
    check_preheader,
    check_postal_address,
    check_sender,
    check_size,
    check_links,
    check_pictures,
    check_published_pictures,
    check_placeholders,
    check_status,
    check_times,
)


def scheme_of(href: str) -> str:
    """Return the scheme of a link in lower case; "" if it has none or is invalid."""
    try:
        return urlsplit(href).scheme.lower()
    except ValueError:
        return ""


def _longest_value(tag: MergeTag) -> int:
    stand_in = _LONGEST_LINK if tag.name.startswith("links.") else _LONGEST_VALUE
    return max(len(stand_in), len(tag.default.encode()))


def _link_text(link: lxml_html.HtmlElement) -> str:
    return _short(" ".join(str(link.text_content()).split()))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
