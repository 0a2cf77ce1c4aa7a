"""`newsletter segments`: which questions have names, what they mean in words, and how many people they hold."""

from typing import Annotated, Any

import typer

from newsletter.app import Publication
from newsletter.audience import SegmentContext, SegmentCount, count_segments
from newsletter.cli import output
from newsletter.cli.choosing import read_wanted
from newsletter.cli.context import open_publication
from newsletter.cli.options import JsonOption
from newsletter.cli.running import now
from newsletter.cli.scheduling import bring_in_sources
from newsletter.cli.segmenting import check_asked
from newsletter.errors import UsageError
from newsletter.segments import Segment, SegmentError, describe_condition
from newsletter.settings import Settings

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
segments = typer.Typer(no_args_is_help=True, help="Questions about the people of a list, by name or as they come.")
app.add_typer(segments, name="segments")

ListOption = Annotated[str | None, typer.Option("--list", help="The list that is asked; default: default_list.")]


@segments.command("list")
def list_segments(context: typer.Context, list_name: ListOption = None, is_json: JsonOption = False) -> None:
    """List the segments of newsletter.toml and how many of a list's people are in each.

    Only those who may be written to are counted.

    Example: newsletter segments list --list weekly
    """
    publication = open_publication(context)
    settings = publication.settings
    if not settings.segments:
        output.info("no segments yet. Next: add [segments] to newsletter.toml, portugal = 'country = \"PT\"'")
        return
    name = _list_of(settings, list_name)
    bring_in_sources(publication, name)
    found = [read_wanted(each, settings) for each in settings.segments]
    counts = count_segments(publication.database, found, SegmentContext(list_name=name, now=now()))
    if is_json:
        for segment, count in zip(found, counts, strict=True):
            output.print_json(_json(segment, name, count))
        return
    rows = [
        (segment.name, segment.expression, f"{count.matching:,}") for segment, count in zip(found, counts, strict=True)
    ]
    output.print_table(["segment", "question", f"on {name}"], rows, numbers=(2,))
    for segment in found:
        if fault := _fault(publication, segment, name):
            output.info(f"{segment.name}: {fault}", style="attention")


@segments.command("show")
def show_segment(
    context: typer.Context,
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help="A name, or a question.")],
    list_name: ListOption = None,
    is_json: JsonOption = False,
) -> None:
    """Say in words whom a segment holds, and how many of a list they are.

    Only those who may be written to are counted.

    Example: newsletter segments show 'country = "PT" and answered any of last 5'
    """
    publication = open_publication(context)
    settings = publication.settings
    asked = read_wanted(segment, settings)
    name = _list_of(settings, list_name)
    bring_in_sources(publication, name)
    if fault := _fault(publication, asked, name):
        raise UsageError(fault.pointed)
    [count] = count_segments(publication.database, [asked], SegmentContext(list_name=name, now=now()))
    if is_json:
        output.print_json(_json(asked, name, count))
        return
    output.print_result(asked.expression)
    output.print_result(f"People on {name} {describe_condition(asked.condition)}.")
    output.print_result(f"{count.matching:,} of the {count.mailable:,} who may be written to")


def _fault(publication: Publication, segment: Segment, list_name: str) -> SegmentError | None:
    try:
        check_asked(publication, segment, list_name)
    except SegmentError as fault:
        return fault
    return None


def _list_of(settings: Settings, wanted: str | None) -> str:
    name = wanted or settings.publication.default_list
    if name is None and len(settings.lists) == 1:
        name = next(iter(settings.lists))
    if name is None:
        raise UsageError(
            f"which list is asked? Name one with --list: {', '.join(settings.lists) or 'there is none yet'}"
        )
    settings.list_named(name)
    return name


def _json(segment: Segment, list_name: str, count: SegmentCount) -> dict[str, Any]:
    return {
        "segment": segment.name or None,
        "expression": segment.expression,
        "words": describe_condition(segment.condition),
        "list": list_name,
        "inside": count.matching,
        "of": count.mailable,
    }
