"""A person on the terminal: the whole record, and one line of a list."""

from typing import Any

from newsletter.address import Address
from newsletter.audience import Flag, Member, PersonRecord, flags_of, suggest
from newsletter.cli import terminal
from newsletter.stats import WholeRecord


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


def say_record(address: Address, whole: WholeRecord) -> None:
    """Print a whole record: the roster's in full, and of the other stations' what there is."""
    _say_roster(address, whole.person or PersonRecord(subscriber=None, subscriptions=(), suppression=None))
    if whole.deliveries:
        terminal.say(f"\n  {terminal.count(len(whole.deliveries), 'letter')}")
        for line in whole.deliveries:
            when = f"{line.changed_at:%Y-%m-%d %H:%M}" if line.changed_at else " " * 16
            terminal.say(f"    {when}  {line.status:<11}{line.slug}")
    if whole.clicks:
        terminal.say(f"\n  {terminal.count(len(whole.clicks), 'followed link')}")
        for click in whole.clicks:
            terminal.say(f"    {click.day:%Y-%m-%d}  {click.slug}  {click.url}")
    for title, replies in (("", whole.replies), (" from other addresses to theirs", whole.elsewhere)):
        if replies:
            terminal.say(f"\n  {terminal.count(len(replies), 'reply', 'replies')}{title}")
        for reply in replies:
            terminal.say(
                f"    {reply.received_at:%Y-%m-%d %H:%M}  {reply.state:<11}{reply.id}  {reply.slug or 'no issue'}"
            )
    if whole.notices:
        terminal.say(f"\n  {terminal.count(len(whole.notices), 'notice')} to them")


def _say_roster(address: Address, record: PersonRecord) -> None:
    person, suppression = record.subscriber, record.suppression
    terminal.say(terminal.styled((str(person.address if person else address), "subject"), _named(record)))
    if suppression:
        since = f"since {suppression.at:%Y-%m-%d}, by {suppression.origin}"
        terminal.say(terminal.styled((f"  suppressed: {suppression.reason}, {since}", "attention")))
    for flag in flags_of(str(address)):
        meant = suggest(address) if flag is Flag.MISTYPED else None
        terminal.say(terminal.styled((f"  {flag}{f': {meant}?' if meant else ''}", "attention")))
    if person and person.clicks_agreed_at:
        terminal.say(f"  lets it be recorded which links they follow, since {person.clicks_agreed_at:%Y-%m-%d}")
    if person and person.tags:
        terminal.say(f"  tags: {', '.join(person.tags)}")
    for name, value in sorted(person.fields.items()) if person else ():
        terminal.say(f"  {name}: {value}")
    for subscription, consents in record.subscriptions:
        terminal.say(f"\n  {subscription.list_name}: {subscription.state} since {subscription.changed_at:%Y-%m-%d}")
        width = max((len(consent.act) + 2 for consent in consents), default=11)
        for consent in consents:
            told = (consent.evidence, consent.words and f"words: {consent.words}", consent.mail)
            proof = f" ({'; '.join(filter(None, told))})" if any(told) else ""
            terminal.say(f"    {consent.at:%Y-%m-%d %H:%M}  {consent.act:<{width}}{consent.origin}{proof}")


def held(whole: WholeRecord) -> str:
    """Return what an erasure takes, in words."""
    subscriptions = len(whole.person.subscriptions) if whole.person else 0
    kinds = [
        terminal.count(subscriptions, "subscription"),
        terminal.count(len(whole.replies), "reply", "replies"),
        terminal.count(len(whole.notices), "notice"),
    ]
    return f"{', '.join(kinds[:-1])} and {kinds[-1]}"


def _named(record: PersonRecord) -> str:
    return f"  {record.subscriber.name}" if record.subscriber and record.subscriber.name else ""
