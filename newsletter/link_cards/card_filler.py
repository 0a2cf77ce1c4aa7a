"""Fills the cards of an issue: what their author left out is fetched, and written into the issue's own file.

An author's words and files stay as they are unless that is asked for. A file that changed meanwhile, or a box into
which nothing can be written safely, is left alone: what was found is then there to be pasted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.atomic_file import write_atomically
from newsletter.compose import CardDirective, read_card_directives
from newsletter.content import Issue
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.link_cards.address_guard import FetchError
from newsletter.link_cards.directive_editor import NAMES, Lines, as_box, as_written, fill
from newsletter.link_cards.http_client import HttpClient
from newsletter.link_cards.page_lookup import PLAYERS, Clipping, Poster, look_up, player_of
from newsletter.settings import Settings

_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardResult:
    """What became of one card."""

    file: str
    line: int
    url: str
    fields: Mapping[str, str]
    """What was found and was missing, as it is written into the box."""
    picture: Path | None = None
    """The file that was (or would be) put beside the issue."""
    paste: str = ""
    """The whole box, where it could not be written into the file."""
    finding: Finding | None = None
    """What could not be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    box: CardDirective
    clipping: Clipping
    fields: Mapping[str, str]
    picture: Path | None


def fill_cards(
    settings: Settings,
    issue: Issue,
    web: HttpClient,
    *,
    is_forced: bool = False,
    is_dry_run: bool = False,
    players: Mapping[str, str] = PLAYERS,
) -> Iterator[CardResult]:
    """Fill every card of an issue that lacks something, and say what became of each, in order.

    With `is_forced` what stands there is replaced too; with `is_dry_run` nothing is written. One card that leads
    nowhere stops no other.
    """
    raw = issue.path.read_bytes()
    boxes, _rest = read_card_directives(issue, settings)
    found: list[_Found | CardResult] = []
    taken: set[Path] = set()
    for box in boxes:
        wanted = _wanted(box, is_forced=is_forced)
        if not wanted or not box.href.startswith(_WEB) or "{{" in box.href:
            continue
        try:
            clipping = look_up(box.href, web, wants_picture="picture" in wanted, is_video=box.is_video, players=players)
        except FetchError as fault:
            found.append(_dead(issue, box, str(fault)))
            continue
        found.append(_kept(settings, issue, box, clipping, wanted, taken, is_forced=is_forced))
    yield from _written(settings, issue, raw, found, is_dry_run=is_dry_run)


def make_card(
    url: str, folder: Path | None, web: HttpClient, *, stem: str = "", players: Mapping[str, str] = PLAYERS
) -> tuple[str, Path | None, Clipping]:
    """Return a whole box for `url`, the picture that was put into `folder`, and what was found."""
    is_video = bool(player_of(url, players))
    clipping = look_up(url, web, wants_picture=folder is not None, is_video=is_video, players=players)
    picture = None
    if folder is not None and clipping.poster is not None:
        picture = _place(clipping.poster, folder, stem, set(), is_forced=False)
        _put(picture, clipping.poster)
    fields = {
        name: as_written(name, value)
        for name, value in (("title", clipping.title), ("text", clipping.text), ("alt", clipping.alt))
        if value
    }
    if picture is not None:
        fields["picture"] = picture.name
    return as_box(url, fields, is_video=is_video), picture, clipping


def _wanted(box: CardDirective, *, is_forced: bool) -> set[str]:
    """Return what is to be fetched; a video needs no words, and words for a picture go with it."""
    if is_forced:
        return set(NAMES)
    given = {"title": box.title, "text": box.text, "picture": box.picture}
    missing = {name for name, value in given.items() if not value}
    if missing == {"text"} and box.is_video:
        return set()
    return missing | ({"alt"} if "picture" in missing and not box.alt else set())


def _kept(
    settings: Settings,
    issue: Issue,
    box: CardDirective,
    clipping: Clipping,
    wanted: set[str],
    taken: set[Path],
    *,
    is_forced: bool,
) -> _Found | CardResult:
    values = {"title": clipping.title, "text": clipping.text, "alt": clipping.alt}
    picture = None
    if clipping.poster is not None:
        stem = f"{issue.slug}-" if issue.folder == settings.issues else ""
        picture = _place(clipping.poster, issue.folder, stem, taken, is_forced=is_forced)
        taken.add(picture)
        values["picture"] = picture.name
    fields = {
        name: written
        for name in NAMES
        if name in wanted and values.get(name) and (written := as_written(name, values[name]))
    }
    if not fields and wanted <= {"text", "alt"}:
        return CardResult(file=issue.file, line=box.line, url=box.href, fields={})
    if not fields:
        trouble = "; ".join(clipping.troubles) or "the page says nothing that is missing here"
        return _dead(issue, box, trouble)
    return _Found(box=box, clipping=clipping, fields=fields, picture=picture)


