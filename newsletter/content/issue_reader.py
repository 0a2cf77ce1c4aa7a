"""Reads an issue's file: every fault names file, line and remedy, and only four of them refuse.

Refused are a file that cannot be read, front matter that is unclosed or not a mapping, and
an empty body. Everything else gets a sensible default and a finding.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from newsletter.address import Address
from newsletter.content import front_matter_fields as fields
from newsletter.content.first_heading import title_in
from newsletter.content.front_matter import FrontMatter, FrontMatterFault, split
from newsletter.content.issue import Issue, Status
from newsletter.content.issue_files import Found
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import Settings

MAX_BYTES = 2 * 1024 * 1024
_DAY_IN_NAME = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[-_ ]|$)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_Value = TypeVar("_Value")


def read(settings: Settings, found: Found) -> Issue:
    """Read one issue; ContentError when it is refused."""
    text = _read_text(found)
    try:
        front = split(text)
    except FrontMatterFault as fault:
        raise _refusal(found.file, "front-matter", str(fault), fault.line, fault.remedy) from fault
    if not front.body.strip():
        raise _refusal(found.file, "empty", "there is no text in this issue", front.body_line, "Write something")
    return _Reading(settings, found, front).issue()


def _read_text(found: Found) -> str:
    if found.path.exists() and not found.path.is_file():  # a pipe would keep us waiting for ever
        raise _refusal(found.file, "unreadable", "is not an ordinary file", remedy="Put the text itself here")
    try:
        with found.path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(found.file, "unreadable", f"cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        remedy = "Put pictures into files of their own, or split it"
        raise _refusal(found.file, "unreadable", f"is larger than {MAX_BYTES // 2**20} MB", remedy=remedy)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(found.file, "unreadable", "is UTF-16", 1, "Save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong = f"is not UTF-8: byte 0x{raw[error.start]:02x}"
        raise _refusal(found.file, "unreadable", wrong, line, "Save it as UTF-8") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", text).replace("\u2028", "\n").replace("\u2029", "\n")


def _refusal(file: str, rule: str, message: str, line: int | None = None, remedy: str = "") -> ContentError:
    return ContentError([Finding(rule=rule, level=Level.ERROR, file=file, line=line, message=message, remedy=remedy)])


class _Reading:
    """One issue being read: its front matter, and the findings so far."""

    def __init__(self, settings: Settings, found: Found, front: FrontMatter) -> None:
        self.settings = settings
        self.found = found
        self.front = front
        self.values = dict(front.values)
        self.lines = dict(front.lines)
        self.findings = list(found.findings)

    def issue(self) -> Issue:
        """Decide every field."""
        for line, oddity in self.front.oddities:
            self._find("front-matter", Level.WARNING, line, oddity)
        self._adopt_other_names()
        status = self._status()
        title = self._take("title", fields.line_of_text, "") or title_in(self.front.body) or self._title_from_name()
        issue = Issue(
            slug=self.found.slug,
            path=self.found.path,
            file=self.found.file,
            title=title,
            subject=self._take("subject", fields.line_of_text, "") or title,
            preheader=self._take("preheader", fields.line_of_text, ""),
            date=self._take("date", fields.moment, None) or self._day_in_name(),
            authors=self._take("authors", fields.names, ()),
            list_name=self._take("list", fields.line_of_text, "") or None,
            segment=self._take("segment", fields.line_of_text, "") or None,
            template=self._take("template", fields.line_of_text, "") or "letter",
            status=status,
            language=self._take("language", fields.language, self.settings.publication.language),
            tags=self._take("tags", fields.words, ()),
            send_at=self._take("send_at", fields.moment, None),
            send_before=self._take("send_before", fields.moment, None),
            hero=self._take("hero", fields.line_of_text, "") or None,
            hero_alt=self._take("hero_alt", fields.line_of_text, ""),
            canonical=self._take("canonical", fields.line_of_text, "") or None,
            reply_to=self._take("reply_to", lambda value: str(Address.parse(fields.line_of_text(value))), None),
            comments_open=self._take("comments", fields.are_comments_open, True),
            body=self.front.body,
            body_line=self.front.body_line,
            lines=self.lines,
            extra=self.values,
        )
        self._judge_the_rest()
        return replace(issue, findings=tuple(self.findings))

    def _find(self, rule: str, level: Level, line: int | None, message: str, remedy: str = "") -> None:
        self.findings.append(
            Finding(rule=rule, level=level, file=self.found.file, line=line, message=message, remedy=remedy)
        )

    def _take(self, key: str, parse: Callable[[Any], _Value], default: _Value) -> _Value:
        """Return the parsed value of `key` and strike it from the rest; a fault is a finding."""
        if key not in self.values:
            return default
        value = self.values.pop(key)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as fault:
            shown = str(value) if isinstance(value, (str, int, float, bool)) else "this value"
            self._find(key, Level.WARNING, self.lines.get(key), f"{key}: '{shown[:60]}' {fault}", "It was left out")
            return default

    def _adopt_other_names(self) -> None:
        """Read what is ours under other capitals, and what other programs call by another name."""
        for key in tuple(self.values):
            if (ours := key.lower()) != key and ours in fields.READ and ours not in self.values:
                self.values[ours] = self.values.pop(key)
                self.lines[ours] = self.lines.get(key, 1)
        for theirs, ours in fields.UNDERSTOOD.items():
            if theirs in self.values and ours not in self.values:
                self.values[ours] = self.values.pop(theirs)
                self.lines[ours] = self.lines.get(theirs, 1)

    def _status(self) -> Status:
        """Return our status, else what `draft:` and `published:` of other programs say."""
        told = self._take("status", fields.line_of_text, "").lower()
        if told:
            if told in set(Status):
                return Status(told)
            remedy = did_you_mean(told, list(Status)) or "Write draft or ready"
            message = f"unknown status '{told[:40]}', so it is a draft"
            self._find("status", Level.WARNING, self.lines.get("status"), message, remedy)
            return Status.DRAFT
        is_ready = fields.flag(self.values.get("draft")) is False or fields.flag(self.values.get("published")) is True
        return Status.READY if is_ready else Status.DRAFT

    def _day_in_name(self) -> datetime | None:
        match = _DAY_IN_NAME.match(self._name())
        try:
            return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
        except ValueError:
            return None

    def _title_from_name(self) -> str:
        words = re.sub(r"[-_.\s]+", " ", _DAY_IN_NAME.sub("", self._name())).strip()
        return words[:1].upper() + words[1:] or self.found.slug.text

    def _name(self) -> str:
        path: Path = self.found.path
        return path.parent.name if path.stem == "index" and path.parent != self.settings.issues else path.stem

    def _judge_the_rest(self) -> None:
        """Say of each key that is not ours whether it looks like a slip of the pen."""
        for key in self.values:
            if key.lower() in fields.OTHERS:
                continue
            nearest = did_you_mean(key.lower(), fields.KNOWN)
            level = Level.WARNING if nearest else Level.NOTICE
            self._find("unknown-key", level, self.lines.get(key), f"unknown key '{key}' is kept but not used", nearest)
