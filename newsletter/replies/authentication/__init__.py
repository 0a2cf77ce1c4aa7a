"""Sender authentication: whether a message comes from the address that its From field names.

`from_header` reads the From field by its grammar. `dkim_verification` verifies DKIM signatures, with keys that
`dns_keys` looks up; `authentication_results` reads what our own mail server found (RFC 8601), and SES's verdicts.
`sender_authentication` draws the result from all of them. Start there.
"""

from newsletter.replies.authentication.dkim_verification import (
    DkimSignature,
    dkim_key_names,
    verify_dkim,
    verify_signatures,
)
from newsletter.replies.authentication.dns_keys import DnsKeys, KeyLookup, LookupFailure, look_up_keys
from newsletter.replies.authentication.sender_authentication import (
    AuthResult,
    SenderAuthentication,
    authenticate_sender,
)

__all__ = [
    "AuthResult",
    "DkimSignature",
    "DnsKeys",
    "KeyLookup",
    "LookupFailure",
    "SenderAuthentication",
    "authenticate_sender",
    "dkim_key_names",
    "look_up_keys",
    "verify_dkim",
    "verify_signatures",
]
