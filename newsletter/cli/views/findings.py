"""Views of findings and remarks: one line each, and a summary."""

from collections.abc import Iterable, Sequence

from newsletter.app import Remark
from newsletter.cli import output
from newsletter.finding import Finding, Level

_STYLES = {Level.ERROR: "attention", Level.WARNING: "subject", Level.NOTICE: "quiet"}
_FIELDS = ("rule", "level", "file", "line", "message", "remedy")


def finding_json(finding: Finding) -> dict[str, object]:
    """Return a finding as an object."""
    return {name: getattr(finding, name) for name in _FIELDS}


def show_finding(finding: Finding, *, on_stderr: bool = False) -> None:
    """Print a finding as a result: its level, and the line that names file, message and remedy."""
    line = output.styled((f"{finding.level:<8}", _STYLES[finding.level]), str(finding))
    (output.info if on_stderr else output.print_result)(line)


def show_remarks(remarks: Iterable[Remark | Finding]) -> None:
    """Print remarks and findings to stderr; notices are left to `newsletter check`."""
    for remark in remarks:
        if isinstance(remark, Remark):
            output.info(remark.text, "attention" if remark.is_warning else "")
        elif remark.level is not Level.NOTICE:
            output.warn(f"{remark.level}: {remark}")


def show_summary(findings: Sequence[Finding], issues: int) -> None:
    """Print how many issues were checked, and how many findings there are of each level."""
    checked = f"{output.pluralise(issues, 'issue')} checked"
    numbers = {level: sum(finding.level is level for finding in findings) for level in Level}
    counts = ", ".join(output.pluralise(number, level.value) for level, number in numbers.items() if number)
    style = "attention" if numbers[Level.ERROR] else "quiet"
    output.info(f"{checked}: {counts}" if counts else f"{checked}: nothing to fix", style)
