"""Preflight: every rule asked of an issue and its edition, with what writing and compose already found."""

from dataclasses import replace

from lxml import html

from newsletter.compose import Composition, fill_merge_tags
from newsletter.content import Issue
from newsletter.finding import Finding, Level
from newsletter.preflight.rules import RULES, RuleContext
from newsletter.settings import Settings

_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTICE: 2}
SAMPLE_VALUES = {
    "links.unsubscribe": "https://letters.example/unsubscribe",
    "links.reply": "mailto:reply@letters.example",
    "links.preferences": "https://letters.example/preferences",
    "links.view": "https://letters.example/view",
}
"""What a letter shows where no reader's own links are known."""


def run_checks(issue: Issue, composed: Composition, settings: Settings, list_name: str) -> tuple[Finding, ...]:
    """Return everything to mend or to know before sending, errors first, in the order of lines."""
    found = list(composed.findings)
    for number in range(len(composed.edition.variants) + 1):
        edition = composed.edition.variant(number)
        subject = RuleContext(
            issue=issue,
            composed=replace(composed, edition=edition),
            settings=settings,
            list_name=list_name,
            tree=html.document_fromstring(fill_merge_tags(edition.html, SAMPLE_VALUES)),
            inside=edition.variants[number - 1].inside if number else (),
        )
        found += [finding for rule in RULES for finding in rule(subject)]
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda finding: (_ORDER[finding.level], finding.line or 0)))
