"""Export formats of other newsletter programs: how each is recognised by its columns, and its names for a status.

Mailchimp, Substack, Ghost, listmonk, Buttondown, Mailcoach, beehiiv and Kit. A status that speaks against mailing
somebody counts; a status word of theirs that is not known here leaves the subscriber pending. To add a format, add
a `VendorFormat` to `FORMATS` and one of its exports to `tests/unit/audience/importer/exports`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from newsletter.audience.models import SubscriptionState, SuppressionReason

ImportedStatus = SubscriptionState | SuppressionReason
"""What a file says of somebody: a subscription state, or why they are suppressed."""

_PENDING, _ENDED = SubscriptionState.PENDING, SubscriptionState.ENDED


class ColumnMeaning(StrEnum):
    """What a column says of a person."""

    EMAIL = "email"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    WHOLE_NAME = "whole name"
    STATE = "state"
    """The subscription state in our own exports."""
    SUPPRESSION = "suppression"
    """The reason of a suppression in our own exports."""
    STATUS = "status"
    """Another program's word for either, or perhaps an American state."""
    WANTED = "wanted"
    """`false` says that they want no email."""
    UNSUBSCRIBED = "unsubscribed"
    """A day, or anything that is not "no", says that they unsubscribed."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    CONFIRMED = "confirmed"
    """The day of their confirmation; empty if they never confirmed."""
    JOINED = "joined"
    """The day they joined: a field, and part of the proof of consent."""
    PROOF = "proof"
    """Goes into the consent record under the column's own name."""
    CONSENT = "consent"
    """Goes into the consent record as it is."""
    TAGS = "tags"
    ATTRIBUTES = "attributes"
    """A JSON object of fields; in the file of an unknown program perhaps a plain field."""
    FIELD = "field"
    IGNORED = "ignored"
    """Of use to the other program alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFormat:
    """One program's export."""

    name: str
    signatures: tuple[frozenset[str], ...]
    """A file is of this format if it has all columns of any of these sets; it may have more."""
    meanings: Mapping[str, ColumnMeaning]
    status_words: Mapping[str, ImportedStatus] = field(default_factory=dict)
    """Its names for a status, where the general list below reads them differently."""


def _ignored(*columns: str) -> dict[str, ColumnMeaning]:
    return dict.fromkeys(columns, ColumnMeaning.IGNORED)


