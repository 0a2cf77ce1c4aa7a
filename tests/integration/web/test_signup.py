"""Sign-up: what a stranger can cause, and what the responses do not reveal."""

import time

import pytest

from newsletter.locales import packaged_languages, translations_for
from tests.acceptance.web_server import RunningWebServer, eventually
from tests.integration.web.conftest import (
    count_signup_requests,
    sign_up_and_confirm,
    subscriber_record,
    subscription_states,
)

KNOWN = "ada@example.org"

PROMISE = (
    "We send you an email with a link to confirm. You are subscribed only after that, "
    "and can unsubscribe at any time with one click."
)


def mails_to(server: RunningWebServer, address: str, kind: str) -> int:
    return sum(
        address in str(message["To"]) and not message["List-Id"] and kind in message.get_content()
        for message in server.publication.messages()
        if not message.is_multipart()
    )


def test_known_and_unknown_addresses_get_the_same_response(server: RunningWebServer) -> None:
    responses = [
        server.post_form("/subscribe", {"email": who, "list": "sample"}) for who in (KNOWN, "stranger@example.org")
    ]
    assert responses[0].text == responses[1].text
    assert {a.status for a in responses} == {200}
    headers = [{k: v for k, v in a.headers.items() if k != "date"} for a in responses]
    assert headers[0] == headers[1]
    asked = [server.post_form("/link", {"email": who}) for who in (KNOWN, "nobody@example.org")]
    assert asked[0].text == asked[1].text


def test_an_existing_subscriber_gets_an_email_with_the_preferences_link(server: RunningWebServer) -> None:
    server.post_form("/subscribe", {"email": "bram.desmet@example.net", "list": "sample"})
    page = server.get(server.link_to("bram.desmet@example.net", "own"))
    assert page.status == 200
    assert "bram.desmet@example.net" in page.text


def test_an_address_gets_one_confirmation_email_a_day_for_all_requests(server: RunningWebServer) -> None:
    who = "twice@example.org"
    server.post_form("/subscribe", {"email": who, "list": "sample"})
    path = server.link_to(who)
    server.post_form("/subscribe", {"email": who.upper(), "list": "weekly"})
    eventually(lambda: subscription_states(server, who) == {"sample": "pending", "weekly": "pending"})
    assert mails_to(server, who, "/confirm/") == 1
    server.post_form(path)
    assert subscription_states(server, who) == {"sample": "confirmed", "weekly": "confirmed"}


def test_the_confirmation_email_contains_nothing_from_the_form(server: RunningWebServer) -> None:
    spam = "BUY-PILLS"
    fields = {
        "email": "victim@example.org",
        "list": ["sample", spam],
        "first_name": spam,
        "language": spam,
        "name": spam,
    }
    server.post_form("/subscribe", fields, User_Agent=spam, Referer=f"https://{spam}.example/")
    server.link_to("victim@example.org")
    assert all(spam.lower() not in message.as_string().lower() for message in server.publication.messages())


def test_a_filled_honeypot_field_is_ignored(server: RunningWebServer) -> None:
    before = count_signup_requests(server)
    answer = server.post_form("/subscribe", {"email": "machine@example.org", "list": "sample", "website": "x"})
    assert answer.status == 200
    time.sleep(0.5)
    assert count_signup_requests(server) == before
    assert subscriber_record(server, "machine@example.org") is None


def test_an_invalid_address_is_reported_and_kept_in_the_field(server: RunningWebServer) -> None:
    for text in (
        "nonsense",
        "a@b",
        "x@example.org\r\nBcc: y@example.org",
        '"><script>@example.org',
        "",
        "a" * 400,
    ):
        answer = server.post_form("/subscribe", {"email": text, "list": "sample"})
        assert answer.status == 422
        assert "<script>" not in answer.text
        assert 'role="alert"' in answer.text


