"""The language of segments: it reads what people write, points at what it cannot read, and never hangs."""

import re
import time
import unicodedata
from datetime import UTC, date, datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.segments import (
    Activity,
    ActivityKind,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Contains,
    HasField,
    JoinedDate,
    JoinedWithin,
    OneOf,
    SegmentError,
    SubscribedTo,
    check_named_segments,
    describe_condition,
    format_condition,
    negate,
    parse_segment,
)

texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12).map(
    partial(unicodedata.normalize, "NFC")
)
fields = st.sampled_from(
    ["country", "age", "email", "first_name", "joined", "last", "no", "2024_donor", "città", "days"]
)
numbers = st.integers(-(10**14), 10**14) | st.decimals(-999999, 999999, places=3).map(float)
values = texts | numbers
simple = st.one_of(
    st.builds(Comparison, field=fields, order=st.just("="), value=values),
    st.builds(Comparison, field=fields, order=st.sampled_from(["<", "<=", ">", ">="]), value=numbers),
    st.builds(OneOf, field=fields, values=st.lists(values, min_size=1, max_size=4).map(tuple)),
    st.builds(Contains, field=fields, text=texts),
    st.builds(HasField, field=fields),
    st.builds(SubscribedTo, list_name=st.sampled_from(["weekly", "on", "my list", "a-b", "days"]) | texts),
    st.builds(JoinedDate, is_before=st.booleans(), at=st.dates(date(1970, 1, 1), date(2100, 1, 1))),
    st.builds(
        JoinedDate,
        is_before=st.booleans(),
        at=st.integers(10**9, 2 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC)),
    ),
    st.builds(JoinedWithin, days=st.integers(1, 36_525)),
    st.builds(Activity, kind=st.sampled_from(ActivityKind), last=st.integers(1, 1000)),
    st.builds(Activity, kind=st.sampled_from(ActivityKind), slug=texts),
    st.builds(Activity, kind=st.sampled_from(ActivityKind)),
)


def _both(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        inner.map(negate)
        | several.map(lambda them: AllOf(conditions=them))
        | several.map(lambda them: AnyOf(conditions=them))
    )


conditions = st.recursive(simple, _both, max_leaves=12)


@settings(deadline=None)
@given(conditions)
def test_a_formatted_condition_parses_to_the_same_condition(condition: Condition) -> None:
    again = parse_segment(format_condition(condition), {})
    assert again.condition == condition
    assert again.expression == format_condition(condition)
    assert describe_condition(condition)


pieces = st.sampled_from(
    ["country", '"PT"', "and", "or", "not", "(", ")", "in", "=", ">=", "40", "got", "any of last", "never",
     "on", "'", ","]
)  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=200) | st.lists(pieces, max_size=60).map(" ".join))
def test_any_line_is_parsed_or_refused_with_a_column(text: str) -> None:
    fault = None
    try:
        segment = parse_segment(text, {})
    except SegmentError as error:
        fault = error
    if fault is None:
        assert parse_segment(segment.expression, {}).condition == segment.condition
        return
    assert "\n" not in str(fault)
    assert str(fault).startswith("segment: ")
    assert 1 <= fault.column <= len(fault.expression) + 1
    assert len(fault.pointed.split("\n")) == 3


