"""Each client's mail in source form, as it is sent: what its writer said, and whether a machine wrote it."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from newsletter.replies.classify.classifier import Verdict
from newsletter.replies.file_extraction import extract_file

CORPUS = Path(__file__).parents[2] / "corpus"


def _cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()]


def _read(text: str) -> str:
    """Return the words as they are compared: white space counts once, and so do marks of quotation."""
    lines = (re.sub(r"^\s*(?:>\s?)+", "", line) for line in unicodedata.normalize("NFKC", text).split("\n"))
    return " ".join(re.sub("[\u200b-\u200f\u202a-\u202e]", "", " ".join(lines)).split())


@pytest.mark.parametrize("case", _cases("answers"), ids=lambda case: case["file"])
def test_what_a_reader_wrote_is_found_whatever_program_sent_it(case: dict[str, Any]) -> None:
    reading = extract_file(CORPUS / "answers" / case["file"])
    assert _read(reading.extraction.text) in [_read(wrote) for wrote in case["wrote"]]
    assert reading.classification.verdict is Verdict.HUMAN


@pytest.mark.parametrize("case", _cases("verdicts"), ids=lambda case: case["file"])
def test_machines_are_told_from_people(case: dict[str, Any]) -> None:
    reading = extract_file(CORPUS / "verdicts" / case["file"])
    assert reading.classification.verdict == case["verdict"], reading.classification.reason
