"""`newsletter compose` and `newsletter check`: look at a letter before anybody gets it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.app import Publication
from newsletter.cli import output
from newsletter.cli.context import open_publication
from newsletter.content import Issue, IssueCollection, read_issue, read_issues
from newsletter.errors import ContentError, TemporaryError, UsageError
from newsletter.finding import Finding, Level
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.compose import Composition

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command("compose")
def compose_issue(
    context: typer.Context,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's slug, or its file's name.")],
    out: Annotated[Path, typer.Option(help="The folder to write to; made if it is not there.")] = Path("out"),
    list_name: Annotated[str | None, typer.Option("--list", help="The list it would go to.")] = None,
) -> None:
    """Compose an issue and write what would be sent.

    Writes message.html, message.txt, web.html and edition.json. Nothing is sent, and nothing is fetched from the
    network. In the message, merge tags show their defaults. Where the issue has parts for some readers,
    message.1.html, message.1.txt and so on are the letters of those in its segments; edition.json says which.

    Example: newsletter compose my-first-letter --out /tmp/letter
    """
    from newsletter.compose import compose, fill_merge_tags
    from newsletter.preflight import SAMPLE_VALUES

    settings = open_publication(context).settings
    read = read_issue(settings, issue)
    composed = compose(read, _list_of(read, settings, list_name), settings)
    edition = composed.edition
    files = {
        "message.html": fill_merge_tags(edition.html, SAMPLE_VALUES),
        "message.txt": fill_merge_tags(edition.text, SAMPLE_VALUES),
        "web.html": edition.web,
        **{
            f"message.{variant.number}.{suffix}": fill_merge_tags(part, SAMPLE_VALUES)
            for variant in edition.variants
            for suffix, part in (("html", variant.html), ("txt", variant.text))
        },
        "edition.json": json.dumps({**edition.as_json(), "digest": edition.digest}, ensure_ascii=False, indent=1),
    }
    out.mkdir(parents=True, exist_ok=True)
    for finding in composed.findings:
        _show(finding, on_stderr=True)
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8", newline="\n")
        output.print_result(str(out / name))


@app.command("check")
def check_issues(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue.")
    ] = None,
    list_name: Annotated[str | None, typer.Option("--list", help="The list it would go to.")] = None,
    is_json: Annotated[bool, typer.Option("--json", help="One finding a line, as JSON.")] = False,
) -> None:
    """Say what should be mended before an issue is sent.

    Every finding names its file, its line and a remedy. Exits 1 when there is an error; warnings and notices stop
    nothing.

    Example: newsletter check my-first-letter
    """
    publication = open_publication(context)
    settings = publication.settings
    shelf = (
        read_issues(settings) if issue is None else IssueCollection(issues=(read_issue(settings, issue),), findings=())
    )
    found = [
        *shelf.findings,
        *(finding for read in shelf.issues for finding in _findings_of(read, publication, list_name)),
    ]
    found = list(dict.fromkeys(found))
    for finding in found:
        if is_json:
            output.print_json({name: getattr(finding, name) for name in _FIELDS})
        else:
            _show(finding)
    errors = sum(finding.level is Level.ERROR for finding in found)
    output.info(_summary(found, len(shelf.issues)), style="attention" if errors else "quiet")
    if errors:
        raise typer.Exit(1)


_FIELDS = ("rule", "level", "file", "line", "message", "remedy")


def _findings_of(issue: Issue, publication: Publication, list_name: str | None) -> tuple[Finding, ...]:
    try:
        _, _, findings = review(issue, publication, list_name)
    except ContentError as refusal:
        return refusal.findings
    return findings


def review(
    issue: Issue, publication: Publication, list_name: str | None = None
) -> "tuple[str, Composition, tuple[Finding, ...]]":
    """Compose an issue and check it; return the list it would go to, the letter, and what was found."""
    from newsletter.cli.signing import signing_findings
    from newsletter.compose import compose
    from newsletter.preflight import run_checks

    settings = publication.settings
    name = _list_of(issue, settings, list_name)
    composed = compose(issue, name, settings)
    found = run_checks(issue, composed, settings, name)
    asked = _asked_findings(publication, issue, composed, name)
    return name, composed, tuple(dict.fromkeys((*found, *asked, *signing_findings(settings, name))))


def _asked_findings(
    publication: Publication, issue: Issue, composed: "Composition", list_name: str
) -> tuple[Finding, ...]:
    """Ask the list about an issue's segments; a database that cannot be asked is only a notice."""
    if composed.segment is None and not composed.part_segments:
        return ()
    from newsletter.cli.scheduling import bring_in_sources
    from newsletter.cli.segmenting import segment_findings

    try:
        bring_in_sources(publication, list_name)
        return segment_findings(publication, issue, composed, list_name)
    except TemporaryError as error:
        message = f"its segments could not be asked about: {error}"
        return (Finding(rule="segment", level=Level.NOTICE, file=issue.file, message=message),)


def _list_of(issue: Issue, settings: Settings, wanted: str | None) -> str:
    """Return the list an issue is composed for: asked for, its own, the default, else the first.

    An issue's own list that does not exist is a finding; its letter can be looked at all the same.
    """
    if not settings.lists:
        raise UsageError("newsletter.toml has no list. Add [lists.NAME]")
    name = wanted or issue.list_name or settings.publication.default_list or next(iter(settings.lists))
    if name in settings.lists or wanted is not None:
        settings.list_named(name)
        return name
    return settings.publication.default_list or next(iter(settings.lists))


def _show(finding: Finding, *, on_stderr: bool = False) -> None:
    style = {Level.ERROR: "attention", Level.WARNING: "subject", Level.NOTICE: "quiet"}[finding.level]
    line = output.styled((f"{finding.level:<8}", style), str(finding))
    (output.info if on_stderr else output.print_result)(line)


def _summary(found: list[Finding], issues: int) -> str:
    where = output.pluralise(issues, "issue")
    if not found:
        return f"{where} checked, nothing to mend"
    parts = [
        output.pluralise(sum(finding.level is level for finding in found), level.value)
        for level in Level
        if any(finding.level is level for finding in found)
    ]
    return f"{where} checked: {', '.join(parts)}"