@pytest.mark.parametrize(
    "text",
    ["(" * 3999, "not " * 999 + "has a", "(" * 1000 + "has a" + ")" * 1000, "a = 1 or " * 400 + "a = 1",
     '"' + "\\" * 3990, "a in (" + "1," * 1990 + "1)", "x" * 100_000, "-" * 3000, "a " * 1999],
)  # fmt: skip
def test_pathological_lines_are_parsed_quickly(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(SegmentError):
        parse_segment(text, {})
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("COUNTRY = 'PT'", 'country = "PT"'),
        ("country == “PT”", 'country = "PT"'),
        ("country <> „PT“", 'country != "PT"'),
        ("Country ≠ «PT»", 'country != "PT"'),
        ("NOT country = ‘PT’", 'country != "PT"'),
        ("postal-code IN (4050, '4051')", 'postal_code in (4050, "4051")'),
        ("age ≥ 40 AND (has company OR NOT has company)", "age >= 40 and (has company or no company)"),
        ("got any of the last 5 issues", "got any of last 5"),
        ("joined within 2 weeks", "joined within 14 days"),
        ("not never answered", "answered anything"),
        ("CLICKED any of the last 5 issues", "clicked any of last 5"),
        ("not clicked anything", "never clicked"),
        ('not clicked "winter" and never clicked', 'not clicked "winter" and never clicked'),
        ('clicked = "yes"', 'subscriber.clicked = "yes"'),
        ("not not not has a", "no a"),
        ('subscriber.country = "PT"', 'country = "PT"'),
        ('((country = "PT"))', 'country = "PT"'),
        ('note = "say \\"ahoy\\" \\\\o/"', 'note = "say \\"ahoy\\" \\\\o/"'),
    ],
)
def test_every_spelling_has_one_canonical_form(text: str, same: str) -> None:
    assert parse_segment(text, {}).expression == same


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("country = PT", 11, "'PT' needs quotation marks"),
        ("country = ", 10, "something is missing"),
        ('country "PT"', 9, "does not fit here"),
        ('age >= "40"', 5, "'>=' compares numbers"),
        ('(a = "1"', 9, "never closed"),
        ('a = "1', 5, "quotation mark is never closed"),
        ('a = "1" b = "2"', 9, "'b' does not fit here"),
        ("a = 1 & b = 2", 7, "Write and, or, not"),
        ("clicked any of last 0", 21, "not a whole number"),
        ("clicked 5", 9, "does not fit here"),
        ("clicked", 8, "something is missing"),
        ('opened "winter"', 1, "openings are not recorded"),
        ('joined = "x"', 1, "subscriber.joined"),
        ("joined before 2026-02-30", 15, "no day '2026-02-30'"),
        ("joined within 0 days", 15, "not a whole number"),
        ("got any of last 0", 17, "not a whole number"),
        ("2024_donor = 1", 1, "subscriber.NAME"),
        ("", 1, "there is no condition"),
        ("has a and\x07", 10, "control character"),
        ("portugl", 1, "Did you mean 'portugal'?"),
        ("country", 1, "A field is compared"),
    ],
)
def test_an_error_points_at_the_token(text: str, column: int, said: str) -> None:
    with pytest.raises(SegmentError) as caught:
        parse_segment(text, {"portugal": 'country = "PT"'})
    assert caught.value.column == column
    assert said in str(caught.value)


def test_carets_are_aligned_below_wide_characters() -> None:
    with pytest.raises(SegmentError) as caught:
        parse_segment('国 = "東" and contry', {})
    _said, shown, carets = caught.value.pointed.split("\n")
    assert shown == '  国 = "東" and contry'
    assert carets == "  " + " " * 14 + "^" * 6


def test_named_segments_are_expanded() -> None:
    named = {"portugal": 'country = "PT"', "vip": "portugal and has company"}
    segment = parse_segment("vip or not portugal", named)
    assert segment.expression == 'country = "PT" and has company or country != "PT"'
    assert (segment.name, parse_segment(" portugal ", named).name) == ("", "portugal")
    assert parse_segment("not vip", named).expression == 'not (country = "PT" and has company)'
    check_named_segments(named)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"a": "b", "b": "not a"}, "refers to itself"),
        ({"a": "a"}, "refers to itself"),
        ({"not": "has x"}, "not a valid segment name"),
        ({"a b": "has x"}, "not a valid segment name"),
        ({"a": "country ="}, "a = 'country =': something is missing at column 10"),
        ({"a": "portugal"}, "unknown segment 'portugal'"),
        ({f"s{n}": f"s{n + 1} or s{n + 1}" for n in range(30)} | {"s30": "has x"}, "s0 ="),
        (
            {f"s{n}": "(has z or " * 5 + f"s{n + 1}" + ")" * 5 for n in range(7)} | {"s7": "has x"},
            "nested too deep",
        ),
    ],
)
def test_named_segments_that_cannot_be_expanded_are_refused(named: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        check_named_segments(named)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "clicked any of last 5",
            "who clicked a link of any of the last 5 issues (as far as they allow it to be recorded)",
        ),
        (
            'not clicked "winter"',
            "who have not clicked a link of the issue 'winter' (or do not allow it to be recorded)",
        ),
        ("never clicked", "who never clicked a link (or do not allow it to be recorded)"),
    ],
)
def test_a_condition_on_clicks_mentions_that_consent_is_needed(text: str, said: str) -> None:
    assert describe_condition(parse_segment(text, {}).condition) == said
