"""Views of notices: the transactional mail that was sent, has failed or is due."""

from typing import TYPE_CHECKING

from newsletter.cli import output
from newsletter.cli.views.findings import show_remarks
from newsletter.delivery import DeliveryStatus
from newsletter.delivery.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.app import notices


def notice_json(notice: Notice) -> dict[str, object]:
    """Return a notice as an object."""
    return {
        "id": notice.id,
        "kind": notice.kind,
        "about": notice.about,
        "to": notice.recipient,
        "subject": notice.subject,
        "status": notice.status,
        "reason": notice.reason,
        "created": notice.created_at.isoformat(timespec="seconds") if notice.created_at else None,
    }


def report_json(report: "notices.NoticeReport") -> dict[str, object]:
    """Return what became of the notices that were due as an object."""
    return {
        "submitted": len(report.submitted),
        "failed": sum(notice.status is DeliveryStatus.FAILED for notice in report.problems),
        "uncertain": sum(notice.status is DeliveryStatus.UNCERTAIN for notice in report.problems),
        "put_off": report.deferred,
    }


def show_report(report: "notices.NoticeReport") -> None:
    """Print to stderr what became of notices that were sent beside other work."""
    show_problems(report)
    if report.error is not None:
        output.warn(f"notices were not sent: {report.error}")
    if report.submitted:
        output.info(f"{output.pluralise(len(report.submitted), 'notice')} submitted.")
    if report.stopped_by is not None:
        output.warn(f"{report.stopped_by}. The other notices stay due: {output.command_line('notices send')}")


def show_problems(report: "notices.NoticeReport") -> None:
    """Name the notices that failed or are uncertain, and errors in the welcome series."""
    show_remarks(report.findings)
    for notice in report.problems:
        output.warn(f"notice {notice.id} to {notice.recipient} is {notice.status}: {notice.reason}")
        if notice.status is DeliveryStatus.UNCERTAIN:
            output.info(f"Settle it: {output.command_line(f'notices resolve {notice.id}')}")


def show_list(notices: "Sequence[Notice]") -> None:
    """List notices and their status."""
    if not notices:
        output.info("There are no notices.")
        return
    rows = [
        (str(notice.id), notice.kind, notice.about, notice.recipient, notice.status, notice.reason)
        for notice in notices
    ]
    output.print_table(("id", "kind", "about", "to", "status", "reason"), rows, numbers=(0,))