def test_forms_are_accepted_from_our_sites_only(server: RunningWebServer) -> None:
    fields = {"email": "embedded@example.org", "list": "sample"}
    good = server.post_form("/subscribe", fields, Origin="https://blog.example", Accept="application/json")
    assert good.json["status"] == "asked"
    assert good.headers["access-control-allow-origin"] == "https://blog.example"
    assert "access-control-allow-credentials" not in good.headers
    for origin in ("https://evil.example", "https://blog.example.evil.example", "http://blog.example"):
        bad = server.post_form("/subscribe", fields, Origin=origin, Accept="application/json")
        assert bad.status == 403
        assert "access-control-allow-origin" not in bad.headers
    assert server.post_form("/subscribe", fields, Origin="null", Sec_Fetch_Site="cross-site").status == 403
    assert server.post_form("/subscribe", fields, Origin="null", Sec_Fetch_Site="same-origin").status == 200


def test_a_network_above_the_rate_limit_must_wait(server: RunningWebServer) -> None:
    def send_request(client: str, number: int) -> int:
        fields = {"email": f"many{number}@example.org", "list": "sample"}
        answer = server.post_form("/subscribe", fields, X_Forwarded_For=client)
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) > 0
        return answer.status

    # one holder of IPv6 has a whole /64
    results = [send_request(f"2001:db8:1:2::{number:x}", number) for number in range(1, 15)]
    assert results[:12] == [200] * 12
    assert results[12:] == [429] * 2
    assert send_request("2001:db8:1:3::1", 99) == 200


def test_forwarded_for_is_trusted_from_our_proxies_only(server: RunningWebServer) -> None:
    # the left entry is what anybody can make up: the right one is what our proxy saw
    statuses = [
        server.post_form(
            "/subscribe",
            {"email": f"made{number}@example.org", "list": "sample"},
            X_Forwarded_For=f"203.0.113.{number}, 198.51.100.7",
        ).status
        for number in range(13)
    ]
    assert statuses[-1] == 429


def test_an_unsubscribed_reader_resubscribes_by_confirming(server: RunningWebServer) -> None:
    who = "returning@example.org"
    sign_up_and_confirm(server, who)
    server.publication.run_ok("subscribers", "remove", who, "--list", "sample")
    assert subscription_states(server, who) == {"sample": "ended"}
    before = server.link_to(who)
    server.post_form("/subscribe", {"email": who, "list": "sample"})
    path = eventually(lambda: (link := server.link_to(who)) != before and link)
    assert subscription_states(server, who) == {"sample": "ended"}, "only the button brings them back"
    server.post_form(before)
    assert subscription_states(server, who) == {"sample": "ended"}, "a link that was used is used"
    server.post_form(path)
    assert subscription_states(server, who) == {"sample": "confirmed"}


def test_a_complainer_is_never_mailed_a_confirmation(server: RunningWebServer) -> None:
    who = "angry@example.org"
    server.publication.run_ok("suppressions", "add", who, "--reason", "complained")
    assert server.post_form("/subscribe", {"email": who, "list": "sample"}).status == 200
    sign_up_and_confirm(server, "later@example.org")
    assert mails_to(server, who, "http") == 0


@pytest.mark.parametrize("language", packaged_languages())
def test_the_form_exists_in_every_email_language(server: RunningWebServer, language: str) -> None:
    page = server.get(f"/subscribe?language={language}")
    assert f'<html lang="{language}" dir="{"rtl" if language in {"ar", "he"} else "ltr"}">' in page.text
    assert translations_for(language).gettext(PROMISE) in page.text.replace("&#39;", "'")


def test_the_forms_language_is_used_for_the_email_and_kept(server: RunningWebServer) -> None:
    who = "leserin@example.org"
    server.post_form("/subscribe", {"email": who, "list": "sample", "language": "de"})
    page = server.get(path := server.link_to(who))
    assert translations_for("de").gettext("One last step") in page.text
    server.post_form(path)
    results = subscriber_record(server, who)
    assert results is not None
    assert results.subscriber is not None
    assert results.subscriber.fields == {"language": "de"}
