"""Weighs what is known of a mail's sender: proven, failed, unproven, or not to be told at present."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from newsletter.replies.authentication.authentication_results import BorderWord, read_border, read_verdicts
from newsletter.replies.authentication.dkim_verification import DkimSignature
from newsletter.replies.authentication.from_header import Sender, doubled, read_sender
from newsletter.replies.parsing.headers import Headers


class AuthResult(StrEnum):
    """Whether a mail comes from its From address."""

    PASS = "pass"  # noqa: S105 - no password
    """Proven, by a domain that may speak for the address."""
    FAIL = "fail"
    """Somebody who may speak for the address says no, or the mail was changed."""
    NONE = "none"
    """Nothing says so."""
    TEMPERROR = "temperror"
    """A key could not be looked up; it may be told later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticity:
    """The result for one mail, and in one line what it rests on."""

    proof: AuthResult = AuthResult.NONE
    why: str = ""
    covered: tuple[str, ...] = ()
    """The fields whose addresses are covered by the proof, among To and Cc."""


def judge_sender(
    headers: Headers,
    signatures: tuple[DkimSignature, ...],
    *,
    verdicts: Mapping[str, str],
    authserv_id: str | None,
) -> Authenticity:
    """Weigh signatures, SES's verdicts and our border's word against the From line."""
    sender = read_sender(headers)
    if sender.fault:
        return Authenticity(why=sender.fault)
    if twice := doubled(headers):
        return Authenticity(why=f"it has more than one {twice} line")
    words = [word for word in (read_verdicts(verdicts, sender.domain), read_border(headers, authserv_id)) if word]
    for word in words:
        if word.dmarc == "fail" and word.dmarc_domain in {"", sender.domain}:
            return Authenticity(proof=AuthResult.FAIL, why=f"dmarc=fail by {word.by}")
    aligned = [signature for signature in signatures if is_aligned(signature.domain, sender.domain)]
    for signature in aligned:
        if signature.result == "pass":
            covered = tuple(name for name in ("to", "cc") if name in signature.signed)
            return Authenticity(proof=AuthResult.PASS, why=str(signature), covered=covered)
    for word in words:
        if why := _proof_in(word, sender):
            return Authenticity(proof=AuthResult.PASS, why=why, covered=("to",))
    return _unproven(aligned, signatures)


def is_aligned(signer: str, domain: str) -> bool:
    """Whether a domain may speak for an address's domain: the same, or one above it.

    One below it may not: whose the parts of a domain are cannot be told from their names.
    """
    return "." in signer and bool(domain) and (domain == signer or domain.endswith(f".{signer}"))


def _proof_in(word: BorderWord, sender: Sender) -> str:
    if word.dmarc == "pass" and word.dmarc_domain == sender.domain:
        return f"dmarc=pass by {word.by}"
    good = next((domain for domain in word.dkim_domains if is_aligned(domain, sender.domain)), "")
    return f"dkim=pass d={good} by {word.by}" if good and word.dmarc in {"", "none"} else ""


def _unproven(aligned: list[DkimSignature], signatures: tuple[DkimSignature, ...]) -> Authenticity:
    for result, proof in (("temperror", AuthResult.TEMPERROR), ("fail", AuthResult.FAIL)):
        for signature in aligned:
            if signature.result == result:
                return Authenticity(proof=proof, why=str(signature))
    if aligned:
        return Authenticity(why=str(aligned[0]))
    if signatures:
        return Authenticity(why=f"{signatures[0]}: it may not speak for the From address")
    return Authenticity(why="it is not signed")
