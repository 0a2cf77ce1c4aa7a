"""Segments select the same people on SQLite, on PostgreSQL, and by a check of each person in Python."""

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, text

from newsletter import segments as language
from newsletter.audience.models import SubscriptionState
from newsletter.audience.segments import SegmentContext, check_segment, count_segments, segmented_candidates
from newsletter.audience.tables import lists, subscribers, subscriptions, suppressions, tags
from newsletter.database import Database
from newsletter.segments import (
    Activity,
    ActivityKind,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Contains,
    FieldDate,
    HasField,
    HasTag,
    JoinedDate,
    JoinedWithin,
    Not,
    OneOf,
    SegmentError,
    SubscribedTo,
    Value,
    format_condition,
    negate,
    parse_segment,
)
from tests.fresh_database import fresh_database
from tests.hypothesis_examples import examples
from tests.postgres import new_postgres_database

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
HERE = SegmentContext(list_name="weekly", now=NOW, slug="now")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        opened = fresh_database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'newsletter.db'}")
        event.listen(opened.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
        opened.engine.dispose()
        yield opened
        opened.close()
        return
    with new_postgres_database(request.getfixturevalue("postgres")) as url:
        opened = fresh_database(url)
        yield opened
        opened.close()


@dataclass(frozen=True, kw_only=True)
class Person:
    """A subscriber of `weekly`, as a test makes one."""

    address: str = "ada@example.org"
    first_name: str = ""
    last_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    joined_at: datetime = NOW
    lists: frozenset[str] = frozenset()
    got: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    clicked: frozenset[str] = frozenset()
    """Links that they clicked after giving consent."""
    tags: frozenset[str] = frozenset()


ISSUES = ("one", "two", "three")
"""Issues mailed to `weekly`, in this order; `now` is being mailed."""

emails = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co")).filter(
        lambda char: ord(char) < 0x0590
    )
    | st.sampled_from("İıſßẞΣςσÄäŁł%_'\"\\"),
    max_size=6,
)
text_values = st.sampled_from(
    ["PT", "pt", "ES", "Lisbon", "lis", "", "40", "40.0", "+40", "-3.5", "1e3", "４０", "999999999999999",
     "Σίσυφος", "ΣΊΣΥΦΟΣ", "İzmir", "izmir"]
) | emails  # fmt: skip
names = st.sampled_from(["country", "age", "2024_donor", "città"])
moments = st.sampled_from(
    [NOW, NOW - timedelta(days=30), NOW - timedelta(days=29, hours=23), datetime(2026, 1, 1, tzinfo=UTC),
     datetime(2026, 1, 1, 23, 59, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC),
     datetime(2025, 12, 31, 23, 59, tzinfo=UTC)]
)  # fmt: skip
some_issues = st.frozensets(st.sampled_from(ISSUES))
people = st.builds(
    Person,
    address=st.sampled_from(["ada@example.org", "Bob@EXAMPLE.org", '"a@b"@mail.example.net', "zoë@münchen.example"]),
    first_name=text_values,
    last_name=text_values,
    fields=st.dictionaries(names, text_values, max_size=4)
    | st.fixed_dictionaries(
        {"joined": st.sampled_from(["2026-01-01", "2025-12-31T23:00", "2026-10-03", "soon", "2026-13-01"])}
    ),
    joined_at=moments,
    lists=st.frozensets(st.sampled_from(["daily", "monthly"])),
    got=some_issues,
    answered=some_issues,
    clicked=some_issues,
    tags=st.frozensets(st.sampled_from(["VIP", "vip club", "ΣΊΣΥΦΟΣ", "%"])),
)
asked = names | st.sampled_from(["email", "domain", "first_name", "last_name", "name"])
numbers = st.sampled_from([40, 40.0, -3.5, 0, 999999999999999, 1000])
values = text_values | numbers
simple = st.one_of(
    st.builds(Comparison, field=asked, order=st.just("="), value=values),
    st.builds(Comparison, field=asked, order=st.sampled_from(["<", "<=", ">", ">="]), value=numbers),
    st.builds(OneOf, field=asked, values=st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(Contains, field=asked, text=text_values),
    st.builds(HasField, field=asked),
    st.builds(HasTag, tag=st.sampled_from(["vip", "VIP", "σίσυφος", "%", "'; DROP TABLE tags; --"])),
    st.builds(
        FieldDate,
        field=names | st.just("joined"),
        is_before=st.booleans(),
        at=st.sampled_from([date(2026, 1, 1), date(2026, 1, 2), date(2026, 10, 3)]),
    ),
    st.builds(SubscribedTo, list_name=st.sampled_from(["weekly", "daily", "monthly", "'; DROP TABLE lists; --"])),
    st.builds(JoinedDate, is_before=st.booleans(), at=st.sampled_from([date(2026, 1, 1), date(2026, 1, 2)]) | moments),
    st.builds(JoinedWithin, days=st.sampled_from([1, 30, 40_000 % 36_525])),
    st.builds(Activity, kind=st.sampled_from(ActivityKind), last=st.integers(1, 4)),
    st.builds(Activity, kind=st.sampled_from(ActivityKind), slug=st.sampled_from([*ISSUES, "now", "never"])),
    st.builds(Activity, kind=st.sampled_from(ActivityKind)),
)


def _both(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        inner.map(negate)
        | several.map(lambda them: AllOf(conditions=them))
        | several.map(lambda them: AnyOf(conditions=them))
    )


conditions = st.recursive(simple, _both, max_leaves=6)


def is_so(condition: Condition, person: Person) -> bool:  # noqa: C901 - every question there is
    """Evaluate a condition for one person, without a database."""
    match condition:
        case Not():
            return not is_so(condition.condition, person)
        case AllOf():
            return all(is_so(item, person) for item in condition.conditions)
        case AnyOf():
            return any(is_so(item, person) for item in condition.conditions)
        case Comparison():
            return _compares(value_of(condition.field, person), condition.order, condition.value)
        case OneOf():
            theirs = value_of(condition.field, person)
            return any(_compares(theirs, "=", value) for value in condition.values)
        case Contains():
            return small(condition.text) in small(value_of(condition.field, person))
        case HasField():
            return value_of(condition.field, person) != ""
        case HasTag():
            return any(small(tag) == small(condition.tag) for tag in person.tags)
        case FieldDate():
            day = day_of(person.fields.get(condition.field, ""))
            return bool(day) and (
                day < condition.at.isoformat() if condition.is_before else day > condition.at.isoformat()
            )
        case SubscribedTo():
            return condition.list_name in {"weekly", *person.lists}
        case JoinedDate():
            return _joined(condition, person)
        case JoinedWithin():
            since = NOW - timedelta(days=condition.days)
            result = told_day(person)
            return result >= since.date().isoformat() if result else person.joined_at >= since
        case Activity():
            done = {
                ActivityKind.GOT: person.got,
                ActivityKind.ANSWERED: person.answered,
                ActivityKind.CLICKED: person.clicked,
            }.get(condition.kind, frozenset())
            if condition.slug is not None:
                return condition.slug in done
            return bool(done & set(ISSUES[-condition.last :])) if condition.last else bool(done)
        case _:
            raise AssertionError(condition)


def told_day(person: Person) -> str:
    return day_of(person.fields.get("joined", ""))


def day_of(result: str) -> str:
    try:
        return date.fromisoformat(result[:10]).isoformat() if result[10:11] in {"", "T", " "} else ""
    except ValueError:
        return ""


def _joined(condition: JoinedDate, person: Person) -> bool:
    if result := told_day(person):
        day = condition.at.date() if isinstance(condition.at, datetime) else condition.at
        return result < day.isoformat() if condition.is_before else result > day.isoformat()
    if isinstance(condition.at, datetime):
        return person.joined_at < condition.at if condition.is_before else person.joined_at > condition.at
    midnight = datetime.combine(condition.at, time(), UTC)
    return person.joined_at < midnight if condition.is_before else person.joined_at.date() > condition.at


def _compares(theirs: str, order: str, value: Value) -> bool:
    if isinstance(value, str):
        return small(theirs) == small(value)
    digits = theirs.lstrip("+-") if theirs[:1] in {"+", "-"} and theirs[1:2] not in {"+", "-"} else theirs
    parts = digits.split(".")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
        return False
    number = float(theirs)
    compare = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    return bool(compare[order](number, value))


def value_of(name: str, person: Person) -> str:
    match name:
        case "email":
            return person.address
        case "domain":
            return person.address.split("@")[-1]
        case "first_name" | "last_name":
            return str(getattr(person, name))
        case "name":
            return f"{person.first_name} {person.last_name}".strip(" ")
        case _:
            return person.fields.get(name, "")


def small(value: str) -> str:
    """Lower-case each character on its own, so that one character stays one character."""
    return "".join({"İ": "i", "ς": "σ"}.get(char, char.lower()) for char in value)


def fill(database: Database, persons: list[Person]) -> None:
    """Empty the tables and insert these people, numbered from 1."""
    with database.write() as connection:
        for table in (
            "replies",
            "personal_clicks",
            "counted_links",
            "deliveries",
            "mailings",
            "rounds",
            "editions",
        ):
            connection.execute(text(f"DELETE FROM {table}"))
        for roster in (tags, subscriptions, subscribers, lists, suppressions):
            connection.execute(roster.delete())
        names = ["weekly", "daily", "monthly"]
        connection.execute(insert(lists), [{"id": n, "name": name} for n, name in enumerate(names, 1)])
        connection.execute(
            text("INSERT INTO editions (digest, frozen, created_at) VALUES ('e', '{}', :now)"), {"now": NOW}
        )
        for number, slug in enumerate((*ISSUES, "now", "tried"), 1):
            connection.execute(
                text(
                    "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at) "
                    "VALUES (:number, :kind, :slug, 'weekly', 'e', 'outbox', :now)"
                ),
                {"number": number, "slug": slug, "now": NOW, "kind": "test" if slug == "tried" else "issue"},
            )
            connection.execute(
                text("INSERT INTO counted_links (key, mailing_id, url) VALUES (:slug, :number, 'https://a.example')"),
                {"number": number, "slug": slug},
            )
            # somebody who is erased since got each of them
            _deliver(connection, number, 10_000, "submitted")
        for number, person in enumerate(persons, 1):
            _insert(connection, number, person, names)


def _deliver(connection, mailing: int, person: int | None, status: str) -> None:  # type: ignore[no-untyped-def]
    connection.execute(
        text("INSERT INTO deliveries (mailing_id, subscriber_id, status) VALUES (:mailing, :person, :status)"),
        {"mailing": mailing, "person": person, "status": status},
    )


def _insert(connection, number: int, person: Person, names: list[str]) -> None:  # type: ignore[no-untyped-def]
    connection.execute(
        insert(subscribers),
        {
            "id": number,
            "address": person.address,
            "address_key": str(number),
            "address_hash": b"%d" % number,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "fields": person.fields,
            "created_at": NOW,
        },
    )
    if person.tags:
        connection.execute(insert(tags), [{"subscriber_id": number, "tag": tag} for tag in person.tags])
    for list_id, name in enumerate(names, 1):
        is_on = name == "weekly" or name in person.lists
        state = SubscriptionState.CONFIRMED if is_on else SubscriptionState.PENDING
        connection.execute(
            insert(subscriptions),
            {"list_id": list_id, "subscriber_id": number, "state": state, "changed_at": person.joined_at},
        )
    for mailing, slug in enumerate(ISSUES, 1):
        _deliver(connection, mailing, number, "submitted" if slug in person.got else "excluded")
    _deliver(connection, 4, number, "planned")
    for slug in (*person.clicked, "tried"):
        connection.execute(
            text("INSERT INTO personal_clicks (subscriber_id, link, day) VALUES (:person, :slug, '2026-11-01')"),
            {"person": number, "slug": slug},
        )
    for reply, slug in enumerate(ISSUES):
        connection.execute(
            text(
                "INSERT INTO replies (id, raw_hash, received_at, fetched_at, slug, matched_by, subscriber_id, "
                "from_address, author, is_from_subscriber, is_verified, verdict, reason, state, text, note, "
                "extractor) VALUES (:id, :id, :now, :now, :slug, 'token', :person, '', '', :yes, :yes, :verdict, "
                "'', 'held', '', '', 1)"
            ),
            {
                "id": f"{number}-{reply}",
                "now": NOW,
                "slug": slug,
                "person": number,
                "yes": True,
                "verdict": "human" if slug in person.answered else "auto-reply",
            },
        )


def responses(database: Database, expressions: list[str]) -> list[tuple[bool, ...]]:
    """Return the results for each person, ordered by number."""
    asked_of = segmented_candidates(expressions, HERE)
    with database.read() as connection:
        rows = connection.execute(asked_of.order_by(subscribers.c.id)).all()
    results: list[tuple[bool, ...]] = [tuple(row[6:]) for row in rows]
    assert all(answer in (True, False) and answer is not None for row in results for answer in row)
    return [tuple(map(bool, row)) for row in results]


@examples(
    25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(people, min_size=1, max_size=6), st.lists(conditions, min_size=1, max_size=8))
def test_sql_selects_whom_a_check_of_each_person_selects(
    database: Database, persons: list[Person], several: list[Condition]
) -> None:
    fill(database, persons)
    expected = [tuple(is_so(condition, person) for condition in several) for person in persons]
    assert responses(database, [format_condition(condition) for condition in several]) == expected


@pytest.mark.parametrize(
    "hostile",
    ["'; DROP TABLE lists; --", '") OR 1=1 --', "%", "_", "\\", "$.x", '"', "a' || (SELECT 1) || '", ":now",
     "%(x)s", "?"],
)  # fmt: skip
def test_hostile_text_never_becomes_sql(database: Database, hostile: str) -> None:
    fill(database, [Person(first_name="Ada", fields={"note": "plain"}), Person(fields={"note": hostile})])
    quoted = hostile.replace("\\", "\\\\").replace('"', '\\"')
    expressions = [f'note = "{quoted}"', f'note contains "{quoted}"', f'on "{quoted}"', f'got "{quoted}"']
    assert responses(database, expressions) == [(False,) * 4, (True, True, False, False)]


def test_the_largest_condition_can_be_queried(database: Database) -> None:
    fill(database, [Person(fields={"a": "1"}), Person()])
    long = " or ".join(f"a = {number}" for number in range(250))
    deep = "not (has b or " * 11 + "has a" + ")" * 11
    assert responses(database, [long, f"a in ({','.join(['1'] * 1330)})", deep]) == [
        (True, True, False),
        (False, False, True),
    ]


def test_issues_of_other_lists_and_test_mailings_count_as_documented(database: Database) -> None:
    fill(database, [Person(got=frozenset({"one"})), Person(got=frozenset({"three"}))])
    with database.write() as connection:
        _deliver(connection, 5, 1, "submitted")
    expressions = ["got any of last 1", "got any of last 2", "got any of last 3", 'got "tried"', 'got "now"']
    assert responses(database, expressions) == [(False, False, True, False, False), (True, True, True, False, False)]


def test_only_mailable_subscribers_are_counted(database: Database) -> None:
    fill(database, [Person(first_name="Ada"), Person(first_name="Bob"), Person(first_name="Ada")])
    with database.write() as connection:
        connection.execute(
            subscriptions.update().where(subscriptions.c.subscriber_id == 3).values(state=SubscriptionState.ENDED)
        )
    [count] = count_segments(database, [parse_segment('first_name = "ada"', {})], HERE)
    assert (count.matching, count.mailable) == (1, 2)


KNOWN = (*ISSUES, "written-only")
"""The issues that have a file or a mailing."""


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "unknown issue 'typo' at column 9. There are no issues yet"),
        (
            [f"issue-{number}" for number in range(20)],
            "at column 9. An issue is named after its folder or file",
        ),
    ],
)
def test_an_unknown_issue_is_refused(database: Database, names: Sequence[str], said: str) -> None:
    asked = parse_segment("region", {"region": 'not got "typo"'})
    with pytest.raises(SegmentError) as caught:
        check_segment(database, asked, "weekly", list_names=["weekly"], issue_names=names)
    assert said in str(caught.value)
    assert caught.value.pointed.splitlines()[1:] == ['  not got "typo"', "          ^^^^^^"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('contry = "PT"', "unknown field 'contry' at column 1. Did you mean 'country'?"),
        (
            'first_name = "a" and not has zzz',
            "unknown field 'zzz' at column 30. Known here: country, domain, email",
        ),
        ("on dayly", "unknown list 'dayly' at column 4. Did you mean 'daily'?"),
        ('not got "tree"', "unknown issue 'tree' at column 9. Did you mean 'three'?"),
        ("clicked 'ON'", "unknown issue 'ON' at column 9. Known here: one, three, two, written-only"),
    ],
)
def test_an_error_points_at_an_unknown_field_list_or_issue(database: Database, expression: str, said: str) -> None:
    fill(database, [Person(), Person(fields={"country": "PT"})])
    with pytest.raises(SegmentError) as caught:
        check_segment(database, parse_segment(expression, {}), "weekly", list_names=["weekly"], issue_names=KNOWN)
    assert said in str(caught.value)


def test_valid_conditions_are_not_refused(database: Database) -> None:
    fill(database, [Person(fields={"country": "PT"})])
    known: Callable[[str, str], None] = lambda asked, on: check_segment(  # noqa: E731
        database, parse_segment(asked, {}), on, list_names=["weekly", "brand-new"], issue_names=KNOWN
    )
    known('country = "PT" and domain = "a.b" and got "written-only" and on brand-new', "weekly")
    known('whatever = "nobody is on this list yet"', "brand-new")


def test_the_parameters_are_bound(database: Database) -> None:
    asked_of = segmented_candidates(['country = "Ruritania" or on "Nowhere" or got "Nothing"'], HERE)
    statement = str(asked_of.compile(database.engine))
    assert not any(word in statement for word in ("Ruritania", "ruritania", "Nowhere", "Nothing"))
    assert language.format_condition(parse_segment('country = "Ruritania"', {}).condition) == 'country = "Ruritania"'
    with database.read() as connection:
        assert connection.scalar(select(lists.c.id).where(lists.c.name == "Nowhere")) is None
