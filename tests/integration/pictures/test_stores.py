"""Pictures are where a letter links them before anybody is mailed, and stay there."""

import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image
from typer.testing import CliRunner, Result

from newsletter.cli.main import app
from newsletter.content import create_publication
from newsletter.errors import NewsletterError, SettingsError, TemporaryError
from newsletter.settings import read_settings

STORE = '\n[pictures]\nstore = "s3://letters/news"\nurl = "https://pictures.example/news"\n'


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The endpoint of a server that speaks as S3 does."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass(frozen=True)
class Desk:
    """An author at a publication with two readers."""

    folder: Path

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["--publication", str(self.folder), *words])

    def done(self, *words: str) -> Result:
        """Run a command that must succeed."""
        result = self.run(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result

    def refused(self, *words: str) -> NewsletterError:
        """Run a command that must not succeed, and return why."""
        result = self.run(*words)
        assert isinstance(result.exception, NewsletterError), (result.output, result.exception)
        return result.exception

    def messages(self) -> list[EmailMessage]:
        box = self.folder / "var" / "outbox" / "new"
        parser = BytesParser(policy=policy.default)
        return [parser.parsebytes(path.read_bytes()) for path in (box.iterdir() if box.exists() else ())]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "publication"
    create_publication(folder)
    (folder / "subscribers" / "sample.csv").write_text("email\nada@example.com\nbob@example.com\n")
    return Desk(folder)


@cache
def _client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


class Shop:
    """An author whose pictures lie in a bucket."""

    def __init__(self, desk: Desk, endpoint: str) -> None:
        self.desk = desk
        self.s3 = _client(endpoint)

    def held(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="letters").get("Contents", [])
        return [entry["Key"] for entry in listed]

    def empty(self) -> None:
        for key in self.held():
            self.s3.delete_object(Bucket="letters", Key=key)


@pytest.fixture
def shop(desk: Desk, moto: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A publication with a bucket that is there and empty, and one issue with a picture."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    there = Shop(desk, moto)
    settle(desk, STORE)
    if "letters" not in {bucket["Name"] for bucket in there.s3.list_buckets()["Buckets"]}:
        there.s3.create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    there.empty()
    return there


def settle(desk: Desk, more: str) -> None:
    """Add to the settings, and write an issue with a picture."""
    toml = desk.folder / "newsletter.toml"
    toml.write_text(toml.read_text() + more)
    write(desk, "red")


def write(desk: Desk, colour: str, front: str = "date: 2026-11-01\nstatus: ready") -> None:
    folder = desk.folder / "issues" / "lamps"
    folder.mkdir(exist_ok=True)
    (folder / "index.md").write_text(f"---\ntitle: Lamps\n{front}\n---\nWords.\n\n![A lamp](lamp.png)\n")
    Image.new("RGB", (900, 300), colour).save(folder / "lamp.png")


def linked(desk: Desk, base: str) -> set[str]:
    """Return the names of the pictures that the letters in the outbox link below `base`."""
    found: set[str] = set()
    for letter in desk.messages():
        html = letter.get_body(("html",))
        assert html is not None
        found.update(re.findall(re.escape(base) + r"([\w.-]+)", html.get_content()))
    return found


def test_a_letter_links_pictures_that_lie_in_the_bucket_before_it_leaves(shop: Shop) -> None:
    outcome = shop.desk.done("send", "lamps")
    [name] = linked(shop.desk, "https://pictures.example/news/lamps/")
    assert shop.held() == [f"news/lamps/{name}"]
    assert "1 picture uploaded to s3://letters/news" in outcome.stderr
    there = shop.s3.get_object(Bucket="letters", Key=f"news/lamps/{name}")
    assert there["ContentType"] == "image/png"
    assert there["CacheControl"] == "public, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(there["Body"].read())).size == (900, 300)


def test_a_picture_that_only_some_readers_get_lies_there_too(shop: Shop) -> None:
    folder = shop.desk.folder / "issues" / "lamps"
    Image.new("RGB", (400, 200), "green").save(folder / "quay.png")
    page = folder / "index.md"
    page.write_text(f'{page.read_text()}\n::: only country = "PT"\n![A quay](quay.png)\n:::\n')
    shop.desk.done("send", "lamps")
    assert [re.sub(r"-\w{8}\.", ".", key) for key in sorted(shop.held())] == [
        "news/lamps/lamp.png",
        "news/lamps/quay.png",
    ]


def test_what_lies_in_the_bucket_is_not_uploaded_again(shop: Shop) -> None:
    shop.desk.done("test-send", "lamps", "--to", "me@example.com")
    [key] = shop.held()
    before = shop.s3.head_object(Bucket="letters", Key=key)["LastModified"]
    outcome = shop.desk.done("send", "lamps")
    assert "uploaded" not in outcome.stderr
    assert shop.s3.head_object(Bucket="letters", Key=key)["LastModified"] == before


def test_nobody_is_mailed_while_the_bucket_takes_nothing(shop: Shop) -> None:
    shop.s3.delete_bucket(Bucket="letters")
    error = shop.desk.refused("send", "lamps", "--json")
    assert isinstance(error, SettingsError)
    assert re.match(
        r"\[pictures\] s3://letters/news/lamps/lamp-\w+\.png: NoSuchBucket: .*\. Create the bucket", str(error)
    )
    assert "\n" not in str(error)
    assert shop.desk.messages() == []
    shop.s3.create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    shop.desk.done("send", "lamps")
    assert len(shop.held()) == 1
    assert shop.desk.messages()


def test_a_bucket_out_of_reach_is_tried_again_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    for words in (("send", "lamps"), ("test-send", "lamps", "--to", "me@example.com")):
        error = shop.desk.refused(*words)
        assert isinstance(error, TemporaryError)
        assert "cannot be reached" in str(error)
    assert shop.desk.messages() == []


def test_a_send_with_nobody_left_asks_no_bucket(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.desk.done("send", "lamps")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    shop.desk.done("send", "lamps")


def test_a_rehearsal_uploads_nothing(shop: Shop) -> None:
    shop.desk.done("rehearse", "lamps")
    assert shop.held() == []


def test_a_scheduled_letter_finds_its_pictures_though_the_file_is_gone(shop: Shop) -> None:
    shop.desk.done("send", "lamps", "--at", "2126-01-01T09:00")
    assert len(shop.held()) == 1
    (shop.desk.folder / "issues" / "lamps" / "lamp.png").unlink()
    shutil.rmtree(shop.desk.folder / "var" / "cache")
    shop.empty()
    with closing(sqlite3.connect(shop.desk.folder / "var" / "newsletter.db")) as database, database:
        database.execute("update mailings set send_at = '2026-01-01 09:00:00.000000'")
    shop.desk.done("send", "--due")
    [name] = linked(shop.desk, "https://pictures.example/news/lamps/")
    assert shop.held() == [f"news/lamps/{name}"]


def test_a_bucket_without_an_address_is_refused_at_its_line(desk: Desk) -> None:
    settle(desk, '\n[pictures]\nstore = "s3://letters"\n')
    with pytest.raises(SettingsError, match=r"newsletter\.toml:\d+: .*needs 'url' as well"):
        read_settings(desk.folder, {})


@pytest.mark.parametrize("fate", ["replaced", "deleted", "another folder", "issue deleted"])
def test_a_picture_that_was_mailed_stays_in_every_archive(desk: Desk, tmp_path: Path, fate: str) -> None:
    settle(desk, '\n[archive]\nurl = "https://archive.example"\n')
    desk.done("send", "lamps")
    [name] = linked(desk, "https://archive.example/issues/lamps/")
    desk.done("archive", "build")
    out = desk.folder / "var" / "archive"
    mailed = (out / "issues" / "lamps" / name).read_bytes()
    folder = desk.folder / "issues" / "lamps"
    match fate:
        case "deleted":
            (folder / "lamp.png").unlink()
        case "issue deleted":
            shutil.rmtree(folder)
        case _:
            write(desk, "blue")
    shutil.rmtree(desk.folder / "var" / "cache", ignore_errors=True)
    if fate == "another folder":
        out = tmp_path / "site"
    desk.done("archive", "build", "--out", str(out))
    assert (out / "issues" / "lamps" / name).read_bytes() == mailed
    assert (out / "issues" / "lamps" / "index.html").exists() == (fate != "issue deleted")


def test_a_test_letter_keeps_no_picture_for_the_archive(desk: Desk) -> None:
    settle(desk, '\n[archive]\nurl = "https://archive.example"\n')
    desk.done("test-send", "lamps", "--to", "me@example.com")
    assert not (desk.folder / "var" / "pictures").exists()


def test_what_the_archive_cannot_hold_yet_is_said_before_sending(desk: Desk) -> None:
    toml = desk.folder / "newsletter.toml"
    settle(desk, '\n[archive]\nurl = "https://archive.example"\n')

    def said() -> list[tuple[str, str]]:
        lines = [json.loads(line) for line in desk.run("check", "lamps", "--json").stdout.splitlines()]
        return [(line["level"], line["remedy"]) for line in lines if line["rule"] == "picture-published"]

    toml.write_text(toml.read_text().replace('transport = "outbox"', 'transport = "smtp"'))
    build = "Build and publish the archive before you send"
    assert said() == [("notice", build)]
    desk.done("archive", "build")
    assert said() == []
    write(desk, "blue")
    assert said() == [("warning", build)]
    write(desk, "blue", "date: 2126-01-01\nstatus: ready")
    [(level, remedy)] = said()
    assert level == "warning"
    assert "send --at" in remedy
    toml.write_text(toml.read_text().replace('transport = "smtp"', 'transport = "outbox"'))
    assert [level for level, _remedy in said()] == ["notice"]
    desk.done("send", "lamps", "--at", "2126-01-01T09:00")
    desk.done("archive", "build")
    assert said() == []


@pytest.fixture
def site(shop: Shop) -> Shop:
    """The same, with the bucket for the archive as well."""
    toml = shop.desk.folder / "newsletter.toml"
    toml.write_text(toml.read_text() + '\n[archive]\nurl = "https://archive.example"\nstore = "s3://letters/site"\n')
    return shop


def test_the_archive_is_published_and_only_what_changed_again(site: Shop) -> None:
    first = json.loads(site.desk.done("archive", "publish", "--json").stdout)
    there = {key for key in site.held() if not key.endswith(".written-by-newsletter")}
    assert {"site/index.html", "site/issues/lamps/index.html", "site/feed.xml"} <= there
    assert first["changed"] == len(there)
    page = site.s3.get_object(Bucket="letters", Key="site/issues/lamps/index.html")
    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "public, max-age=300")
    [picture] = [key for key in there if "lamps/lamp-" in key]
    assert picture.rpartition("/")[2] in page["Body"].read().decode()
    assert "immutable" in site.s3.get_object(Bucket="letters", Key=picture)["CacheControl"]
    again = json.loads(site.desk.done("archive", "publish", "--json").stdout)
    assert (again["changed"], again["removed"]) == (0, 0)


def test_an_archive_in_a_bucket_has_a_letters_pictures_before_it_leaves(desk: Desk, shop: Shop) -> None:
    toml = desk.folder / "newsletter.toml"
    archive = '\n[archive]\nurl = "https://archive.example"\nstore = "s3://letters/site"\n'
    toml.write_text(toml.read_text().replace(STORE, archive))
    assert "picture-published" not in desk.run("check", "lamps", "--json").stdout
    desk.done("send", "lamps")
    [name] = linked(desk, "https://archive.example/issues/lamps/")
    assert shop.held() == [f"site/issues/lamps/{name}"]
    desk.done("archive", "publish")
    assert f"site/issues/lamps/{name}" in shop.held()


def test_what_is_gone_is_taken_away_but_for_mailed_pictures_and_files_of_others(site: Shop) -> None:
    site.s3.put_object(Bucket="letters", Key="site/CNAME", Body=b"mine")
    site.desk.done("archive", "publish")
    [picture] = [key for key in site.held() if "lamps/lamp-" in key]
    write(site.desk, "blue")
    site.desk.done("archive", "publish")
    assert picture in site.held()
    shutil.rmtree(site.desk.folder / "issues" / "lamps")
    assert json.loads(site.desk.done("archive", "publish", "--dry-run", "--json").stdout)["removed"] == 3
    assert picture in site.held()
    site.desk.done("archive", "publish")
    assert not any("lamps" in key for key in site.held())
    assert "site/CNAME" in site.held()


def test_a_file_of_somebody_else_in_the_way_is_named_before_anything_is_written(site: Shop) -> None:
    site.s3.put_object(Bucket="letters", Key="site/index.html", Body=b"mine")
    error = site.desk.refused("archive", "publish")
    assert "s3://letters/site/index.html was not uploaded by a publish" in str(error)
    assert site.held() == ["site/index.html"]


def test_a_publish_that_was_cut_off_is_ended_by_the_next(site: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    site.desk.done("archive", "publish")
    manifest = "site/.written-by-newsletter"
    whole = site.s3.get_object(Bucket="letters", Key=manifest)["Body"].read().decode()
    cut = re.sub(r"^\w+ (?=index\.html)", "- ", whole, flags=re.MULTILINE) + "- gone.html\n"
    site.s3.put_object(Bucket="letters", Key=manifest, Body=cut.encode())
    site.s3.put_object(Bucket="letters", Key="site/gone.html", Body=b"half a publish")
    site.s3.put_object(Bucket="letters", Key="site/index.html", Body=b"old")
    site.desk.done("archive", "publish")
    assert "site/gone.html" not in site.held()
    assert site.s3.get_object(Bucket="letters", Key="site/index.html")["Body"].read() != b"old"
    assert site.s3.get_object(Bucket="letters", Key=manifest)["Body"].read().decode() == whole


def test_without_a_bucket_there_is_nothing_to_publish_to(desk: Desk) -> None:
    assert "[archive] store is not set" in str(desk.refused("archive", "publish"))
