"""What a bucket answers decides what the author is told to do."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.aws import S3Bucket
from newsletter.errors import NewsletterError, SettingsError, TemporaryError


@dataclass
class Store:
    """A server that answers each verb with a status and a fault of S3's."""

    base: str = ""
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Somebody's store, with credentials for it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    there = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            there.asked.append(f"{self.command} {self.path}")
            there.headers.append(dict(self.headers))
            status, code = there.answers.get(self.command, (200, ""))
            body = f"<Error><Code>{code}</Code><Message>Because\nof it.</Message></Error>".encode() if code else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        there.base = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield there
        server.shutdown()


def put(store: Store) -> None:
    bucket = S3Bucket("letters", region=None, endpoint=store.base, section="[pictures]")
    if not bucket.holds("one/a.png", 3):
        bucket.put("one/a.png", b"abc", content_type="image/png", cache_control="immutable")


def test_what_may_not_be_asked_for_is_put_there(store: Store) -> None:
    store.answers["HEAD"] = (403, "AccessDenied")
    put(store)
    assert store.asked == ["HEAD /letters/one/a.png", "PUT /letters/one/a.png"]
    assert store.headers[1]["Content-Type"] == "image/png"
    assert not [name for name in store.headers[1] if name.lower().startswith("x-amz-checksum")]


@pytest.mark.parametrize(
    ("status", "code", "error", "remedy"),
    [
        (403, "AccessDenied", SettingsError, "Allow s3:GetObject"),
        (404, "NoSuchBucket", SettingsError, "Make the bucket"),
        (403, "SignatureDoesNotMatch", SettingsError, "secret key"),
        (400, "Unheard-of", SettingsError, "Check the bucket"),
        (503, "SlowDown", TemporaryError, "Run it again"),
        (500, "InternalError", TemporaryError, "Run it again"),
    ],
)
def test_each_refusal_is_one_line_that_says_what_next(
    store: Store, status: int, code: str, error: type[NewsletterError], remedy: str
) -> None:
    store.answers.update(HEAD=(404, ""), PUT=(status, code))
    with pytest.raises(error) as caught:
        put(store)
    assert str(caught.value).startswith(f"[pictures] s3://letters/one/a.png: {code}: Because of it. ")
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)
    if status >= 500:
        assert store.asked.count("PUT /letters/one/a.png") == 4


def test_a_file_of_another_size_is_put_anew(store: Store) -> None:
    put(store)
    assert store.asked[-1].startswith("PUT"), "the server says that it is empty"


def test_without_credentials_the_settings_are_to_blame(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(SettingsError, match="AWS_ACCESS_KEY_ID"):
        put(store)
