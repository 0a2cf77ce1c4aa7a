"""Click tracking: redirects, counts, bots, and consented clicks."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.app import withdraw_click_tracking
from newsletter.audience import ConsentProof, unsubscribe
from newsletter.delivery.message.click_links import ClickLink, store_click_links
from newsletter.feedback import ClickCounter, CountedClicks, save_clicks
from newsletter.settings import TrackingSettings
from newsletter.tokens import Keyring, Purpose
from newsletter.web.context import WebContext
from newsletter.web.handlers.click import ClickWriter
from tests.integration.web.asgi import Response, make_context, send_request

LINK = ClickLink(key="abcdefghijklmnop", mailing_id=1, url="https://books.example/a?b=1&c=%C3%A9#d")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[WebContext]:
    """A web context that counts clicks, with one link."""
    context = make_context(tmp_path, ClickCounter())
    with closing(context.publication.database):
        with context.publication.database.write() as connection:
            connection.execute(
                text("INSERT INTO editions (digest, frozen, created_at) VALUES ('d', '{}', '2026-11-24 12:00:00')")
            )
            connection.execute(
                text(
                    "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at) "
                    "VALUES (1, 'issue', 's', 'l', 'd', 'outbox', '2026-11-24 12:00:00')"
                )
            )
        store_click_links(context.publication.database, [LINK])
        store_click_links(context.publication.database, [LINK])
        yield context


def follow(context: WebContext, path: str, method: str = "GET", user_agent: str = FIREFOX, **headers: str) -> Response:
    """Follow a link as a reader's browser does."""
    return send_request(context, path, method, user_agent=user_agent, **headers)


def counted(context: WebContext) -> int:
    assert context.clicks is not None
    return context.clicks.take().clicks.total()


def test_a_click_redirects_and_is_counted_once_without_a_cookie(context: WebContext) -> None:
    for _ in range(3):
        answer = follow(context, "/c/abcdefghijklmnop")
    assert (answer.status, answer.headers["location"]) == (302, LINK.url)
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "set-cookie" not in answer.headers
    assert counted(context) == 1


def test_a_bot_is_redirected_and_not_counted(context: WebContext) -> None:
    for answer in (
        follow(context, "/c/abcdefghijklmnop", "HEAD"),
        follow(context, "/c/abcdefghijklmnop", user_agent="curl/8.5"),
        follow(context, "/c/abcdefghijklmnop", user_agent=""),
        follow(context, "/c/abcdefghijklmnop", sec_purpose="prefetch"),
    ):
        assert (answer.status, answer.headers["location"]) == (302, LINK.url)
    assert counted(context) == 0


@pytest.mark.parametrize(
    "token", ["abcdefghijklmnoq", "https:%2F%2Fevil.example", "ABCDEFGHIJKLMNOP", "'--", "a" * 5000, "é"]
)
def test_an_unknown_link_redirects_nowhere(context: WebContext, token: str) -> None:
    answer = follow(context, f"/c/{token}")
    assert (answer.status, answer.headers.get("location")) == (404, None)
    assert counted(context) == 0


def test_only_get_follows_a_link(context: WebContext) -> None:
    assert follow(context, "/c/abcdefghijklmnop", "POST").status == 405


def test_counts_are_saved_at_shutdown_and_added_to_earlier_ones(context: WebContext) -> None:
    assert context.clicks is not None
    today = datetime.now(UTC).date()
    save_clicks(context.publication.database, CountedClicks(clicks=Counter({(LINK.key, today): 2})))
    bookkeeper = ClickWriter(context.publication, context.clicks)
    bookkeeper.start()
    for number in range(3):
        follow(context, "/c/abcdefghijklmnop", client=f"203.0.113.{number}")
    bookkeeper.stop()
    with context.publication.database.read() as connection:
        rows = connection.execute(text("SELECT link, number FROM clicks")).all()
    assert sum(row.number for row in rows) == 5
    assert {row.link for row in rows} == {LINK.key}


@pytest.fixture
def consented_context(context: WebContext) -> WebContext:
    """The same context with consented tracking; two readers were mailed, and one of them consented."""
    with context.publication.database.write() as connection:
        for number, agreed in ((1, "2026-11-24 12:00:00"), (2, None)):
            connection.execute(
                text(
                    "INSERT INTO subscribers "
                    "(id, address, address_key, address_hash, created_at, clicks_agreed_at) "
                    "VALUES (:n, :n, :n, 'h', '2026-11-24 12:00:00', :agreed)"
                ),
                {"n": number, "agreed": agreed},
            )
            connection.execute(text("INSERT INTO lists (id, name) VALUES (1, 'l') ON CONFLICT DO NOTHING"))
            connection.execute(
                text(
                    "INSERT INTO subscriptions (list_id, subscriber_id, state, changed_at) "
                    "VALUES (1, :n, 'confirmed', '2026-11-24 12:00:00')"
                ),
                {"n": number},
            )
            connection.execute(
                text("INSERT INTO deliveries (id, mailing_id, subscriber_id, status) VALUES (:n, 1, :n, 'submitted')"),
                {"n": number},
            )
        connection.execute(
            text(
                "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at) "
                "VALUES (2, 'issue', 't', 'l', 'd', 'outbox', '2026-11-24 12:00:00')"
            )
        )
    other = ClickLink(key="bbbbbbbbbbbbbbbb", mailing_id=2, url="https://other.example/")
    store_click_links(context.publication.database, [other])
    return replace(
        context,
        publication=context.publication.derive(
            context.settings.model_copy(update={"tracking": TrackingSettings(clicks="consented")})
        ),
    )


