"""Reads an issue's file: every fault is a finding with line and remedy, and only four refuse the file.

Refused are a file that cannot be read, front matter that is unclosed or not a mapping, and an empty body. Anything
else gets a sensible default and a finding.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from newsletter.address import Address
from newsletter.content import front_matter_fields as fields
from newsletter.content.front_matter import FrontMatter, FrontMatterError, split_front_matter
from newsletter.content.issue import Issue, IssueFile, Status
from newsletter.content.title import title_in
from newsletter.errors import ContentError, describe
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import Settings

MAX_BYTES = 2 * 1024 * 1024
_DATE_IN_NAME = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[-_ ]|$)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_Value = TypeVar("_Value")


def read_issue_file(settings: Settings, issue_file: IssueFile) -> Issue:
    """Read one issue; ContentError if its file is refused."""
    text = _read_text(issue_file)
    try:
        front_matter = split_front_matter(text)
    except FrontMatterError as error:
        raise _refusal(issue_file.file, "front-matter", str(error), error.line, error.remedy) from error
    if not front_matter.body.strip():
        message = "there is no text in this issue"
        raise _refusal(issue_file.file, "empty", message, front_matter.body_line, "Write something")
    return _IssueBuilder(settings, issue_file, front_matter).build()


def _read_text(issue_file: IssueFile) -> str:
    file = issue_file.file
    if issue_file.path.exists() and not issue_file.path.is_file():  # reading a pipe could block for ever
        raise _refusal(file, "unreadable", "is not an ordinary file", remedy="Put the text itself here")
    try:
        with issue_file.path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(file, "unreadable", f"cannot be read: {describe(error)}") from error
    if len(raw) > MAX_BYTES:
        remedy = "Put pictures into files of their own, or split the issue"
        raise _refusal(file, "unreadable", f"is larger than {MAX_BYTES // 2**20} MB", remedy=remedy)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(file, "unreadable", "is UTF-16", 1, "Save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte 0x{raw[error.start]:02x}"
        raise _refusal(file, "unreadable", message, line, "Save it as UTF-8") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", text).replace("\u2028", "\n").replace("\u2029", "\n")


def _refusal(file: str, rule: str, message: str, line: int | None = None, remedy: str = "") -> ContentError:
    return ContentError([Finding(rule=rule, level=Level.ERROR, file=file, line=line, message=message, remedy=remedy)])


class _IssueBuilder:
    """Turns the front matter of one issue into an `Issue`, collecting findings on the way."""

    def __init__(self, settings: Settings, issue_file: IssueFile, front_matter: FrontMatter) -> None:
        self.settings = settings
        self.issue_file = issue_file
        self.front_matter = front_matter
        self.values = dict(front_matter.values)
        self.lines = dict(front_matter.lines)
        self.findings = list(issue_file.findings)

    def build(self) -> Issue:
        """Return the issue with a value for every field."""
        for line, repair in self.front_matter.repairs:
            self._add_finding("front-matter", Level.WARNING, line, repair)
        self._apply_aliases()
        status = self._status()
        body = self.front_matter.body
        title = self._take("title", fields.text_line, "") or title_in(body) or self._title_from_name()
        issue = Issue(
            slug=self.issue_file.slug,
            path=self.issue_file.path,
            file=self.issue_file.file,
            title=title,
            subject=self._take("subject", fields.text_line, "") or title,
            preheader=self._take("preheader", fields.text_line, ""),
            date=self._take("date", fields.parse_time, None) or self._date_from_name(),
            authors=self._take("authors", fields.person_names, ()),
            list_name=self._take("list", fields.text_line, "") or None,
            segment=self._take("segment", fields.text_line, "") or None,
            template=self._take("template", fields.text_line, "") or "letter",
            status=status,
            language=self._take("language", fields.parse_language, self.settings.publication.language),
            tags=self._take("tags", fields.text_list, ()),
            send_at=self._take("send_at", fields.parse_time, None),
            send_before=self._take("send_before", fields.parse_time, None),
            hero=self._take("hero", fields.text_line, "") or None,
            hero_alt=self._take("hero_alt", fields.text_line, ""),
            canonical=self._take("canonical", fields.text_line, "") or None,
            reply_to=self._take("reply_to", lambda value: str(Address.parse(fields.text_line(value))), None),
            comments_open=self._take("comments", fields.parse_comments, True),
            body=body,
            body_line=self.front_matter.body_line,
            lines=self.lines,
            extra=self.values,
        )
        self._report_unknown_keys()
        return replace(issue, findings=tuple(self.findings))

    def _add_finding(self, rule: str, level: Level, line: int | None, message: str, remedy: str = "") -> None:
        self.findings.append(
            Finding(rule=rule, level=level, file=self.issue_file.file, line=line, message=message, remedy=remedy)
        )

    def _take(self, key: str, parse: Callable[[Any], _Value], default: _Value) -> _Value:
        """Remove `key` from the values and return it parsed; a value that cannot be parsed is a finding."""
        if key not in self.values:
            return default
        value = self.values.pop(key)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            shown = str(value) if isinstance(value, (str, int, float, bool)) else "this value"
            message = f"{key}: '{shown[:60]}' {error}"
            self._add_finding(key, Level.WARNING, self.lines.get(key), message, "It was left out")
            return default

    def _apply_aliases(self) -> None:
        """Move values from keys in other capitals, and from the keys of other site generators, to our own."""
        for key in tuple(self.values):
            lowered = key.lower()
            if lowered != key and lowered in fields.RECOGNISED_KEYS and lowered not in self.values:
                self.values[lowered] = self.values.pop(key)
                self.lines[lowered] = self.lines.get(key, 1)
        for alias, key in fields.ALIASES.items():
            if alias in self.values and key not in self.values:
                self.values[key] = self.values.pop(alias)
                self.lines[key] = self.lines.get(alias, 1)

    def _status(self) -> Status:
        """Return `status`, else what `draft` and `published` of other site generators mean."""
        status = self._take("status", fields.text_line, "").lower()
        if status:
            if status in set(Status):
                return Status(status)
            remedy = did_you_mean(status, list(Status)) or "Write draft or ready"
            message = f"unknown status '{status[:40]}', so it is a draft"
            self._add_finding("status", Level.WARNING, self.lines.get("status"), message, remedy)
            return Status.DRAFT
        is_draft = fields.parse_flag(self.values.get("draft"))
        is_published = fields.parse_flag(self.values.get("published"))
        return Status.READY if is_draft is False or is_published is True else Status.DRAFT

    def _date_from_name(self) -> datetime | None:
        match = _DATE_IN_NAME.match(self._name())
        try:
            return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
        except ValueError:
            return None

    def _title_from_name(self) -> str:
        title = re.sub(r"[-_.\s]+", " ", _DATE_IN_NAME.sub("", self._name())).strip()
        return title[:1].upper() + title[1:] or self.issue_file.slug.text

    def _name(self) -> str:
        path = self.issue_file.path
        return path.parent.name if path.stem == "index" and path.parent != self.settings.issues else path.stem

    def _report_unknown_keys(self) -> None:
        """Report each key that is kept but not used: as a warning where it looks misspelt, else as a notice."""
        for key in self.values:
            if key.lower() in fields.FOREIGN_KEYS:
                continue
            nearest = did_you_mean(key.lower(), fields.KEYS)
            level = Level.WARNING if nearest else Level.NOTICE
            message = f"unknown key '{key}' is kept but not used"
            self._add_finding("unknown-key", level, self.lines.get(key), message, nearest)
