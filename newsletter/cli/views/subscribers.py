"""Views of subscribers: everything that is held about a person, a list's members, lists and fields."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from newsletter.address import Address
from newsletter.audience import AddressFlag, ListCount, ListMember, SubscriberRecord, check_address, suggest_address
from newsletter.cli import output
from newsletter.settings import Settings
from newsletter.utc import format_utc

if TYPE_CHECKING:
    from rich.text import Text

    from newsletter.app import PersonalData
    from newsletter.audience import FieldDescription


def member_json(member: ListMember) -> dict[str, Any]:
    """Return a member of a list as an object."""
    person = member.subscription.subscriber
    return {
        "address": str(person.address),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "fields": person.fields,
        "tags": list(person.tags),
        "state": member.subscription.state,
        "changed_at": format_utc(member.subscription.changed_at),
        "suppressed": member.suppressed,
    }


def list_json(count: ListCount, title: str | None) -> dict[str, Any]:
    """Return a list and its counts as an object."""
    return {
        "name": count.name,
        "title": title,
        "confirmed": count.confirmed,
        "pending": count.pending,
        "ended": count.ended,
        "suppressed": count.suppressed,
    }


def show_members(members: Iterable[ListMember], list_name: str) -> None:
    """List everybody who is or was on a list."""
    rows = [
        (
            str(member.subscription.subscriber.address),
            member.subscription.subscriber.name,
            f"suppressed: {member.suppressed}" if member.suppressed else member.subscription.state,
            f"{member.subscription.changed_at:%Y-%m-%d}",
        )
        for member in members
    ]
    if not rows:
        output.info(f"nobody is on {list_name}. Next: newsletter subscribers import FILE --list {list_name}")
        return
    output.print_table(["address", "name", "state", "since"], rows)


def show_lists(counts: Iterable[ListCount], settings: Settings) -> None:
    """List the lists, with the number of subscribers of each status."""
    rows: list[tuple[str | Text, ...]] = [
        (
            output.styled((count.name, "subject")),
            settings.lists[count.name].title if count.name in settings.lists else "not in newsletter.toml",
            *(f"{number:,}" for number in (count.confirmed, count.pending, count.ended, count.suppressed)),
        )
        for count in counts
    ]
    if not rows:
        output.info("there are no lists yet. Next: add [lists.NAME] to newsletter.toml")
        return
    headings = ["list", "title", "confirmed", "pending", "ended", "suppressed"]
    output.print_table(headings, rows, numbers=(2, 3, 4, 5))


def show_fields(fields: "Iterable[FieldDescription]", list_name: str) -> None:
    """List the custom fields of a list's subscribers."""
    rows = [
        (field.name, f"{field.kind}{' (inferred)' if field.is_inferred else ''}", f"{field.count:,}", field.example)
        for field in fields
    ]
    if not rows:
        output.info(f"the subscribers of {list_name} have no fields besides their names")
        return
    output.print_table(["field", "holds", "known of", "for example"], rows, numbers=(2,))


def show_person(address: Address, record: "PersonalData") -> None:
    """Show a person's record in full, and what else there is about them in one line each."""
    _show_subscriber(address, record.person or SubscriberRecord(subscriber=None, subscriptions=(), suppression=None))
    if record.deliveries:
        output.print_result(f"\n  {output.pluralise(len(record.deliveries), 'message')}")
        for delivery in record.deliveries:
            when = f"{delivery.changed_at:%Y-%m-%d %H:%M}" if delivery.changed_at else " " * 16
            output.print_result(f"    {when}  {delivery.status:<11}{delivery.slug}")
    if record.clicks:
        output.print_result(f"\n  {output.pluralise(len(record.clicks), 'click')}")
        for click in record.clicks:
            output.print_result(f"    {click.day:%Y-%m-%d}  {click.slug}  {click.url}")
    for title, replies in (("", record.replies), (" from other addresses to theirs", record.elsewhere)):
        if replies:
            output.print_result(f"\n  {output.pluralise(len(replies), 'reply', 'replies')}{title}")
        for reply in replies:
            output.print_result(
                f"    {reply.received_at:%Y-%m-%d %H:%M}  {reply.state:<11}{reply.id}  {reply.slug or 'no issue'}"
            )
    if record.notices:
        output.print_result(f"\n  {output.pluralise(len(record.notices), 'notice')} to them")


def describe_record(record: "PersonalData") -> str:
    """Return what an erasure deletes, such as "2 subscriptions, 1 reply and 0 notices"."""
    subscriptions = len(record.person.subscriptions) if record.person else 0
    kinds = [
        output.pluralise(subscriptions, "subscription"),
        output.pluralise(len(record.replies), "reply", "replies"),
        output.pluralise(len(record.notices), "notice"),
    ]
    return f"{', '.join(kinds[:-1])} and {kinds[-1]}"


def show_elsewhere(record: "PersonalData") -> None:
    """Name the replies that came to a person's signed addresses from other ones, and so may not be theirs."""
    if record.elsewhere:
        ids = " ".join(reply.id for reply in record.elsewhere)
        output.warn(
            f"{output.pluralise(len(record.elsewhere), 'reply', 'replies')} to messages sent to them came from another "
            f"address and stays as it is. If it is theirs: newsletter replies withdraw --erase {ids}"
        )


def _show_subscriber(address: Address, record: SubscriberRecord) -> None:
    person, suppression = record.subscriber, record.suppression
    name = f"  {person.name}" if person and person.name else ""
    output.print_result(output.styled((str(person.address if person else address), "subject"), name))
    if suppression:
        since = f"since {suppression.at:%Y-%m-%d}, by {suppression.origin}"
        output.print_result(output.styled((f"  suppressed: {suppression.reason}, {since}", "attention")))
    for flag in check_address(str(address)):
        meant = suggest_address(address) if flag is AddressFlag.MISTYPED else None
        output.print_result(output.styled((f"  {flag}{f': {meant}?' if meant else ''}", "attention")))
    if person and person.clicks_agreed_at:
        output.print_result(f"  agreed to click tracking on {person.clicks_agreed_at:%Y-%m-%d}")
    if person and person.tags:
        output.print_result(f"  tags: {', '.join(person.tags)}")
    for field, value in sorted(person.fields.items()) if person else ():
        output.print_result(f"  {field}: {value}")
    for subscription, consents in record.subscriptions:
        output.print_result(
            f"\n  {subscription.list_name}: {subscription.state} since {subscription.changed_at:%Y-%m-%d}"
        )
        width = max((len(consent.act) + 2 for consent in consents), default=11)
        for consent in consents:
            details = (consent.evidence, consent.consent_text and f"text: {consent.consent_text}", consent.mail)
            proof = f" ({'; '.join(filter(None, details))})" if any(details) else ""
            output.print_result(f"    {consent.at:%Y-%m-%d %H:%M}  {consent.act:<{width}}{consent.origin}{proof}")
