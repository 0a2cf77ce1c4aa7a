"""Remarks: what is found while an issue is read, each once, with its line in the file."""

from newsletter.content import Issue
from newsletter.finding import Finding, Level


class Remarks:
    """The findings about one issue's text, in the order they were made."""

    def __init__(self, issue: Issue) -> None:
        self._issue = issue
        self._found: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found so far."""
        return tuple(self._found)

    def line(self, line: int) -> int:
        """Return the 1-based line of the file for a 0-based line of the body."""
        return self._issue.body_line + line

    def add(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        """Keep a finding; `line` is 0-based in the body."""
        finding = Finding(
            rule=rule, level=level, file=self._issue.file, line=self.line(line), message=message, remedy=remedy
        )
        self._found[finding] = None
