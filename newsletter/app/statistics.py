"""Statistics: what became of messages and lists, as numbers, as a page with charts, and for Prometheus."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from newsletter import monitoring, stats
from newsletter.app.publication import Publication
from newsletter.atomic_file import write_atomically
from newsletter.content import read_issues
from newsletter.errors import UsageError
from newsletter.stats import Statistics


def gather(publication: Publication, issue: str | None = None) -> Statistics:
    """Gather the statistics of one issue, else of every issue that was sent."""
    titles = {issue.slug.text: issue.title for issue in read_issues(publication.settings).issues}
    return stats.gather_statistics(publication.database, slug=issue, titles=titles, now=publication.now())


def to_json(statistics: Statistics) -> dict[str, Any]:
    """Return statistics as one JSON object."""
    return stats.statistics_json(statistics)


def to_csv_rows(statistics: Statistics) -> Iterable[Iterable[object]]:
    """Return the rows of a spreadsheet, one a mailing, with their heading."""
    return stats.csv_rows(statistics)


def to_metrics(publication: Publication, statistics: Statistics) -> str:
    """Return statistics and alarms in Prometheus's text format."""
    alarms = monitoring.find_alarms(publication.database, publication.settings, now=statistics.made_at)
    return monitoring.render_metrics(statistics, alarms)


def current_metrics(publication: Publication) -> str:
    """Return the statistics of everything and the alarms, as they are now, in Prometheus's text format."""
    return to_metrics(publication, stats.gather_statistics(publication.database, now=publication.now()))


def write_report(publication: Publication, statistics: Statistics, file: Path, issue: str | None = None) -> bool:
    """Write a page that is complete in one file; return whether it has charts, which want vl-convert-python."""
    draw = stats.open_chart_renderer()
    page = stats.render_report(statistics, publication.settings, draw, slug=issue)
    try:
        write_atomically(file, page.encode())
    except FileNotFoundError as error:
        raise UsageError(f"{file.parent} does not exist. Create the folder, or name another file") from error
    return draw is not None
