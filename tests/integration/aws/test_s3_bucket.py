"""S3 bucket: each error response becomes one line that says what to do next."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.aws import S3Bucket
from newsletter.errors import NewsletterError, SettingsError, TemporaryError


@dataclass
class Store:
    """A server that answers each HTTP method with a status and an S3 error code."""

    base: str = ""
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with S3's API, and credentials for it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    store = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            store.requests.append(f"{self.command} {self.path}")
            store.headers.append(dict(self.headers))
            status, code = store.answers.get(self.command, (200, ""))
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
        store.base = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield store
        server.shutdown()


def put(store: Store) -> None:
    bucket = S3Bucket("letters", region=None, endpoint=store.base, section="[pictures]")
    if not bucket.exists("one/a.png", 3):
        bucket.put("one/a.png", b"abc", content_type="image/png", cache_control="immutable")


def test_an_object_that_may_not_be_read_is_written(store: Store) -> None:
    store.answers["HEAD"] = (403, "AccessDenied")
    put(store)
    assert store.requests == ["HEAD /letters/one/a.png", "PUT /letters/one/a.png"]
    assert store.headers[1]["Content-Type"] == "image/png"
    assert not [name for name in store.headers[1] if name.lower().startswith("x-amz-checksum")]


@pytest.mark.parametrize(
    ("status", "code", "error", "remedy"),
    [
        (403, "AccessDenied", SettingsError, "Allow s3:GetObject"),
        (404, "NoSuchBucket", SettingsError, "Create the bucket"),
        (403, "SignatureDoesNotMatch", SettingsError, "secret key"),
        (400, "Unheard-of", SettingsError, "Check the bucket"),
        (503, "SlowDown", TemporaryError, "Run it again"),
        (500, "InternalError", TemporaryError, "Run it again"),
    ],
)
def test_each_error_is_one_line_that_says_what_to_do_next(
    store: Store, status: int, code: str, error: type[NewsletterError], remedy: str
) -> None:
    store.answers.update(HEAD=(404, ""), PUT=(status, code))
    with pytest.raises(error) as caught:
        put(store)
    assert str(caught.value).startswith(f"[pictures] s3://letters/one/a.png: {code}: Because of it. ")
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)
    if status >= 500:
        assert store.requests.count("PUT /letters/one/a.png") == 4


def test_an_object_of_another_size_is_written_again(store: Store) -> None:
    put(store)
    assert store.requests[-1].startswith("PUT"), "the server says that it is empty"


def test_missing_credentials_are_a_settings_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(SettingsError, match="AWS_ACCESS_KEY_ID"):
        put(store)
