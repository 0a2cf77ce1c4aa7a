"""Fills the cards of an issue: fetches what their author left out and writes it into the issue's own file.

What the author wrote stays unless it is to be overwritten. If the file changes meanwhile, nothing is written; if a card
cannot be edited safely, the complete directive is returned to be pasted.
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
from newsletter.link_cards.directive_editor import FIELDS, LineEditor, escape_field, fill_fields, format_directive
from newsletter.link_cards.http_client import HttpClient
from newsletter.link_cards.page_lookup import OEMBED_ENDPOINTS, CardContent, CardPicture, look_up, oembed_endpoint
from newsletter.settings import Settings

_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardResult:
    """What was done about one card."""

    file: str
    line: int
    url: str
    fields: Mapping[str, str]
    """The missing fields that were found, as they are written into the directive."""
    picture: Path | None = None
    """The picture that was (or would be) written beside the issue."""
    paste: str = ""
    """The complete directive, if it could not be written into the file."""
    finding: Finding | None = None
    """What could not be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    """The fields and the picture to be written for one card."""

    card: CardDirective
    content: CardContent
    fields: Mapping[str, str]
    picture: Path | None


def fill_cards(
    settings: Settings,
    issue: Issue,
    client: HttpClient,
    *,
    is_forced: bool = False,
    is_dry_run: bool = False,
    endpoints: Mapping[str, str] = OEMBED_ENDPOINTS,
) -> Iterator[CardResult]:
    """Fill every incomplete card of an issue, and yield a result for each in order.

    With `is_forced`, existing fields are overwritten too; with `is_dry_run`, nothing is written. A card whose page
    cannot be fetched does not stop the others. ContentError if the file changes meanwhile.
    """
    raw = issue.path.read_bytes()
    cards, _rest = read_card_directives(issue, settings)
    outcomes: list[_Fill | CardResult] = []
    used_paths: set[Path] = set()
    for card in cards:
        wanted = _wanted_fields(card, is_forced=is_forced)
        if not wanted or not card.href.startswith(_WEB) or "{{" in card.href:
            continue
        try:
            content = look_up(
                card.href, client, wants_picture="picture" in wanted, is_video=card.is_video, endpoints=endpoints
            )
        except FetchError as error:
            outcomes.append(_failure(issue, card, str(error)))
            continue
        outcomes.append(_prepare(settings, issue, card, content, wanted, used_paths, is_forced=is_forced))
    yield from _write(settings, issue, raw, outcomes, is_dry_run=is_dry_run)


def make_card(
    url: str,
    folder: Path | None,
    client: HttpClient,
    *,
    stem: str = "",
    endpoints: Mapping[str, str] = OEMBED_ENDPOINTS,
) -> tuple[str, Path | None, CardContent]:
    """Return a complete card directive for `url`, the picture written into `folder`, and everything that was found."""
    is_video = bool(oembed_endpoint(url, endpoints))
    content = look_up(url, client, wants_picture=folder is not None, is_video=is_video, endpoints=endpoints)
    path = None
    if folder is not None and content.picture is not None:
        path = _choose_path(content.picture, folder, stem, set(), is_forced=False)
        _write_picture(path, content.picture)
    fields = {
        name: escape_field(name, value)
        for name, value in (("title", content.title), ("text", content.text), ("alt", content.alt))
        if value
    }
    if path is not None:
        fields["picture"] = path.name
    return format_directive(url, fields, is_video=is_video), path, content


def _wanted_fields(card: CardDirective, *, is_forced: bool) -> set[str]:
    """Return the fields to fetch; a video needs no text, and an alt text comes with its picture."""
    if is_forced:
        return set(FIELDS)
    given = {"title": card.title, "text": card.text, "picture": card.picture}
    missing = {name for name, value in given.items() if not value}
    if missing == {"text"} and card.is_video:
        return set()
    return missing | ({"alt"} if "picture" in missing and not card.alt else set())


def _prepare(
    settings: Settings,
    issue: Issue,
    card: CardDirective,
    content: CardContent,
    wanted: set[str],
    used_paths: set[Path],
    *,
    is_forced: bool,
) -> _Fill | CardResult:
    """Return what to write for a card, or a result if there is nothing to write."""
    values = {"title": content.title, "text": content.text, "alt": content.alt}
    path = None
    if content.picture is not None:
        stem = f"{issue.slug}-" if issue.folder == settings.issues else ""
        path = _choose_path(content.picture, issue.folder, stem, used_paths, is_forced=is_forced)
        used_paths.add(path)
        values["picture"] = path.name
    fields = {
        name: escaped
        for name in FIELDS
        if name in wanted and values.get(name) and (escaped := escape_field(name, values[name]))
    }
    if not fields and wanted <= {"text", "alt"}:
        return CardResult(file=issue.file, line=card.line, url=card.href, fields={})
    if not fields:
        return _failure(issue, card, "; ".join(content.problems) or "the page has none of the missing fields")
    return _Fill(card=card, content=content, fields=fields, picture=path)


