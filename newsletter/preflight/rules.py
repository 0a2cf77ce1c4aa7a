"""The rules of preflight: one rule a function, each saying what to mend, where and how."""

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
"""Gmail clips a letter near 102 KB; a clipped letter hides its unsubscribe link."""
_LONGEST_VALUE = "M" * 40
_LONGEST_LINK = f"https://{'m' * 60}.example/{'m' * 80}"
_MAX_SUBJECT = 150
_LONG_SUBJECT = 78
_UNFINISHED = re.compile(r"\b(TODO|FIXME|TK|TKTK|XXX)\b|(?i:\blorem ipsum\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """What the rules look at: an issue, its edition and where it would go."""

    issue: Issue
    composed: Composition
    settings: Settings
    list_name: str
    tree: lxml_html.HtmlElement
    """The letter's HTML as one reader gets it."""
    inside: tuple[str, ...] = ()
    """The segments that this reader is in, where the issue has parts for some."""

    @property
    def goes_out(self) -> bool:
        """Whether letters leave this machine."""
        return self.settings.delivery.transport != "outbox"

    def finding(self, rule: str, level: Level, message: str, remedy: str = "", line: int | None = None) -> Finding:
        """Return a finding about the issue's file."""
        return Finding(rule=rule, level=level, file=self.issue.file, line=line, message=message, remedy=remedy)

    def setting(self, rule: str, level: Level, message: str, remedy: str = "") -> Finding:
        """Return a finding about newsletter.toml."""
        return Finding(rule=rule, level=level, file=SETTINGS_FILE, message=message, remedy=remedy)

    def line_of(self, text: str) -> int | None:
        """Return the first line of the issue's file that holds `text`."""
        for number, line in enumerate(self.issue.body.split("\n"), self.issue.body_line):
            if text in line:
                return number
        return None


def list_is_known(check: RuleContext) -> Iterator[Finding]:
    """The issue's own list must be one of ours."""
    name = check.issue.list_name
    if name is not None and name not in check.settings.lists:
        remedy = did_you_mean(name, check.settings.lists) or f"Add [lists.{name}] to {SETTINGS_FILE}"
        yield check.finding("list", Level.ERROR, f"unknown list '{name}'", remedy, check.issue.lines.get("list"))


def subject_is_good(check: RuleContext) -> Iterator[Finding]:
    """A subject is there, on one line, and not cut off in the inbox."""
    subject, lines = fill_merge_tags(check.composed.edition.subject, {}), check.issue.lines
    line = lines.get("subject", lines.get("title"))
    if not subject.strip():
        yield check.finding("subject", Level.ERROR, "the subject is empty", "Give the issue a title or a subject", line)
    elif len(subject) > _MAX_SUBJECT:
        message = f"the subject has {len(subject)} characters, more than {_MAX_SUBJECT}"
        yield check.finding("subject", Level.ERROR, message, "Shorten it, or set 'subject'", line)
    elif len(subject) > _LONG_SUBJECT:
        message = f"the subject has {len(subject)} characters; phones show about 40"
        yield check.finding("subject", Level.WARNING, message, "Put what matters first", line)


def preheader_is_there(check: RuleContext) -> Iterator[Finding]:
    """Without a preheader, inboxes show the letter's first words."""
    if not check.composed.edition.preheader:
        yield check.finding(
            "preheader", Level.NOTICE, "there is no preheader", "Add 'preheader': a line under the subject"
        )


def postal_address_is_there(check: RuleContext) -> Iterator[Finding]:
    """Law in many places wants a postal address in every letter."""
    list_settings = check.settings.list_named(check.list_name)
    if not (list_settings.postal_address or check.settings.publication.postal_address).strip():
        level = Level.ERROR if check.goes_out else Level.WARNING
        yield check.setting("postal-address", level, "there is no postal address", "Set [publication] postal_address")


def sender_can_send(check: RuleContext) -> Iterator[Finding]:
    """The From address is one that mail can come from."""
    sender = check.settings.list_named(check.list_name).sender.address
    if sender.is_reserved:
        level = Level.WARNING if check.goes_out else Level.NOTICE
        message = f"most receivers refuse mail from {sender}, since its domain is reserved for examples"
        yield check.setting("sender", level, message, f"Set [lists.{check.list_name}] from to an address of yours")
    elif check.goes_out and sender.domain in _FREE_MAIL:
        message = f"receivers refuse lists that come from {sender.domain} through another server"
        yield check.setting("sender", Level.ERROR, message, "Send from a domain of your own")


def size_is_small_enough(check: RuleContext) -> Iterator[Finding]:
    """The HTML stays whole in Gmail, with the longest values a reader may have."""
    size = sum(
        len(piece.encode()) if isinstance(piece, str) else _longest(piece) for piece in check.composed.edition.html
    )
    if size > WARN_BYTES:
        level = Level.ERROR if size > MAX_BYTES else Level.WARNING
        whose = f" of readers in [{'] and ['.join(check.inside)}]" if check.inside else ""
        message = f"the letter{whose} weighs {size / 1000:.0f} KB; Gmail cuts it off near 102 KB"
        yield check.finding("size", level, message, "Shorten it, or link to the rest")


def links_lead_somewhere(check: RuleContext) -> Iterator[Finding]:
    """Every link is absolute and safe to follow from a letter."""
    seen: set[str] = set()
    for link in check.tree.iter("a"):
        href = (link.get("href") or "").strip()
        if href in seen:
            continue
        seen.add(href)
        line = check.line_of(href) if href else None
        scheme = scheme_of(href)
        if not href:
            yield check.finding("link", Level.WARNING, f"the link '{_said(link)}' leads nowhere", "Give it a target")
        elif href.startswith("#") or scheme in {"https", "mailto", "tel", "sms"}:
            continue
        elif scheme == "http":
            message = f"'{_short(href)}' is not encrypted"
            yield check.finding("link", Level.NOTICE, message, "Use https:// where the site has it", line)
        elif not scheme:
            message = f"'{_short(href)}' leads nowhere from a letter"
            yield check.finding("link", Level.WARNING, message, "Write the whole address, with https://", line)


def pictures_can_be_fetched(check: RuleContext) -> Iterator[Finding]:
    """Pictures have an address that readers can reach."""
    for image in check.tree.iter("img"):
        src = image.get("src") or ""
        if not src.startswith(("http://", "https://")) and check.goes_out:
            message = f"the picture '{_short(src.rsplit('/', 1)[-1])}' has no address that readers can reach"
            yield check.finding(
                "picture",
                Level.ERROR,
                message,
                "Set [archive] url to where the archive is published, or [pictures] store to a bucket",
            )
        elif src.startswith("http://"):
            message = f"the picture '{_short(src)}' is not fetched encrypted, so some clients hide it"
            yield check.finding("picture", Level.WARNING, message, "Use https://", check.line_of(src))


def pictures_are_published(check: RuleContext) -> Iterator[Finding]:
    """An archive that was built before the letter leaves holds the letter's pictures."""
    settings, slug = check.settings, check.issue.slug.text
    linked = linked_pictures(settings, check.composed.edition)
    if settings.pictures.bucket is not None or settings.archive.bucket is not None or not linked:
        return  # a bucket gets them from the send itself
    built, kept = last_built_pictures(settings), sent_pictures(settings)
    missing = [name for name in linked if f"issues/{slug}/{name}" not in (built or ())]
    if not missing:
        return
    is_left_out = _is_left_out(check.issue) and any(f"issues/{slug}/{name}" not in kept for name in missing)
    more = f" and {len(missing) - 1} more are" if missing[1:] else " is"
    yield check.finding(
        "picture-published",
        Level.WARNING if check.goes_out and (built is not None or is_left_out) else Level.NOTICE,
        f"the picture '{_short(missing[0])}'{more} in no archive that was built here",
        "Schedule the letter with 'send --at', then build the archive and publish it before the letter leaves"
        if is_left_out
        else "Build the archive and publish it before you send",
    )


def _is_left_out(issue: Issue) -> bool:
    """Whether an archive built now would have no page of the issue, and none of its pictures."""
    return issue.status is Status.DRAFT or issue.date is None or issue.date > datetime.now(UTC)


def nothing_is_unfinished(check: RuleContext) -> Iterator[Finding]:
    """Placeholders of the author's own are gone."""
    for number, line in enumerate(check.issue.body.split("\n"), check.issue.body_line):
        if match := _UNFINISHED.search(line):
            message = f"'{match[0]}' looks unfinished"
            yield check.finding("unfinished", Level.WARNING, message, "Finish it or take it out", number)
    for key in ("title", "subject", "preheader"):
        text = getattr(check.issue, key)
        if match := _UNFINISHED.search(text):
            message = f"'{match[0]}' in '{_short(text)}' looks unfinished"
            yield check.finding("unfinished", Level.WARNING, message, line=check.issue.lines.get(key))
            break


def it_is_ready(check: RuleContext) -> Iterator[Finding]:
    """A draft is only sent when it is asked for by name."""
    if check.issue.status is Status.DRAFT:
        lines = check.issue.lines
        line = lines.get("status", lines.get("draft", lines.get("published")))
        yield check.finding("draft", Level.NOTICE, "is a draft", "Set 'status: ready' when it may go out", line)
    if check.issue.date is None:
        yield check.finding("date", Level.NOTICE, "has no date, so the archive leaves it out", "Set 'date'")


def times_make_sense(check: RuleContext) -> Iterator[Finding]:
    """What must be sent before a time must not wait until after it."""
    send_at: datetime | None = check.issue.send_at
    if send_at and check.issue.send_before and check.issue.send_before <= send_at:
        yield check.finding(
            "times",
            Level.ERROR,
            "send_before is not after send_at",
            "Mend one of them",
            check.issue.lines.get("send_before"),
        )


RULES = (
    list_is_known,
    subject_is_good,
    preheader_is_there,
    postal_address_is_there,
    sender_can_send,
    size_is_small_enough,
    links_lead_somewhere,
    pictures_can_be_fetched,
    pictures_are_published,
    nothing_is_unfinished,
    it_is_ready,
    times_make_sense,
)

_FREE_MAIL = frozenset({
    "gmail.com", "googlemail.com", "yahoo.com", "aol.com", "outlook.com", "hotmail.com", "live.com", "icloud.com",
    "me.com", "gmx.de", "gmx.net", "web.de", "mail.ru", "yandex.ru", "proton.me", "qq.com", "163.com",
})  # fmt: skip


def scheme_of(href: str) -> str:
    """Return the scheme of a link, or "" when it has none or cannot be read."""
    try:
        return urlsplit(href).scheme.lower()
    except ValueError:
        return ""


def _longest(slot: MergeTag) -> int:
    stand_in = _LONGEST_LINK if slot.name.startswith("links.") else _LONGEST_VALUE
    return max(len(stand_in), len(slot.default.encode()))


def _said(link: lxml_html.HtmlElement) -> str:
    return _short(" ".join(str(link.text_content()).split()))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
