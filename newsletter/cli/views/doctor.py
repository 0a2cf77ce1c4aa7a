"""Views of the doctor's checks and alarms: one line each with its remedy, or one JSON object."""

from newsletter.cli import output
from newsletter.doctor import CheckLevel, CheckResult
from newsletter.monitoring import Alarm

_STYLES = {CheckLevel.OK: "quiet", CheckLevel.WARN: "attention", CheckLevel.FAIL: "attention"}


def check_json(check: CheckResult) -> dict[str, str]:
    """Return a check as an object."""
    return {
        "part": check.part,
        "check": check.name,
        "level": str(check.level),
        "message": check.message,
        "remedy": check.remedy,
    }


def show_check(check: CheckResult, *, is_json: bool) -> None:
    """Print one check as a result."""
    if is_json:
        output.print_json(check_json(check))
        return
    style = _STYLES[check.level]
    name = check.name if check.name.startswith(check.part) else f"{check.part} {check.name}"
    output.print_result(
        output.styled(
            (f"{check.level:<4}  ", style),
            (f"{name}: ", "subject" if check.level is CheckLevel.FAIL else ""),
            check.message,
        )
    )
    if check.remedy:
        output.print_result(output.styled("      ", (check.remedy, style)))


def show_alarm(alarm: Alarm, *, is_json: bool) -> None:
    """Print an alarm as a check that failed."""
    check = CheckResult(part="watch", name=alarm.key, level=CheckLevel.FAIL, message=alarm.message, remedy=alarm.remedy)
    show_check(check, is_json=is_json)
