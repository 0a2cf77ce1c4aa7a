"""A person on the terminal: the whole record, and one line of a list."""

from typing import Any

from rich.text import Text

from newsletter.address import Address
from newsletter.audience import Flag, Member, PersonRecord, flags_of, suggest
from newsletter.cli import terminal


def standing(member: Member) -> str:
    """Return how a person stands on a list, in a word or two."""
    return f"suppressed: {member.suppressed}" if member.suppressed else member.subscription.state


def member_json(member: Member) -> dict[str, Any]:
    """Return a member as JSON has it."""
    person = member.subscription.subscriber
    return {
        "address": str(person.address),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "fields": person.fields,
        "tags": list(person.tags),
        "state": member.subscription.state,
        "changed_at": f"{member.subscription.changed_at:%Y-%m-%dT%H:%M:%SZ}",
        "suppressed": member.suppressed,
    }


def say_record(address: Address, record: PersonRecord) -> None:
    """Print a whole record."""
    person, suppression = record.subscriber, record.suppression
    terminal.say(Text.assemble((str(person.address if person else address), "subject"), _named(record)))
    if suppression:
        since = f"{suppression.at:%Y-%m-%d}"
        terminal.say(
            Text(f"  suppressed: {suppression.reason}, since {since}, by {suppression.origin}", style="attention")
        )
    for flag in flags_of(str(address)):
        meant = suggest(address) if flag is Flag.MISTYPED else None
        terminal.say(Text(f"  {flag}{f': {meant}?' if meant else ''}", style="attention"))
    if person and person.tags:
        terminal.say(f"  tags: {', '.join(person.tags)}")
    for name, value in sorted(person.fields.items()) if person else ():
        terminal.say(f"  {name}: {value}")
    for subscription, consents in record.subscriptions:
        terminal.say(
            f"\n  {subscription.list_name}: {subscription.state} since {subscription.changed_at:%Y-%m-%d}"
        )
        for consent in consents:
            told = (consent.evidence, consent.words and f"words: {consent.words}", consent.mail)
            proof = f" ({'; '.join(filter(None, told))})" if any(told) else ""
            terminal.say(f"    {consent.at:%Y-%m-%d %H:%M}  {consent.act:<11}{consent.origin}{proof}")


def _named(record: PersonRecord) -> str:
    return f"  {record.subscriber.name}" if record.subscriber and record.subscriber.name else ""