FORMATS = (
    VendorFormat(
        name="Mailchimp",
        signatures=(frozenset({"leid", "euid"}), frozenset({"memberrating", "optintime"})),
        meanings={
            **_ignored("memberrating", "leid", "euid", "latitude", "longitude", "gmtoff", "dstoff", "lastchanged"),
            **_ignored("unsubcampaignid", "unsubcampaigntitle", "cleancampaignid", "cleancampaigntitle"),
            **dict.fromkeys(("optintime", "optinip", "confirmip", "unsubreason"), ColumnMeaning.PROOF),
            "confirmtime": ColumnMeaning.JOINED,
        },
        status_words={"cleaned": SuppressionReason.BOUNCED, "nonsubscribed": _PENDING, "transactional": _PENDING},
    ),
    VendorFormat(
        name="Substack",
        signatures=(frozenset({"activesubscription", "emaildisabled"}),),
        meanings={"emaildisabled": ColumnMeaning.UNSUBSCRIBED, "createdat": ColumnMeaning.JOINED},
    ),
    VendorFormat(
        name="Ghost",
        signatures=(frozenset({"subscribedtoemails", "complimentaryplan"}),),
        meanings={
            **_ignored("id", "giftid"),
            "subscribedtoemails": ColumnMeaning.WANTED,
            "deletedat": ColumnMeaning.UNSUBSCRIBED,
            "labels": ColumnMeaning.TAGS,
            "createdat": ColumnMeaning.JOINED,
        },
    ),
    VendorFormat(
        name="listmonk",
        signatures=(frozenset({"uuid", "attributes", "status"}),),
        meanings={
            **_ignored("uuid", "updatedat"),
            "attributes": ColumnMeaning.ATTRIBUTES,
            "createdat": ColumnMeaning.JOINED,
        },
        status_words={
            "enabled": SubscriptionState.CONFIRMED,
            "disabled": _ENDED,
            "blocklisted": SuppressionReason.MANUAL,
        },
    ),
    VendorFormat(
        name="Buttondown",
        signatures=(
            frozenset({"creationdate", "metadata", "tags"}),
            frozenset({"subscribertype", "metadata"}),
            frozenset({"creationdate", "secondaryid"}),
        ),
        meanings={
            **_ignored("id", "secondaryid"),
            **dict.fromkeys(("type", "subscribertype"), ColumnMeaning.STATUS),
            "creationdate": ColumnMeaning.JOINED,
            "metadata": ColumnMeaning.ATTRIBUTES,
            "unsubscriptiondate": ColumnMeaning.UNSUBSCRIBED,
            "ipaddress": ColumnMeaning.PROOF,
        },
        status_words={
            **dict.fromkeys(
                ("regular", "premium", "gifted", "trialed", "churning", "churned", "past_due"),
                SubscriptionState.CONFIRMED,
            ),
            **dict.fromkeys(("unactivated", "paused", "upcoming"), _PENDING),
            **dict.fromkeys(("unsubscribed", "removed"), _ENDED),
            "undeliverable": SuppressionReason.BOUNCED,
            "complained": SuppressionReason.COMPLAINED,
            "blocked": SuppressionReason.MANUAL,
        },
    ),
    VendorFormat(
        name="Mailcoach",
        signatures=(frozenset({"subscribedat", "unsubscribedat"}),),
        meanings={"subscribedat": ColumnMeaning.CONFIRMED, "extraattributes": ColumnMeaning.ATTRIBUTES},
    ),
    VendorFormat(
        name="beehiiv",
        signatures=(
            frozenset({"subscriptiontier", "status"}),
            frozenset({"referralcode", "status"}),
            frozenset({"tier", "utmsource", "status"}),
        ),
        meanings={
            **_ignored("id", "subscriptionid"),
            **dict.fromkeys(("created", "createdat", "subscribedat"), ColumnMeaning.JOINED),
        },
        status_words={
            **dict.fromkeys(("pending", "validating", "needs_attention"), _PENDING),
            "active": SubscriptionState.CONFIRMED,
            "inactive": _ENDED,
            "invalid": SuppressionReason.BOUNCED,
        },
    ),
    VendorFormat(
        name="Kit",
        signatures=(
            frozenset({"firstname", "state", "createdat"}),
            frozenset({"firstname", "status", "createdat", "tags"}),
            frozenset({"firstname", "subscribedat", "tags", "id"}),
        ),
        meanings={
            **_ignored("id"),
            **dict.fromkeys(("createdat", "subscribedat"), ColumnMeaning.JOINED),
            "confirmedat": ColumnMeaning.PROOF,
        },
        status_words={
            **dict.fromkeys(("active", "cold", "cold_subscriber"), SubscriptionState.CONFIRMED),
            "inactive": _PENDING,
            "cancelled": _ENDED,
            "bounced": SuppressionReason.BOUNCED,
            "complained": SuppressionReason.COMPLAINED,
        },
    ),
)

_STATUS_WORDS: tuple[tuple[ImportedStatus, str], ...] = (
    (SuppressionReason.ERASED, "erased|forgotten"),
    (SuppressionReason.COMPLAINED, "complain|spam|abuse"),
    (SuppressionReason.BOUNCED, "bounc|cleaned|undeliverable|invalid"),
    (SuppressionReason.MANUAL, "block|blacklist|suppress|disabled|banned"),
    (_ENDED, r"unsub|opt(ed)?[ -]?out|ended|removed|inactive|cancel|archived|deleted|(?<!\w)left(?!\w)"),
    (
        _PENDING,
        r"pending|unconfirmed|not[ -]?confirmed|unactivated|non?t?[ _-]?subscribed|transactional|validating",
    ),
    (SubscriptionState.CONFIRMED, "confirmed|subscribed|active|enabled"),
)
"""Common names for a status, the strictest first, since `unsubscribed` contains `subscribed`."""
_MAILCHIMP_FILES = (
    (r"^(non|not)[ _-]?subscribed", _PENDING),
    (r"^unsubscribed", _ENDED),
    (r"^cleaned", SuppressionReason.BOUNCED),
)
"""How Mailchimp names the files of an export, whose rows may not hold a status themselves."""


def recognise_format(headings: Collection[str]) -> VendorFormat | None:
    """Return the program whose export has these headings, which are reduced to lower-case letters and digits."""
    present = set(headings)
    return next(
        (format for format in FORMATS if any(signature <= present for signature in format.signatures)),
        None,
    )


@lru_cache(4096)
def parse_status(word: str, format_name: str = "") -> ImportedStatus | None:
    """Return what a program's word for a status means; None if it may mean something else altogether."""
    word = word.casefold().strip()
    format = next((format for format in FORMATS if format.name == format_name), None)
    if format and (status := format.status_words.get(word.replace(" ", "_"))):
        return status
    return next((status for status, pattern in _STATUS_WORDS if re.search(pattern, word)), None)


def status_of_file(name: str) -> ImportedStatus | None:
    """Return the status of everybody in a file of this name, as Mailchimp names the parts of an export."""
    return next((status for pattern, status in _MAILCHIMP_FILES if re.match(pattern, name.lower())), None)
