"""`newsletter init`, `new`, `compose`, `check` and `preview`: an issue before it is sent."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import app as use_cases
from newsletter.cli import output
from newsletter.cli.context import new_commands, open_publication
from newsletter.cli.external_programs import open_in_browser
from newsletter.cli.views.findings import finding_json, show_finding, show_summary

if TYPE_CHECKING:
    pass

app = new_commands()


@app.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or a new one.")],
) -> None:
    """Make a new publication that is ready to send.

    It starts as a working sample: issues, templates, and a list of 25 fictional readers. Nothing that is already in
    the folder is changed, and nothing is left half done. No email leaves this machine until you choose a transport.

    Example: newsletter init letters
    """
    made = use_cases.issues.init_publication(folder)
    output.print_result(str(folder / "newsletter.toml"))
    issues = output.pluralise(made.sample_issues, "sample issue")
    output.info(f"A publication with {issues} is in {folder.resolve()}. Next:")
    steps = [
        ("newsletter send", "send the newest issue to the sample list; it stays in var/outbox"),
        ("newsletter outbox open", "read a message"),
        ("newsletter new 'A title'", "start an issue of your own"),
        ("newsletter.toml", "your title, your address, your lists"),
    ]
    if folder.resolve() != Path.cwd():
        steps.insert(0, (f"cd {folder}", ""))
    for step, meaning in steps:
        output.info(output.styled("  ", (f"{step:<26}", "bold"), meaning))


@app.command("new")
def new(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The headline; the file is named after it.")],
) -> None:
    """Start a new issue as a draft.

    Writes issues/SLUG/index.md with today's date; put pictures beside it. It never changes an issue that exists.

    Example: newsletter new "What the harbour keeps"
    """
    publication = open_publication(context)
    draft = use_cases.issues.new_issue(publication, title)
    output.print_result(str(draft.file.relative_to(publication.settings.root)))
    output.info(f"Write it, then run 'newsletter check {draft.slug}'. Set 'status: ready' when it is finished.")


@app.command("compose")
def compose_issue(
    context: typer.Context,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's slug, or its file's name.")],
    out: Annotated[Path, typer.Option(help="The folder to write to; made if it does not exist.")] = Path("out"),
    list_name: Annotated[str | None, typer.Option("--list", help="The list it would go to.")] = None,
) -> None:
    """Compose an issue and write what would be sent.

    Writes message.html, message.txt, web.html and edition.json. Nothing is sent, and nothing is fetched from the
    network. Merge tags show their defaults. If the issue has parts for some readers only, message.1.html,
    message.1.txt and so on are the variants for readers in its segments; edition.json says which.

    Example: newsletter compose my-first-letter --out /tmp/letter
    """
    composed = use_cases.issues.compose_issue(open_publication(context), issue, list_name)
    out.mkdir(parents=True, exist_ok=True)
    for finding in composed.findings:
        show_finding(finding, on_stderr=True)
    for name, content in composed.contents.items():
        (out / name).write_text(content, encoding="utf-8", newline="\n")
        output.print_result(str(out / name))


@app.command("check")
def check_issues(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: every issue.")
    ] = None,
    list_name: Annotated[str | None, typer.Option("--list", help="The list it would go to.")] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one finding a line, as JSON.")] = False,
) -> None:
    """Check an issue for errors and warnings before it is sent.

    Every finding names its file, its line and a remedy. Exits 1 when there is an error; warnings and notices stop
    nothing.

    Example: newsletter check my-first-letter
    """
    report = use_cases.issues.check_issues(open_publication(context), issue, list_name)
    for finding in report.findings:
        if is_json:
            output.print_json(finding_json(finding))
        else:
            show_finding(finding)
    show_summary(report.findings, report.issues)
    if report.has_errors:
        raise typer.Exit(1)


@app.command("preview")
def preview(
    context: typer.Context,
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The issue's slug; default: the newest, drafts too.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; default: 8025, or any free one.", min=0, max=65535)
    ] = None,
    is_quiet: Annotated[bool, typer.Option("--no-open", help="Print the URL, and open no browser.")] = False,
) -> None:
    """Preview an issue in the browser, updated whenever you save.

    The page shows the line in the inbox, the findings of check, the message at two widths, light and dark, and its
    text part. It follows the issue, its pictures, the templates and the settings. If the issue cannot be composed,
    the page says why, with file and line. Only this machine can see it, nothing is sent, and Ctrl-C ends it.

    Example: newsletter preview my-first-letter
    """
    from newsletter.web import serve_preview  # costly to import

    publication = open_publication(context)
    slug = use_cases.issues.find_slug(publication, issue) if issue else ""
    with closing(serve_preview(publication.settings.root, slug, port=port)) as previews:
        for opened in previews:
            output.info(f"The preview is at {opened.url}. Press Ctrl-C to end it")
            if not is_quiet:
                open_in_browser(opened.url)
    output.info("The preview has ended.")
