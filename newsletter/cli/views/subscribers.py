"""A person on the terminal: the whole record, and one line of a list."""

from typing import Any

from newsletter.address import Address
from newsletter.app import PersonalData
from newsletter.audience import AddressFlag, ListMember, SubscriberRecord, check_address, suggest_address
from newsletter.cli import output


def standing(member: ListMember) -> str:
    """Return how a person stands on a list, in a word or two."""
    return f"suppressed: {member.suppressed}" if member.suppressed else member.subscription.state


def member_json(member: ListMember) -> dict[str, Any]:
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


def say_record(address: Address, whole: PersonalData) -> None:
    """Print a whole record: the roster's in full, and of the other stations' what there is."""
    _say_roster(address, whole.person or SubscriberRecord(subscriber=None, subscriptions=(), suppression=None))
    if whole.deliveries:
        output.print_result(f"\n  {output.pluralise(len(whole.deliveries), 'letter')}")
        for line in whole.deliveries:
            when = f"{line.changed_at:%Y-%m-%d %H:%M}" if line.changed_at else " " * 16
            output.print_result(f"    {when}  {line.status:<11}{line.slug}")
    if whole.clicks:
        output.print_result(f"\n  {output.pluralise(len(whole.clicks), 'followed link')}")
        for click in whole.clicks:
            output.print_result(f"    {click.day:%Y-%m-%d}  {click.slug}  {click.url}")
    for title, replies in (("", whole.replies), (" from other addresses to theirs", whole.elsewhere)):
        if replies:
            output.print_result(f"\n  {output.pluralise(len(replies), 'reply', 'replies')}{title}")
        for reply in replies:
            output.print_result(
                f"    {reply.received_at:%Y-%m-%d %H:%M}  {reply.state:<11}{reply.id}  {reply.slug or 'no issue'}"
            )
    if whole.notices:
        output.print_result(f"\n  {output.pluralise(len(whole.notices), 'notice')} to them")


def _say_roster(address: Address, record: SubscriberRecord) -> None:
    person, suppression = record.subscriber, record.suppression
    output.print_result(output.styled((str(person.address if person else address), "subject"), _named(record)))
    if suppression:
        since = f"since {suppression.at:%Y-%m-%d}, by {suppression.origin}"
        output.print_result(output.styled((f"  suppressed: {suppression.reason}, {since}", "attention")))
    for flag in check_address(str(address)):
        meant = suggest_address(address) if flag is AddressFlag.MISTYPED else None
        output.print_result(output.styled((f"  {flag}{f': {meant}?' if meant else ''}", "attention")))
    if person and person.clicks_agreed_at:
        output.print_result(f"  lets it be recorded which links they follow, since {person.clicks_agreed_at:%Y-%m-%d}")
    if person and person.tags:
        output.print_result(f"  tags: {', '.join(person.tags)}")
    for name, value in sorted(person.fields.items()) if person else ():
        output.print_result(f"  {name}: {value}")
    for subscription, consents in record.subscriptions:
        output.print_result(
            f"\n  {subscription.list_name}: {subscription.state} since {subscription.changed_at:%Y-%m-%d}"
        )
        width = max((len(consent.act) + 2 for consent in consents), default=11)
        for consent in consents:
            told = (consent.evidence, consent.words and f"words: {consent.words}", consent.mail)
            proof = f" ({'; '.join(filter(None, told))})" if any(told) else ""
            output.print_result(f"    {consent.at:%Y-%m-%d %H:%M}  {consent.act:<{width}}{consent.origin}{proof}")


def held(whole: PersonalData) -> str:
    """Return what an erasure takes, in words."""
    subscriptions = len(whole.person.subscriptions) if whole.person else 0
    kinds = [
        output.pluralise(subscriptions, "subscription"),
        output.pluralise(len(whole.replies), "reply", "replies"),
        output.pluralise(len(whole.notices), "notice"),
    ]
    return f"{', '.join(kinds[:-1])} and {kinds[-1]}"


def _named(record: SubscriberRecord) -> str:
    return f"  {record.subscriber.name}" if record.subscriber and record.subscriber.name else ""
