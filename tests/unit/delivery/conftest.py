"""Editions, readers and settings made by hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText
from newsletter.delivery.models import Mailing, MailingKind
from newsletter.settings import Settings
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring((b"k" * 32,))


@pytest.fixture(scope="session")
def settings() -> Settings:
    return make_settings()


def make_settings(**sections: object) -> Settings:
    return Settings.model_validate(
        {
            "root": Path("/nowhere"),
            "publication": {"title": "The Lamplighter", "url": "https://lamplighter.example"},
            "lists": {
                "sample": {
                    "title": "The Lamplighter",
                    "from": '"Inês, of the Lamps" <ines@lamplighter.example>',
                    "list_id": "letters.lamplighter.example",
                }
            },
            "replies": {"domain": "replies.lamplighter.example"},
            "web": {"url": "https://letters.lamplighter.example"},
            **sections,
        }
    )


@pytest.fixture(scope="session")
def with_settings() -> Callable[..., Settings]:
    return make_settings


def slot(name: str, context: EscapeContext = EscapeContext.PLAIN, default: str = "") -> MergeTag:
    return MergeTag(name=name, context=context, default=default)


@pytest.fixture(scope="session")
def make_edition() -> Callable[..., Edition]:
    def make(
        *,
        subject: MergeText = ("A letter",),
        html: MergeText | None = None,
        text: MergeText | None = None,
        reply_to: str = "",
    ) -> Edition:
        name = slot("subscriber.first_name", EscapeContext.HTML, "friend")
        leave = slot("links.unsubscribe", EscapeContext.LINK)
        answer = slot("links.reply", EscapeContext.LINK)
        return Edition(
            slug="an-issue",
            list_name="sample",
            title="A letter",
            language="en",
            subject=subject,
            preheader="",
            html=html or ("<p>Dear ", name, ',</p>\n<a href="', leave, '">x</a><a href="', answer, '">y</a>\n'),
            text=text
            or ("Dear ", slot("subscriber.first_name", default="friend"), "\n", slot("links.unsubscribe"), "\n"),
            web="",
            reply_to=reply_to,
        )

    return make


@pytest.fixture(scope="session")
def make_mailing() -> Callable[..., Mailing]:
    def make(edition: Edition, kind: MailingKind = MailingKind.ISSUE) -> Mailing:
        return Mailing(
            id=3,
            kind=kind,
            slug=edition.slug,
            list_name=edition.list_name,
            edition_digest=edition.digest,
            transport="outbox",
            created_at=NOW,
        )

    return make
