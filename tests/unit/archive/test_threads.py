"""Every comment stands once, under what it answers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.archive.threads import thread
from newsletter.content import Comment

START = datetime(2026, 3, 1, tzinfo=UTC)


def comment(id_: str, minute: int, to: str | None = None) -> Comment:
    return Comment(id=id_, author=id_.upper(), date=START + timedelta(minutes=minute), text="...", in_reply_to=to)


NAMES = st.sampled_from("abcdefgh")
COMMENTS = st.lists(
    st.builds(comment, NAMES, st.integers(0, 5), st.none() | NAMES), unique_by=lambda one: one.id, max_size=8
)


@given(COMMENTS)
def test_every_comment_stands_exactly_once(comments: list[Comment]) -> None:
    placed = [threaded.comment.id for threaded in thread(comments)]
    assert sorted(placed) == sorted(one.id for one in comments)


@given(COMMENTS)
def test_an_answer_stands_below_what_it_answers_and_one_deeper(comments: list[Comment]) -> None:
    depth = {None: -1}
    for threaded in thread(comments):
        assert threaded.depth == depth[threaded.parent.id if threaded.parent else None] + 1
        depth[threaded.comment.id] = threaded.depth


@given(COMMENTS)
def test_the_order_of_the_files_does_not_matter(comments: list[Comment]) -> None:
    assert thread(comments) == thread(reversed(comments))


def test_answers_come_right_under_the_comment_by_age() -> None:
    placed = thread([comment("a", 0), comment("b", 1), comment("c", 3, "a"), comment("d", 2, "a")])
    assert [(threaded.comment.id, threaded.depth) for threaded in placed] == [
        ("a", 0),
        ("d", 1),
        ("c", 1),
        ("b", 0),
    ]


def test_an_answer_to_a_comment_that_is_gone_opens_a_thread() -> None:
    (only,) = thread([comment("a", 0, "gone")])
    assert only.parent is None
    assert only.depth == 0


def test_comments_that_answer_each_other_in_a_circle_are_all_shown() -> None:
    placed = thread([comment("a", 0, "b"), comment("b", 1, "a"), comment("c", 2, "c")])
    assert {threaded.comment.id for threaded in placed} == {"a", "b", "c"}


def test_a_thread_of_thousands_does_not_exhaust_the_stack() -> None:
    chain = [comment("c0", 0)] + [comment(f"c{n}", n, f"c{n - 1}") for n in range(1, 3000)]
    assert thread(chain)[-1].depth == 2999
