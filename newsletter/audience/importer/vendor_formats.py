"""Formats: the exports of other newsletter programs, recognised by their columns, and their words for a standing.

What a word says against mailing somebody counts; a word of theirs that we do not know leaves a person pending.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from newsletter.audience.importer.meaning import Meaning
from newsletter.audience.models import SubscriptionState, SuppressionReason

Standing = SubscriptionState | SuppressionReason

_PENDING, _ENDED = SubscriptionState.PENDING, SubscriptionState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One program's export."""

    name: str
    signs: tuple[frozenset[str], ...]
    """Its columns are those of any of these sets, and perhaps more."""
    meanings: Mapping[str, Meaning]
    words: Mapping[str, Standing] = field(default_factory=dict)
    """What its words for a status mean where the general list has it otherwise."""
    whole_names: bool = True


def _nothing(*columns: str) -> dict[str, Meaning]:
    return dict.fromkeys(columns, Meaning.NOTHING)


FORMATS = (
    Format(
        name="Mailchimp",
        signs=(frozenset({"leid", "euid"}), frozenset({"memberrating", "optintime"})),
        meanings={
            **_nothing("memberrating", "leid", "euid", "latitude", "longitude", "gmtoff", "dstoff", "lastchanged"),
            **_nothing("unsubcampaignid", "unsubcampaigntitle", "cleancampaignid", "cleancampaigntitle"),
            **dict.fromkeys(("optintime", "optinip", "confirmip", "unsubreason"), Meaning.PROOF),
            "confirmtime": Meaning.JOINED,
        },
        words={"cleaned": SuppressionReason.BOUNCED, "nonsubscribed": _PENDING, "transactional": _PENDING},
    ),
    Format(
        name="Substack",
        signs=(frozenset({"activesubscription", "emaildisabled"}),),
        meanings={"emaildisabled": Meaning.LEFT, "createdat": Meaning.JOINED},
    ),
    Format(
        name="Ghost",
        signs=(frozenset({"subscribedtoemails", "complimentaryplan"}),),
        meanings={
            **_nothing("id", "giftid"),
            "subscribedtoemails": Meaning.WANTED,
            "deletedat": Meaning.LEFT,
            "labels": Meaning.TAGS,
            "createdat": Meaning.JOINED,
        },
    ),
    Format(
        name="listmonk",
        signs=(frozenset({"uuid", "attributes", "status"}),),
        meanings={
            **_nothing("uuid", "updatedat"),
            "attributes": Meaning.ATTRIBUTES,
            "createdat": Meaning.JOINED,
        },
        words={
            "enabled": SubscriptionState.CONFIRMED,
            "disabled": _ENDED,
            "blocklisted": SuppressionReason.MANUAL,
        },
    ),
    Format(
        name="Buttondown",
        signs=(
            frozenset({"creationdate", "metadata", "tags"}),
            frozenset({"subscribertype", "metadata"}),
            frozenset({"creationdate", "secondaryid"}),
        ),
        meanings={
            **_nothing("id", "secondaryid"),
            **dict.fromkeys(("type", "subscribertype"), Meaning.STATUS),
            "creationdate": Meaning.JOINED,
            "metadata": Meaning.ATTRIBUTES,
            "unsubscriptiondate": Meaning.LEFT,
            "ipaddress": Meaning.PROOF,
        },
        words={
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
    Format(
        name="Mailcoach",
        signs=(frozenset({"subscribedat", "unsubscribedat"}),),
        meanings={"subscribedat": Meaning.CONFIRMED, "extraattributes": Meaning.ATTRIBUTES},
    ),
    Format(
        name="beehiiv",
        signs=(
            frozenset({"subscriptiontier", "status"}),
            frozenset({"referralcode", "status"}),
            frozenset({"tier", "utmsource", "status"}),
        ),
        meanings={
            **_nothing("id", "subscriptionid"),
            **dict.fromkeys(("created", "createdat", "subscribedat"), Meaning.JOINED),
        },
        words={
            **dict.fromkeys(("pending", "validating", "needs_attention"), _PENDING),
            "active": SubscriptionState.CONFIRMED,
            "inactive": _ENDED,
            "invalid": SuppressionReason.BOUNCED,
        },
    ),
    Format(
        name="Kit",
        signs=(
            frozenset({"firstname", "state", "createdat"}),
            frozenset({"firstname", "status", "createdat", "tags"}),
            frozenset({"firstname", "subscribedat", "tags", "id"}),
        ),
        meanings={
            **_nothing("id"),
            **dict.fromkeys(("createdat", "subscribedat"), Meaning.JOINED),
            "confirmedat": Meaning.PROOF,
        },
        words={
            **dict.fromkeys(("active", "cold", "cold_subscriber"), SubscriptionState.CONFIRMED),
            "inactive": _PENDING,
            "cancelled": _ENDED,
            "bounced": SuppressionReason.BOUNCED,
            "complained": SuppressionReason.COMPLAINED,
        },
    ),
)

_WORDS: tuple[tuple[Standing, str], ...] = (
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
"""What programs call a person's status, the gravest first: `unsubscribed` holds `subscribed`."""
_FILES = (
    (r"^(non|not)[ _-]?subscribed", _PENDING),
    (r"^unsubscribed", _ENDED),
    (r"^cleaned", SuppressionReason.BOUNCED),
)
"""How Mailchimp names the files of an export, whose rows may not say it themselves."""


def recognise(headings: Collection[str]) -> Format | None:
    """Return whose export has these headings, written in letters alone."""
    present = set(headings)
    return next((format for format in FORMATS if any(signs <= present for signs in format.signs)), None)


@lru_cache(4096)
def read_status(word: str, format: str = "") -> Standing | None:
    """Return what a program's word for a status means to us; None if it may mean something else altogether."""
    word = word.casefold().strip()
    chosen = next((each for each in FORMATS if each.name == format), None)
    if chosen and (found := chosen.words.get(word.replace(" ", "_"))):
        return found
    return next((meaning for meaning, pattern in _WORDS if re.search(pattern, word)), None)


def standing_of_file(name: str) -> Standing | None:
    """Return how everybody in a file of that name stands, as Mailchimp names the parts of an export."""
    return next((standing for pattern, standing in _FILES if re.match(pattern, name.lower())), None)
