"""What a use case had to remark is not lost when it ends with an error."""

import pytest

from newsletter.app import Remark
from newsletter.app.remarks import attached_to_errors
from newsletter.errors import UsageError
from newsletter.finding import Finding, Level


def finding(level: Level) -> Finding:
    return Finding(rule="list", level=level, file="issues/one.md", line=3, message="odd")


def test_an_error_carries_the_remarks_made_before_it_but_no_notices() -> None:
    remarks = [Remark(text="3 pictures uploaded"), finding(Level.WARNING), finding(Level.NOTICE)]
    with pytest.raises(UsageError) as caught, attached_to_errors(remarks):
        raise UsageError("no such list")
    assert caught.value.__notes__ == ["3 pictures uploaded", "warning: issues/one.md:3: odd"]


def test_without_an_error_nothing_happens() -> None:
    with attached_to_errors([Remark(text="3 pictures uploaded")]):
        pass
