"""Caveats: where a number does not mean what it seems to, in plain words, and only where that matters here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from newsletter.stats.numbers import DomainNumbers, Numbers, share

_GMAIL = {"gmail.com", "googlemail.com"}
_FEW = 200
"""Under so many letters a rate jumps with each one."""
_BOUNCES_REVIEWED, _BOUNCES_GOOD = 0.05, 0.02
_COMPLAINTS_REVIEWED = 0.001


class Weight(StrEnum):
    """How much a caveat asks of the author."""

    KNOW = "know"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """One sentence or two about the numbers."""

    weight: Weight
    text: str


def find_caveats(
    totals: Numbers, domains: Iterable[DomainNumbers], *, transports: Iterable[str], has_facts: bool
) -> tuple[Caveat, ...]:
    """Say what must be known to read these numbers rightly, and what must be done about them."""
    if not totals.submitted:
        return ()
    ways = set(transports)
    if ways == {"outbox"}:
        return (_know("These letters lie in the outbox of this machine: nobody was mailed."),)
    told = [*_to_act(totals), *_about_reports(totals, has_facts=has_facts)]
    if "outbox" in ways:
        told.append(_know("Some of these mailings went to the outbox only: those letters reached nobody."))
    told += _about_providers(totals, domains)
    if totals.clicks:
        told.append(
            _know(
                "Clicks are counted for each link and day: who follows two links counts twice, and mail filters "
                "that behave like a browser count as well. Compare issues by them, not readers."
            )
        )
    told.append(
        _know(
            "Opens are not counted: Apple Mail fetches every letter's pictures by itself and Gmail keeps copies, "
            "so an open rate is about machines. Replies are people."
        )
    )
    if totals.submitted < _FEW:
        told.append(
            _know(
                f"Of {totals.submitted:,} letters each one is {100 / totals.submitted:.1f} %: "
                "read the counts, not the rates."
            )
        )
    return tuple(told)


def _to_act(totals: Numbers) -> Iterable[Caveat]:
    bounces, complaints = share(totals.bounced, totals.submitted), share(totals.complained, totals.submitted)
    is_many = totals.submitted >= _FEW
    if bounces is not None and bounces >= _BOUNCES_REVIEWED and is_many:
        yield _act(
            f"{bounces:.1%} bounced. Amazon SES reviews accounts from 5 % on and may pause them from 10 %: send "
            "to confirmed addresses only, and look at where your list came from."
        )
    elif bounces is not None and bounces >= _BOUNCES_GOOD and is_many:
        yield _act(f"{bounces:.1%} bounced; under 2 % is good. Bounced addresses are not mailed again.")
    if complaints is not None and complaints >= _COMPLAINTS_REVIEWED and is_many:
        yield _act(
            f"{complaints:.2%} complained. From 0.1 % on accounts are reviewed and letters land in spam: ask "
            "whether these readers know why they get this."
        )
    if totals.uncertain:
        yield _act(f"Of {totals.uncertain:,} nobody knows whether they were taken. 'newsletter resolve' settles them.")


def _about_reports(totals: Numbers, *, has_facts: bool) -> Iterable[Caveat]:
    if totals.delivered is None:
        yield _know(
            "Submitted is not delivered: it means that the next hop took the letter. Nothing here reports what "
            "came of it"
            + (" yet." if has_facts else ", but for bounces that came back by mail.")
            + " docs/going-live.md shows how delivery is reported."
        )
        return
    yield _know(
        "Delivered means that the reader's mail server took the letter, be it into the inbox or into spam: nobody "
        "but the reader can tell."
    )
    if totals.bounced and totals.delivered + totals.bounced > totals.submitted:
        yield _know("Some bounced after they had been delivered, so the two add up to more than was submitted.")
    if totals.silent:
        yield _know(f"Of {totals.silent:,} letters nothing was heard: the word on them may still come.")


def _about_providers(totals: Numbers, domains: Iterable[DomainNumbers]) -> Iterable[Caveat]:
    at_gmail = sum(each.numbers.submitted for each in domains if each.domain in _GMAIL)
    if at_gmail:
        yield _know(
            f"Gmail sends no complaints to anybody, Amazon SES included: of {at_gmail:,} letters that went there, "
            "none will ever show as complained of. Google's Postmaster Tools has a rate."
        )
    elif totals.complained is not None:
        yield _know(
            "Complaints come only from providers that send them on. Readers at Gmail, also under a domain of "
            "their own, never show."
        )


def _know(text: str) -> Caveat:
    return Caveat(weight=Weight.KNOW, text=text)


def _act(text: str) -> Caveat:
    return Caveat(weight=Weight.ACT, text=text)
