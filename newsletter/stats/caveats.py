"""Caveats: where a number does not mean what it seems to mean, only where that matters here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from newsletter.stats.numbers import DomainNumbers, Numbers, share

_GMAIL = {"gmail.com", "googlemail.com"}
_FEW = 200
"""With fewer messages a rate jumps with each one."""
_BOUNCES_REVIEWED, _BOUNCES_GOOD = 0.05, 0.02
_COMPLAINTS_REVIEWED = 0.001


class Weight(StrEnum):
    """How much a caveat asks of the author."""

    KNOW = "know"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """One or two sentences about the numbers."""

    weight: Weight
    text: str


def find_caveats(
    totals: Numbers, domains: Iterable[DomainNumbers], *, transports: Iterable[str], has_facts: bool
) -> tuple[Caveat, ...]:
    """Return what the author must know to read these numbers, and what to do about them."""
    if not totals.submitted:
        return ()
    used = set(transports)
    if used == {"outbox"}:
        return (_know("These messages are in the outbox on this machine: nobody was mailed."),)
    caveats = [*_to_act(totals), *_about_reports(totals, has_facts=has_facts)]
    if "outbox" in used:
        caveats.append(_know("Some of these mailings went to the outbox only: those messages reached nobody."))
    caveats += _about_providers(totals, domains)
    if totals.clicks:
        caveats.append(
            _know(
                "Clicks are counted for each link and day: a reader who follows two links counts twice, and mail "
                "filters that behave like a browser count too. Use clicks to compare issues, not to count readers."
            )
        )
    caveats.append(
        _know(
            "Opens are not counted: Apple Mail fetches every message's images by itself and Gmail caches them, "
            "so an open rate measures software. Replies come from people."
        )
    )
    if totals.submitted < _FEW:
        caveats.append(
            _know(
                f"With {totals.submitted:,} messages each one is {100 / totals.submitted:.1f} %: "
                "read the counts, not the rates."
            )
        )
    return tuple(caveats)


def _to_act(totals: Numbers) -> Iterable[Caveat]:
    bounces, complaints = share(totals.bounced, totals.submitted), share(totals.complained, totals.submitted)
    is_many = totals.submitted >= _FEW
    if bounces is not None and bounces >= _BOUNCES_REVIEWED and is_many:
        yield _act(
            f"{bounces:.1%} bounced. Amazon SES reviews accounts from 5 % and may pause them from 10 %: send "
            "to confirmed addresses only, and check where your list came from."
        )
    elif bounces is not None and bounces >= _BOUNCES_GOOD and is_many:
        yield _act(f"{bounces:.1%} bounced; under 2 % is good. Bounced addresses are not mailed again.")
    if complaints is not None and complaints >= _COMPLAINTS_REVIEWED and is_many:
        yield _act(
            f"{complaints:.2%} complained. From 0.1 %, accounts are reviewed and messages go to spam: ask "
            "yourself whether these readers know why they get this."
        )
    if totals.uncertain:
        yield _act(
            f"{totals.uncertain:,} deliveries are uncertain and may have been accepted: see 'newsletter resolve'."
        )


def _about_reports(totals: Numbers, *, has_facts: bool) -> Iterable[Caveat]:
    if totals.delivered is None:
        yield _know(
            "Submitted is not delivered: it means that the mail server accepted the message. Nothing here reports "
            "what became of it"
            + (" yet." if has_facts else ", except for bounces that came back by mail.")
            + " docs/going-live.md shows how delivery is reported."
        )
        return
    yield _know(
        "Delivered means that the reader's mail server accepted the message, into the inbox or into spam: only "
        "the reader knows which."
    )
    if totals.bounced and totals.delivered + totals.bounced > totals.submitted:
        yield _know("Some bounced after they were delivered, so the two add up to more than was submitted.")
    if totals.silent:
        yield _know(f"Nothing has been reported yet about {totals.silent:,} messages: reports may still arrive.")


def _about_providers(totals: Numbers, domains: Iterable[DomainNumbers]) -> Iterable[Caveat]:
    at_gmail = sum(domain.numbers.submitted for domain in domains if domain.domain in _GMAIL)
    if at_gmail:
        yield _know(
            f"Gmail sends no complaints to anybody, Amazon SES included: of {at_gmail:,} messages that went there, "
            "none will ever show as a complaint. Google's Postmaster Tools shows a rate."
        )
    elif totals.complained is not None:
        yield _know(
            "Complaints come only from providers that report them. Readers at Gmail, even under a domain of "
            "their own, never show."
        )


def _know(text: str) -> Caveat:
    return Caveat(weight=Weight.KNOW, text=text)


def _act(text: str) -> Caveat:
    return Caveat(weight=Weight.ACT, text=text)
