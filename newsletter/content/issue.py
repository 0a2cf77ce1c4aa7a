"""The issue: what the author wrote, as one Markdown file with front matter; and its slug, status and file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from newsletter.finding import Finding


@dataclass(frozen=True, slots=True, order=True)
class Slug:
    """An issue's name in paths and URLs: 1 to 80 characters of a-z, 0-9 and hyphens. ValueError for any other."""

    text: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", self.text):
            raise ValueError(f"'{self.text}' is not a slug: use a-z, 0-9 and hyphens, at most 80 characters")

    def __str__(self) -> str:
        return self.text


class Status(StrEnum):
    """Whether the author has finished an issue."""

    DRAFT = "draft"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFile:
    """The file of one issue, not read yet."""

    slug: Slug
    path: Path
    file: str
    """The path relative to the publication, as findings name it."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue as its file gives it, with defaults applied and every finding kept."""

    slug: Slug
    path: Path
    """The Markdown file; pictures are named relative to its folder."""
    file: str
    """The same path as findings name it: relative to the publication."""
    title: str
    subject: str
    preheader: str = ""
    date: datetime | None = None
    """The publication time: aware, midnight UTC where only a day was given. None for an undated draft."""
    authors: tuple[str, ...] = ()
    list_name: str | None = None
    segment: str | None = None
    template: str = "letter"
    status: Status = Status.DRAFT
    language: str
    tags: tuple[str, ...] = ()
    send_at: datetime | None = None
    send_before: datetime | None = None
    hero: str | None = None
    hero_alt: str = ""
    canonical: str | None = None
    reply_to: str | None = None
    comments_open: bool = True
    body: str
    """The Markdown below the front matter."""
    body_line: int = 1
    """The 1-based line of the file on which `body` begins."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The 1-based line of each key that the front matter gives."""
    extra: dict[str, Any]
    """Front matter under other keys, kept as it was read."""
    findings: tuple[Finding, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder that holds the issue's pictures."""
        return self.path.parent
