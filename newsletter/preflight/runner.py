"""Runs the preflight rules on every variant of an edition, and sorts their findings."""

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
"""Links for an email that is shown to nobody in particular."""


def run_checks(issue: Issue, composition: Composition, settings: Settings, list_name: str) -> tuple[Finding, ...]:
    """Return all findings about an issue, those of composing included: errors first, then in the order of lines."""
    findings = list(composition.findings)
    for number in range(len(composition.edition.variants) + 1):
        edition = composition.edition.variant(number)
        context = RuleContext(
            issue=issue,
            composition=replace(composition, edition=edition),
            settings=settings,
            list_name=list_name,
            tree=html.document_fromstring(fill_merge_tags(edition.html, SAMPLE_VALUES)),
            inside=edition.variants[number - 1].inside if number else (),
        )
        findings += [finding for rule in RULES for finding in rule(context)]
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: (_ORDER[finding.level], finding.line or 0)))
