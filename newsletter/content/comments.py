"""Comments: published replies, each a Markdown file `comments/<date>-<id>.md` beside its issue."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frontmatter

from newsletter.atomic_file import write_atomically
from newsletter.content.front_matter import FrontMatterError, split_front_matter
from newsletter.content.front_matter_fields import parse_flag, parse_time, text_line
from newsletter.content.issue import IssueFile
from newsletter.content.issue_folder import find_issue_file, list_issue_files
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

MAX_BYTES = 256 * 1024
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A published reply, shown below its issue."""

    id: str
    author: str
    date: datetime
    text: str
    """Plain text in paragraphs; never HTML."""
    in_reply_to: str | None = None
    """The id of the comment it answers."""
    is_verified: bool = False
    """Whether the sender's address was proven to be the subscriber's."""
    is_by_author: bool = False
    """Whether the author of the publication wrote it."""
    is_withdrawn: bool = False
    """Whether it was withdrawn: it is shown without name and text, so that its thread keeps its shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentCollection:
    """An issue's comments, oldest first, and the faults of those that could not be read."""

    comments: tuple[Comment, ...]
    findings: tuple[Finding, ...]


def read_comments(settings: Settings, slug: str) -> CommentCollection:
    """Read an issue's comments; one that cannot be read becomes a finding and never hides another."""
    folder = _folder(settings, slug)
    comments: dict[str, Comment] = {}
    findings: list[Finding] = []
    for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
        file = path.relative_to(settings.root).as_posix()
        try:
            comment = _read(path, settings.root)
        except FrontMatterError as error:
            findings.append(_finding(file, error.line, str(error), error.remedy))
        except (ValueError, OSError) as error:
            findings.append(_finding(file, None, str(error), "Correct the file, or delete it"))
        else:
            if comment.id in comments:
                findings.append(_finding(file, None, f"comment '{comment.id}' exists twice", "Delete one of them"))
            comments.setdefault(comment.id, comment)
    ordered = sorted(comments.values(), key=lambda comment: (comment.date, comment.id))
    return CommentCollection(comments=tuple(ordered), findings=tuple(findings))


def find_comment(settings: Settings, comment_id: str) -> tuple[str, Comment] | None:
    """Return a comment and the slug of its issue; None if no issue has it, or it was withdrawn."""
    for issue_file in list_issue_files(settings).files:
        for path in _files_of(_comments_folder(settings, issue_file), comment_id):
            with suppress(FrontMatterError, ValueError, OSError):
                comment = _read(path, settings.root)
                return None if comment.is_withdrawn else (issue_file.slug.text, comment)
    return None


def comment_path(settings: Settings, slug: str, comment_id: str) -> Path | None:
    """Return the file of a comment, or None if there is none."""
    return next(iter(_files_of(_folder(settings, slug), comment_id)), None)


def _files_of(folder: Path, comment_id: str) -> list[Path]:
    if not _ID.fullmatch(comment_id):
        return []
    return [path for path in sorted(folder.glob(f"*-{comment_id}.md")) if _is_file_of(path, comment_id)]


def write_comment(settings: Settings, slug: str, comment: Comment) -> Path:
    """Write a comment's file atomically and return its path; an existing file of the same id is replaced.

    ValueError if the id cannot be part of a file name.
    """
    if not _ID.fullmatch(comment.id):
        raise ValueError(f"'{comment.id}' is not a comment id: use letters, digits, - and _")
    folder = _folder(settings, slug)
    folder.mkdir(parents=True, exist_ok=True)
    existing = _files_of(folder, comment.id)
    path = existing[0] if existing else folder / f"{comment.date.astimezone(UTC):%Y-%m-%d}-{comment.id}.md"
    write_atomically(path, _format(comment).encode())
    return path


def _folder(settings: Settings, slug: str) -> Path:
    return _comments_folder(settings, find_issue_file(settings, slug))


def _comments_folder(settings: Settings, issue_file: IssueFile) -> Path:
    folder = issue_file.path.parent
    return (folder if folder != settings.issues else settings.issues / issue_file.slug.text) / "comments"


def _is_file_of(path: Path, comment_id: str) -> bool:
    return re.fullmatch(rf"\d{{4}}-\d\d-\d\d-{re.escape(comment_id)}\.md", path.name) is not None


def _read(path: Path, root: Path) -> Comment:
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError("leads out of the publication and was not followed")
    if not path.is_file():
        raise ValueError("is not an ordinary file")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES // 1024} KB")
    front_matter = split_front_matter(path.read_text(encoding="utf-8-sig").replace("\r\n", "\n"))
    values = front_matter.values
    comment_id = text_line(values.get("id")) or re.sub(r"^\d{4}-\d\d-\d\d-", "", path.stem)
    is_withdrawn = parse_flag(values.get("withdrawn")) is True
    if not front_matter.body.strip() and not is_withdrawn:
        raise ValueError("there is no text in this comment")
    return Comment(
        id=comment_id,
        author="" if is_withdrawn else text_line(values.get("author")) or "Anonymous",
        date=parse_time(values["date"]) if values.get("date") else parse_time(path.name[:10]),
        text="" if is_withdrawn else front_matter.body.strip(),
        in_reply_to=text_line(values.get("in_reply_to")) or None,
        is_verified=parse_flag(values.get("verified")) is True and not is_withdrawn,
        is_by_author=parse_flag(values.get("by_author")) is True and not is_withdrawn,
        is_withdrawn=is_withdrawn,
    )


def _format(comment: Comment) -> str:
    values: dict[str, Any] = {
        "id": comment.id,
        "author": text_line(comment.author),
        "date": comment.date.astimezone(UTC).isoformat(timespec="seconds"),
        "verified": comment.is_verified,
    }
    if comment.is_by_author:
        values["by_author"] = True
    if comment.is_withdrawn:
        values = {"id": comment.id, "date": values["date"], "withdrawn": True}
    if comment.in_reply_to:
        values["in_reply_to"] = comment.in_reply_to
    text = (
        ""
        if comment.is_withdrawn
        else _UNPRINTABLE.sub("", comment.text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    )
    return f"{frontmatter.dumps(frontmatter.Post(text, **values), sort_keys=False, width=1000)}\n"


def _finding(file: str, line: int | None, message: str, remedy: str) -> Finding:
    return Finding(rule="comment", level=Level.WARNING, file=file, line=line, message=message, remedy=remedy)
