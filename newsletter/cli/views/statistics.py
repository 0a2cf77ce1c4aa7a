"""How statistics look in a terminal: aligned numbers, bars of one width, and what they do not say."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from newsletter.cli import output
from newsletter.cli.progress import duration
from newsletter.stats import (
    MIN_GROUP_SIZE,
    Caveat,
    DomainNumbers,
    IssueNumbers,
    ListGrowth,
    Numbers,
    Statistics,
    Weight,
    share,
)

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
_MOST_ISSUES = 12
_NOTHING = "-"
_WIDE = 100


def show_statistics(statistics: Statistics, *, title: str, is_one: bool) -> None:
    """Print the statistics; of one issue with everything that became of its messages."""
    width = min(output.width(), 120)
    blocks = [_of_one(statistics.issues[0], width)] if is_one else [_of_all(statistics, title, width)]
    blocks += [
        _of_domains(statistics.domains, width),
        _of_lists(statistics.lists, width),
        _of_caveats(statistics.caveats, width),
    ]
    for number, block in enumerate(block for block in blocks if block):
        if number:
            output.print_result()
        for line in block:
            output.print_fitted(line)


def _of_all(statistics: Statistics, title: str, width: int) -> list[Text | Table]:
    shown = statistics.issues[-_MOST_ISSUES:]
    heading = Text.assemble(
        (title, "subject"),
        (f"  {output.pluralise(len(statistics.issues), 'issue')}, ", "quiet"),
        (f"{output.pluralise(statistics.totals.submitted, 'email')} submitted", "quiet"),
    )
    if not shown:
        return [heading]
    grid = _grid("issue", "sent", *("emails", "delivered", "bounced", "spam", "left", "replies"))
    is_this_year = {issue.sent_at.year for issue in shown} == {statistics.made_at.year}
    for issue in reversed(shown):
        numbers = issue.totals
        grid.add_row(
            Text(_cut(issue.title, width - 59)),
            Text(_day(issue.sent_at)[: -5 if is_this_year else None], style="quiet"),
            f"{numbers.submitted:,}",
            _rate(numbers.delivered, numbers.submitted),
            _rate(numbers.bounced, numbers.submitted),
            _count(numbers.complained),
            f"{numbers.unsubscribed:,}",
            Text(f"{numbers.replies:,}", style="subject"),
        )
    rows: list[Text | Table] = [heading, grid]
    if len(statistics.issues) > len(shown):
        rows.append(Text(f"and {len(statistics.issues) - len(shown)} older ones", style="quiet"))
    return rows


def _of_one(issue: IssueNumbers, width: int) -> list[Text | Table]:
    numbers = issue.totals
    rows: list[Text | Table] = [
        Text.assemble((issue.title, "subject"), (f"  {issue.slug}, {_day(issue.sent_at)}", "quiet"))
    ]
    grid = _grid("", "", "", "", header=False)
    bar_width = max(10, min(48, width - 42))
    for name, value in _steps(numbers):
        whole = numbers.candidates if name in {"candidates", "planned", "submitted", "failed"} else numbers.submitted
        part = share(value, whole) if name != "clicks" else None  # of which one reader may have made several
        grid.add_row(
            Text(name),
            _count(value),
            _bar(part, bar_width),
            Text("" if part is None or name == "candidates" else f"{_percent(part)}", style="quiet"),
        )
    grid.columns[0].justify, grid.columns[2].justify = "left", "left"
    rows.append(grid)
    rows += _listed("bounced", numbers.bounce_reasons)
    rows += _listed("failed", numbers.failures)
    rows += _listed("not to", numbers.excluded)
    rows += _followed(issue, width)
    if issue.answer_hours is not None:
        rows.append(Text.assemble(("replies  ", "quiet"), f"half of them within {duration(issue.answer_hours * 3600)}"))
    if len(issue.mailings) > 1:
        table = _grid("mailing", "list", "state", "submitted", "delivered", "bounced", "replies")
        for mailing in issue.mailings:
            table.add_row(
                f"{mailing.id}",
                Text(mailing.list_name),
                Text(mailing.stage),
                f"{mailing.numbers.submitted:,}",
                _rate(mailing.numbers.delivered, mailing.numbers.submitted),
                _rate(mailing.numbers.bounced, mailing.numbers.submitted),
                f"{mailing.numbers.replies:,}",
            )
        table.columns[2].justify = "left"
        rows += [Text(), table]
    return rows


def _steps(numbers: Numbers) -> Iterator[tuple[str, int | None]]:
    yield "candidates", numbers.candidates
    if numbers.planned:
        yield "planned", numbers.planned
    yield "submitted", numbers.submitted
    for name in ("failed", "uncertain"):
        if value := getattr(numbers, name):
            yield name, value
    yield "delivered", numbers.delivered
    for name in ("deferred", "rejected"):
        if value := getattr(numbers, name):
            yield name, value
    yield "bounced", numbers.bounced
    yield "complained", numbers.complained
    yield "left", numbers.unsubscribed
    yield "replies", numbers.replies
    yield "comments", numbers.comments
    if numbers.clicks is not None:
        yield "clicks", numbers.clicks


def _of_domains(domains: tuple[DomainNumbers, ...], width: int) -> list[Text | Table]:
    if not domains:
        return []
    grid = _grid("to", "submitted", "", "delivered", "bounced", "spam")
    most = max(domain.numbers.submitted for domain in domains)
    for domain in domains:
        numbers = domain.numbers
        grid.add_row(
            Text(domain.domain),
            f"{numbers.submitted:,}",
            _bar(numbers.submitted / most if most else None, 24 if width >= _WIDE else 12),
            _rate(numbers.delivered, numbers.submitted),
            _rate(numbers.bounced, numbers.submitted),
            _count(numbers.complained),
        )
    grid.columns[2].justify = "left"
    grid.columns[1].justify = "right"
    return [grid]


def _of_lists(lists: tuple[ListGrowth, ...], width: int) -> list[Text | Table]:
    if not lists:
        return []
    drawn = 26 if width >= _WIDE else 16
    weeks = min(drawn, max((len(growth.weeks) for growth in lists), default=0))
    grid = _grid("list", "readers", f"last {weeks} weeks" if weeks > 1 else "", "joined", "left", "pending")
    for growth in lists:
        recent = growth.weeks[-4:]
        grid.add_row(
            Text(growth.name),
            Text(f"{growth.confirmed:,}", style="subject"),
            _line([week.members for week in growth.weeks], drawn),
            f"{sum(week.joined for week in recent):,}",
            f"{sum(week.left for week in recent):,}",
            f"{growth.pending:,}",
        )
    grid.columns[2].justify = "left"
    grid.columns[1].justify = "right"
    return [grid, Text("joined and left: in the last 4 weeks", style="quiet")]


def _of_caveats(caveats: tuple[Caveat, ...], width: int) -> list[Text | Table]:
    rows: list[Text | Table] = []
    for caveat in caveats:
        lines = Text(caveat.text).wrap(output.stdout(), max(40, width - 2))
        for number, line in enumerate(lines):
            mark = ("! " if caveat.weight is Weight.ACT else "- ") if number == 0 else "  "
            rows.append(Text.assemble((mark + line.plain, "attention" if caveat.weight is Weight.ACT else "quiet")))
    return rows


def _grid(*headings: str, header: bool = True) -> Table:
    """Return a table with two text columns and number columns after them."""
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet", show_edge=False, show_header=header
    )
    for number, heading in enumerate(headings):
        table.add_column(
            Text(heading),
            justify="left" if number == 0 or heading in {"sent", "list"} else "right",
            no_wrap=True,
            overflow="ellipsis",
        )
    return table


def _listed(name: str, counts: Mapping[str, int]) -> list[Text | Table]:
    lines: list[Text | Table] = []
    for number, (reason, count) in enumerate(sorted(counts.items(), key=lambda each: (-each[1], each[0]))):
        lines.append(Text.assemble((f"{name if not number else '':<9}", "quiet"), f"{count:>7,}  {reason}"))
    return lines


def _followed(issue: IssueNumbers, width: int) -> list[Text | Table]:
    lines: list[Text | Table] = []
    for number, link in enumerate(issue.links):
        shown = f"<{MIN_GROUP_SIZE}" if link.clicks is None else f"{link.clicks:,}"
        lines.append(
            Text.assemble((f"{'links' if not number else '':<9}", "quiet"), f"{shown:>7}  {_cut(link.url, width - 18)}")
        )
    return lines


def _bar(part: float | None, width: int) -> Text:
    if not part:
        return Text("")
    eighths = max(1, round(min(1.0, part) * width * 8))
    if not output.supports_unicode():
        return Text("#" * max(1, round(eighths / 8)))
    return Text("█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else ""), style="bar")


def _line(values: list[int], width: int) -> Text:
    """Draw the last values as a line of blocks, from the least to the most of them."""
    shown = values[-width:]
    if len(shown) < 2 or not output.supports_unicode():
        return Text("")
    low, high = min(shown), max(shown)
    span = (high - low) or 1
    return Text("".join(_HEIGHTS[round((value - low) / span * 7)] for value in shown), style="bar")


def _rate(part: int | None, whole: int) -> str:
    ratio = share(part, whole)
    return _NOTHING if ratio is None else _percent(ratio)


def _percent(part: float) -> str:
    """Return a share with as many digits as keep a few from looking like none, or nearly all like all."""
    if part in {0, 1}:
        return f"{part:.0%}".replace("%", " %")
    for digits in (1, 2, 3):
        shown = f"{part * 100:.{digits}f}"
        if float(shown) not in {0.0, 100.0}:
            return f"{shown} %"
    return "< 0.001 %" if part < 0.5 else "> 99.999 %"


def _count(value: int | None) -> str:
    return _NOTHING if value is None else f"{value:,}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %Y}".lstrip("0")


def _cut(text: str, width: int) -> str:
    width = max(12, width)
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