def recorded(context: WebContext) -> list[tuple[int, str]]:
    """Save the counted clicks, and return the recorded ones by reader."""
    assert context.clicks is not None
    save_clicks(context.publication.database, context.clicks.take())
    with context.publication.database.read() as connection:
        rows = connection.execute(text("SELECT subscriber_id, link FROM personal_clicks ORDER BY 1, 2")).all()
    return [(row.subscriber_id, row.link) for row in rows]


def test_a_link_redirects_alike_whoever_it_belongs_to(consented_context: WebContext) -> None:
    sign = consented_context.keyring.sign
    forged = Keyring((b"x" * 32,)).sign(Purpose.CLICK, 1)
    tokens = [
        *(
            sign(Purpose.CLICK, 1),
            sign(Purpose.CLICK, 2),
            sign(Purpose.CLICK, 999),
            sign(Purpose.CLICK, 2**64 - 1),
        ),
        *(sign(Purpose.UNSUBSCRIBE, 1), sign(Purpose.VIEW, 1), forged, "a" * 29, "a", "é", "'--", "a" * 5000),
    ]
    plain = follow(consented_context, f"/c/{LINK.key}")
    for token in tokens:
        for method in ("GET", "HEAD"):
            answer = follow(consented_context, f"/c/{LINK.key}/{token}", method)
            assert (answer.status, answer.headers, answer.text) == (plain.status, plain.headers, plain.text), token
    assert follow(consented_context, f"/c/abcdefghijklmnoq/{tokens[0]}").status == 404
    assert follow(consented_context, f"/c/{LINK.key}/{tokens[0]}", "POST").status == 405
    assert recorded(consented_context) == [(1, LINK.key)], "only of who agreed, and only by their own token"
    assert recorded(consented_context) == [(1, LINK.key)]


def test_a_token_of_another_mailing_identifies_nobody(consented_context: WebContext) -> None:
    follow(consented_context, f"/c/bbbbbbbbbbbbbbbb/{consented_context.keyring.sign(Purpose.CLICK, 1)}")
    assert recorded(consented_context) == []


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"user_agent": "curl/8.5"}),
        ("GET", {"dnt": "1"}),
        ("GET", {"sec_gpc": "1"}),
        ("GET", {"sec_purpose": "prefetch"}),
    ],
)
def test_a_click_that_is_not_counted_is_not_recorded(
    consented_context: WebContext, method: str, headers: dict[str, str]
) -> None:
    follow(consented_context, f"/c/{LINK.key}/{consented_context.keyring.sign(Purpose.CLICK, 1)}", method, **headers)
    assert recorded(consented_context) == []


def test_no_click_is_recorded_after_consent_was_withdrawn(consented_context: WebContext) -> None:
    path = f"/c/{LINK.key}/{consented_context.keyring.sign(Purpose.CLICK, 1)}"
    follow(consented_context, path)
    assert recorded(consented_context) == [(1, LINK.key)]
    follow(consented_context, path, client="198.51.100.8")
    now = datetime.now(UTC)
    assert withdraw_click_tracking(
        consented_context.publication.database, 1, origin="web", proof=ConsentProof(), now=now
    )
    assert recorded(consented_context) == []
    follow(consented_context, path, client="198.51.100.9")
    assert recorded(consented_context) == []


def test_no_click_is_recorded_after_unsubscribing(consented_context: WebContext) -> None:
    follow(consented_context, f"/c/{LINK.key}/{consented_context.keyring.sign(Purpose.CLICK, 1)}")
    unsubscribe(consented_context.publication.database, 1, "l", origin="web", now=datetime.now(UTC))
    assert recorded(consented_context) == []


@pytest.mark.parametrize("clicks", ["off", "aggregate"])
def test_no_click_is_recorded_after_consented_tracking_is_off(consented_context: WebContext, clicks: str) -> None:
    changed = consented_context.settings.model_copy(
        update={"tracking": TrackingSettings.model_validate({"clicks": clicks})}
    )
    context = replace(consented_context, publication=consented_context.publication.derive(changed))
    answer = follow(context, f"/c/{LINK.key}/{consented_context.keyring.sign(Purpose.CLICK, 1)}")
    assert answer.headers["location"] == LINK.url
    assert recorded(context) == []
