"""`newsletter lists` and `segments`: how many subscribers there are, and how many are in each segment."""

from typing import Annotated, Any

import typer

from newsletter.app import segments, subscribers
from newsletter.cli import output
from newsletter.cli.context import JsonOption, new_commands, new_group, open_publication
from newsletter.cli.views.findings import show_remarks
from newsletter.cli.views.subscribers import list_json, show_lists

app = new_commands()
group = new_group("Queries that select some of a list's subscribers, by name or written out.")
app.add_typer(group, name="segments")

ListOption = Annotated[str | None, typer.Option("--list", help="The list to count on; default: default_list.")]


@app.command("lists")
def list_lists(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show the lists, and how many subscribers each has by subscription status.

    Only confirmed subscribers are mailed. A suppressed subscriber counts as suppressed only.

    Example: newsletter lists --json
    """
    publication = open_publication(context)
    settings = publication.settings
    counts = subscribers.count_lists(publication)
    if not as_json:
        show_lists(counts, settings)
        return
    for count in counts:
        title = settings.lists[count.name].title if count.name in settings.lists else None
        output.print_json(list_json(count, title))


@group.command("list")
def list_segments(context: typer.Context, list_name: ListOption = None, is_json: JsonOption = False) -> None:
    """List the segments of newsletter.toml, and how many subscribers of a list are in each.

    It counts only subscribers who may be mailed.

    Example: newsletter segments list --list weekly
    """
    publication = open_publication(context)
    counted, findings = segments.list_segments(publication, list_name)
    show_remarks(findings)
    if not counted:
        output.info("there are no segments yet. Next: add [segments] to newsletter.toml, portugal = 'country = \"PT\"'")
        return
    if is_json:
        for count in counted:
            output.print_json(_json(count))
        return
    rows = [(count.segment.name, count.segment.expression, f"{count.matching:,}") for count in counted]
    output.print_table(["segment", "query", f"on {counted[0].list_name}"], rows, numbers=(2,))
    for count in counted:
        if count.fault is not None:
            output.warn(f"{count.segment.name}: {count.fault}")


@group.command("show")
def show_segment(
    context: typer.Context,
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help="A name, or a query.")],
    list_name: ListOption = None,
    is_json: JsonOption = False,
) -> None:
    """Describe a segment in words, and count the subscribers in it.

    It counts only subscribers who may be mailed.

    Example: newsletter segments show 'country = "PT" and answered any of last 5'
    """
    counted, findings = segments.show_segment(open_publication(context), segment, list_name)
    show_remarks(findings)
    if is_json:
        output.print_json(_json(counted))
        return
    output.print_result(counted.segment.expression)
    output.print_result(f"People on {counted.list_name} {counted.description}.")
    output.print_result(f"{counted.matching:,} of the {counted.mailable:,} who may be mailed")


def _json(counted: segments.CountedSegment) -> dict[str, Any]:
    return {
        "segment": counted.segment.name or None,
        "expression": counted.segment.expression,
        "words": counted.description,
        "list": counted.list_name,
        "inside": counted.matching,
        "of": counted.mailable,
    }