def _choose_path(picture: CardPicture, folder: Path, stem: str, used_paths: set[Path], *, is_forced: bool) -> Path:
    """Return a path for a picture that overwrites no other file, unless `is_forced`."""
    number = 1
    while True:
        path = folder / f"{stem}{picture.stem}{f'-{number}' if number > 1 else ''}{picture.suffix}"
        if path not in used_paths and (not path.exists() or is_forced or _has_content(path, picture.content)):
            return path
        number += 1


def _has_content(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _write_picture(path: Path, picture: CardPicture) -> None:
    if not _has_content(path, picture.content):
        write_atomically(path, picture.content)


def _write(
    settings: Settings, issue: Issue, raw: bytes, outcomes: Sequence[_Fill | CardResult], *, is_dry_run: bool
) -> Iterator[CardResult]:
    """Edit the file from the last card to the first, so that line numbers stay valid; yield results in order."""
    byte_order_mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    text = raw.decode("utf-8-sig")
    fills = [outcome for outcome in outcomes if isinstance(outcome, _Fill)]
    filled_lines: set[int] = set()
    for fill in reversed(fills):
        edited = _edit(settings, issue, text, fill)
        if edited is not None:
            text = edited
            filled_lines.add(fill.card.line)
    if not is_dry_run:
        _refuse_changed(issue, raw)
        for fill in fills:
            if fill.picture and fill.content.picture:
                _write_picture(fill.picture, fill.content.picture)
        if filled_lines:
            _refuse_changed(issue, raw)
            path = issue.path.resolve()
            write_atomically(path, f"{byte_order_mark}{text}".encode(), mode=path.stat().st_mode & 0o777)
    for outcome in outcomes:
        if isinstance(outcome, CardResult):
            yield outcome
        else:
            yield _result(issue, outcome, is_filled=outcome.card.line in filled_lines)


def _edit(settings: Settings, issue: Issue, text: str, fill: _Fill) -> str | None:
    """Return the file with one card filled; None if the edit would change anything else, or not read as intended."""
    editor = LineEditor(text)
    if not fill_fields(editor, fill.card.line - 1, fill.fields):
        return None
    cards_before, rest_before = read_card_directives(_with_text(issue, text), settings)
    cards_after, rest_after = read_card_directives(_with_text(issue, editor.text()), settings)
    if rest_before != rest_after or len(cards_before) != len(cards_after):
        return None
    for before, after in zip(cards_before, cards_after, strict=True):
        if before.line != fill.card.line:
            if replace(before, line=0) != replace(after, line=0):
                return None
        elif after.href != before.href or not _is_filled(after, fill):
            return None
    return editor.text()


def _is_filled(card: CardDirective, fill: _Fill) -> bool:
    """Return whether a card reads as what was filled in; its title may differ in typographic punctuation."""
    fields = fill.fields
    return (
        ("title" not in fields or _alphanumeric(card.title) == _alphanumeric(fill.content.title))
        and fields.get("text", "") in card.text
        and card.picture == fields.get("picture", card.picture)
        and card.alt == fields.get("alt", card.alt)
    )


def _alphanumeric(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _with_text(issue: Issue, text: str) -> Issue:
    return replace(issue, body="\n".join(LineEditor(text).lines[issue.body_line - 1 :]))


def _refuse_changed(issue: Issue, before: bytes) -> None:
    if issue.path.read_bytes() != before:
        message = "was changed while its cards were being fetched, so nothing was written"
        finding = Finding(rule="card", level=Level.ERROR, file=issue.file, message=message, remedy="Run it again")
        raise ContentError([finding])


def _result(issue: Issue, fill: _Fill, *, is_filled: bool) -> CardResult:
    card = fill.card
    return CardResult(
        file=issue.file,
        line=card.line,
        url=card.href,
        fields=fill.fields,
        picture=fill.picture,
        paste="" if is_filled else format_directive(card.href, fill.fields, is_video=card.is_video),
        finding=_finding(issue, card, fill.content.problems[0]) if fill.content.problems else None,
    )


def _failure(issue: Issue, card: CardDirective, reason: str) -> CardResult:
    return CardResult(file=issue.file, line=card.line, url=card.href, fields={}, finding=_finding(issue, card, reason))


def _finding(issue: Issue, card: CardDirective, reason: str) -> Finding:
    remedy = "Write what is missing yourself"
    return Finding(rule="card", level=Level.ERROR, file=issue.file, line=card.line, message=reason, remedy=remedy)
