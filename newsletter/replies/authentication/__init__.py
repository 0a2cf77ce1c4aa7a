"""Whether a mail comes from whom its From line names: signatures, and the word of our own border."""

from newsletter.replies.authentication.covering import verify_dkim
from newsletter.replies.authentication.dkim_verification import DkimSignature, key_names, verify
from newsletter.replies.authentication.dns_keys import DnsKeys, KeyLookup, LookupFailure, look_up
from newsletter.replies.authentication.sender_authentication import Authenticity, AuthResult, judge_sender

__all__ = [
    "AuthResult",
    "Authenticity",
    "DkimSignature",
    "DnsKeys",
    "KeyLookup",
    "LookupFailure",
    "judge_sender",
    "key_names",
    "look_up",
    "verify",
    "verify_dkim",
]