def _place(poster: Poster, folder: Path, stem: str, taken: set[Path], *, is_forced: bool) -> Path:
    """Return where a picture goes: never over another file, unless that is asked for."""
    number = 1
    while True:
        path = folder / f"{stem}{poster.stem}{f'-{number}' if number > 1 else ''}{poster.suffix}"
        if path not in taken and (not path.exists() or is_forced or _holds(path, poster.content)):
            return path
        number += 1


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _put(path: Path, poster: Poster) -> None:
    if not _holds(path, poster.content):
        write_atomically(path, poster.content)


def _written(
    settings: Settings, issue: Issue, raw: bytes, found: Sequence[_Found | CardResult], *, is_dry_run: bool
) -> Iterator[CardResult]:
    """Write from the last box to the first, so that no line moves before its turn, and report in their order."""
    mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    text = raw.decode("utf-8-sig")
    filled: set[int] = set()
    for one in reversed(found):
        if isinstance(one, _Found):
            edited = _edited(settings, issue, text, one)
            if edited is not None:
                text = edited
                filled.add(one.box.line)
    if not is_dry_run:
        _refuse_changed(issue, raw)
        for one in found:
            if isinstance(one, _Found) and one.picture and one.clipping.poster:
                _put(one.picture, one.clipping.poster)
        if filled:
            _refuse_changed(issue, raw)
            path = issue.path.resolve()
            write_atomically(path, f"{mark}{text}".encode(), mode=path.stat().st_mode & 0o777)
    for one in found:
        yield one if isinstance(one, CardResult) else _report(issue, one, is_filled=one.box.line in filled)


def _edited(settings: Settings, issue: Issue, text: str, one: _Found) -> str | None:
    """Return the file with one box filled, None where it would not say what it should, or something else."""
    lines = Lines(text)
    if not fill(lines, one.box.line - 1, one.fields):
        return None
    before_boxes, before = read_card_directives(_with_body(issue, text), settings)
    after_boxes, after = read_card_directives(_with_body(issue, lines.text()), settings)
    if before != after or len(before_boxes) != len(after_boxes):
        return None
    for old, new in zip(before_boxes, after_boxes, strict=True):
        if old.line != one.box.line:
            if replace(old, line=0) != replace(new, line=0):
                return None
        elif new.href != old.href or not _says(new, one):
            return None
    return lines.text()


def _says(box: CardDirective, one: _Found) -> bool:
    """Whether a box says what was found, its title but for marks that are set typographically."""
    fields = one.fields
    return (
        ("title" not in fields or _letters(box.title) == _letters(one.clipping.title))
        and fields.get("text", "") in box.text
        and box.picture == fields.get("picture", box.picture)
        and box.alt == fields.get("alt", box.alt)
    )


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _with_body(issue: Issue, text: str) -> Issue:
    return replace(issue, body="\n".join(Lines(text).lines[issue.body_line - 1 :]))


def _refuse_changed(issue: Issue, before: bytes) -> None:
    if issue.path.read_bytes() != before:
        message = "was changed while its cards were being fetched, so nothing was written"
        finding = Finding(rule="card", level=Level.ERROR, file=issue.file, message=message, remedy="Run it again")
        raise ContentError([finding])


def _report(issue: Issue, one: _Found, *, is_filled: bool) -> CardResult:
    box = one.box
    finding = _finding(issue, box, one.clipping.troubles[0]) if one.clipping.troubles else None
    paste = "" if is_filled else as_box(box.href, one.fields, is_video=box.is_video)
    return CardResult(
        file=issue.file,
        line=box.line,
        url=box.href,
        fields=one.fields,
        picture=one.picture,
        paste=paste,
        finding=finding,
    )


def _dead(issue: Issue, box: CardDirective, why: str) -> CardResult:
    return CardResult(file=issue.file, line=box.line, url=box.href, fields={}, finding=_finding(issue, box, why))


def _finding(issue: Issue, box: CardDirective, why: str) -> Finding:
    remedy = "Give what is missing yourself"
    return Finding(rule="card", level=Level.ERROR, file=issue.file, line=box.line, message=why, remedy=remedy)
