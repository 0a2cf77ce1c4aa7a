"""Sender authentication: DKIM signatures, Authentication-Results and SES's verdicts against the From address."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from newsletter.replies.authentication.authentication_results import (
    AuthenticationResults,
    read_authentication_results,
    read_ses_verdicts,
)
from newsletter.replies.authentication.dkim_verification import DkimSignature
from newsletter.replies.authentication.from_header import FromHeader, duplicated_field, read_from_header
from newsletter.replies.parsing.headers import Headers


class AuthResult(StrEnum):
    """Whether a message comes from its From address (RFC 8601 section 2.7)."""

    PASS = "pass"  # noqa: S105 - no password
    """Authenticated, by a domain that is aligned with the address."""
    FAIL = "fail"
    """An aligned domain says no, or the message was changed."""
    NONE = "none"
    """Nothing authenticates it."""
    TEMPERROR = "temperror"
    """A key could not be looked up; it may be authenticated later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderAuthentication:
    """The result for one message, and in one line what it rests on."""

    result: AuthResult = AuthResult.NONE
    reason: str = ""
    covered: tuple[str, ...] = ()
    """The fields among To and Cc that the authentication covers."""


def authenticate_sender(
    headers: Headers,
    signatures: tuple[DkimSignature, ...],
    *,
    verdicts: Mapping[str, str],
    authserv_id: str | None,
) -> SenderAuthentication:
    """Authenticate the From address by signatures, SES's verdicts and our own mail server's reports."""
    sender = read_from_header(headers)
    if sender.fault:
        return SenderAuthentication(reason=sender.fault)
    if name := duplicated_field(headers):
        return SenderAuthentication(reason=f"it has more than one {name} field")
    verdict_reports = (read_ses_verdicts(verdicts, sender.domain), read_authentication_results(headers, authserv_id))
    reports = [report for report in verdict_reports if report is not None]
    for report in reports:
        if report.dmarc == "fail" and report.dmarc_domain in {"", sender.domain}:
            return SenderAuthentication(result=AuthResult.FAIL, reason=f"dmarc=fail by {report.by}")
    aligned = [signature for signature in signatures if is_aligned(signature.domain, sender.domain)]
    for signature in aligned:
        if signature.result == "pass":
            covered = tuple(name for name in ("to", "cc") if name in signature.signed)
            return SenderAuthentication(result=AuthResult.PASS, reason=str(signature), covered=covered)
    for report in reports:
        if reason := _pass_reason(report, sender):
            return SenderAuthentication(result=AuthResult.PASS, reason=reason, covered=("to",))
    return _not_authenticated(aligned, signatures)


def is_aligned(signer: str, domain: str) -> bool:
    """Whether a signing domain is aligned with an address's domain: the same, or one above it.

    One below it is not: which organisation owns the parts of a domain cannot be told from their names.
    """
    return "." in signer and bool(domain) and (domain == signer or domain.endswith(f".{signer}"))


def _pass_reason(report: AuthenticationResults, sender: FromHeader) -> str:
    if report.dmarc == "pass" and report.dmarc_domain == sender.domain:
        return f"dmarc=pass by {report.by}"
    good = next((domain for domain in report.dkim_domains if is_aligned(domain, sender.domain)), "")
    return f"dkim=pass d={good} by {report.by}" if good and report.dmarc in {"", "none"} else ""


def _not_authenticated(aligned: list[DkimSignature], signatures: tuple[DkimSignature, ...]) -> SenderAuthentication:
    for result, auth_result in (("temperror", AuthResult.TEMPERROR), ("fail", AuthResult.FAIL)):
        for signature in aligned:
            if signature.result == result:
                return SenderAuthentication(result=auth_result, reason=str(signature))
    if aligned:
        return SenderAuthentication(reason=str(aligned[0]))
    if signatures:
        return SenderAuthentication(reason=f"{signatures[0]}: it is not aligned with the From address")
    return SenderAuthentication(reason="it is not signed")
