"""Whether a mail comes from whom its From line names: signatures, and the word of our own border."""

from newsletter.replies.authenticity.covering import read_signatures
from newsletter.replies.authenticity.judging import Authenticity, Proof, judge_sender
from newsletter.replies.authenticity.keys import Answer, DnsKeys, KeyLookup, look_up
from newsletter.replies.authenticity.signatures import Signature, key_names, verify

__all__ = [
    "Answer",
    "Authenticity",
    "DnsKeys",
    "KeyLookup",
    "Proof",
    "Signature",
    "judge_sender",
    "key_names",
    "look_up",
    "read_signatures",
    "verify",
]
