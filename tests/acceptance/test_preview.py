"""`newsletter preview` over HTTP: pages, live reload, errors that are corrected, and access control."""

import http.client
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder

ISSUE = """---
title: The lamp
date: 2031-01-01
preheader: It burns all night
---

It burns. ![A lamp](lamp.png)

<script>document.title = "stolen"</script>
"""


@dataclass(frozen=True)
class Preview:
    """A preview served by the real command."""

    publication: PublicationFolder
    url: str
    process: "subprocess.Popen[str]"

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        """Request a path; return status, headers and body."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def page(self, slug: str = "lamp") -> str:
        """The page of an issue."""
        status, _, text = self.get(f"/issues/{slug}")
        assert status == 200
        assert "Traceback" not in text
        return text

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Wait, after the block, for the event that something changed since its beginning."""
        match = re.search(r'data-number="(\d+)"', self.page())
        assert match is not None
        yield
        parts = urlsplit(self.url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        line.request("GET", f"/changes?since={match[1]}")
        answer = line.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        while not (output := answer.readline()).startswith(b"data:"):
            assert output
        line.close()


@contextmanager
def previewing(publication: PublicationFolder, *arguments: str) -> Iterator[Preview]:
    """Serve a preview inside the block; then Ctrl-C must end it with 0."""
    process = publication.start("preview", *arguments, "--port", "0", "--no-open")
    assert process.stderr is not None
    first = process.stderr.readline()
    match = re.search(r"http://\S+/", first)
    assert match is not None, first + process.stderr.read()
    try:
        yield Preview(publication, match[0], process)
    finally:
        process.send_signal(signal.SIGINT)
        _, output = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, output
        assert "Traceback" not in output, output


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A preview without a slug, over a publication whose newest issue is a draft."""
    publication = PublicationFolder(tmp_path_factory.mktemp("previewed"))
    publication.run_ok("init", ".")
    write(publication)
    with previewing(publication) as opened:
        yield opened


def write(publication: PublicationFolder, text: str = ISSUE) -> None:
    """Write the newest issue and its picture."""
    publication.write("issues/lamp/index.md", text)
    if not (picture := publication.folder / "issues" / "lamp" / "lamp.png").exists():
        Image.new("RGB", (40, 30), "#345").save(picture)


def test_without_a_slug_it_shows_the_newest_issue_or_draft_and_links_to_the_others(preview: Preview) -> None:
    status, headers, _ = preview.get("/")
    assert (status, headers["Location"]) == (307, "/issues/lamp")
    page = preview.page()
    assert "<h1>The lamp</h1>" in page
    assert "2031-01-01, draft" in page
    assert 'href="/issues/the-winter-almanac"' in page


def test_the_page_holds_inbox_line_findings_email_and_text(preview: Preview) -> None:
    page = preview.page()
    assert "It burns all night" in page
    assert "newsletter.toml" in page  # where a finding of the sample's own sender is
    assert page.count("<iframe") == 2
    assert 'width="375"' in page
    assert 'width="680"' in page
    assert "========" in page  # the text part's title
    assert "It burns." in preview.get("/emails/lamp")[2]


def test_check_and_preview_report_the_same_findings(preview: Preview) -> None:
    checked = preview.publication.run("check", "lamp", "--json").json_lines
    assert checked
    page = preview.page()
    assert page.count('class="level"') == len(checked)


@pytest.mark.parametrize(("scheme", "answer"), [("light", "(max-width: 0)"), ("dark", "(min-width: 0)")])
def test_an_email_is_shown_in_the_chosen_colour_scheme(preview: Preview, scheme: str, answer: str) -> None:
    email = preview.get(f"/emails/lamp?scheme={scheme}")[2]
    assert answer in email
    assert "prefers-color-scheme" not in email


def test_the_authors_html_runs_no_script_and_frames_nothing(preview: Preview) -> None:
    _, headers, _ = preview.get("/emails/lamp")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in preview.page()
    assert "script-src 'self'" in preview.get("/issues/lamp")[1]["Content-Security-Policy"]


def test_only_the_issues_own_pictures_are_served(preview: Preview) -> None:
    (picture,) = set(re.findall(r'src="(/pictures/lamp/[^"]+)"', preview.get("/emails/lamp")[2]))
    status, headers, _ = preview.get(picture)
    assert (status, headers["Content-Type"]) == (200, "image/png")
    others = ("../../newsletter.toml", "..%2f..%2fnewsletter.toml", "index.md", "lamp.png")
    for other in (*(f"/pictures/lamp/{name}" for name in others), picture.replace("lamp/", "the-winter-almanac/")):
        assert preview.get(other)[0] == 404, other


@pytest.mark.parametrize("path", ["/", "/issues/lamp", "/emails/lamp", "/changes", "/preview.js"])
def test_another_host_is_refused(preview: Preview, path: str) -> None:
    port = urlsplit(preview.url).port
    for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", ""):
        status, _, text = preview.get(path, Host=host)
        assert status in {400, 421}, host
        assert "lamp" not in text
    assert preview.get("/issues/lamp", Host=f"localhost:{port}")[0] == 200


def test_it_listens_on_this_machine_only(preview: Preview) -> None:
    assert urlsplit(preview.url).hostname == "127.0.0.1"


def test_a_change_is_announced_and_shown(preview: Preview) -> None:
    with preview.changing():
        write(preview.publication, ISSUE.replace("It burns.", "It went out."))
    assert "It went out." in preview.get("/emails/lamp")[2]
    with preview.changing():
        Image.new("RGB", (50, 30), "#543").save(preview.publication.folder / "issues" / "lamp" / "lamp.png")
    with preview.changing():
        write(preview.publication)


def test_a_composing_error_is_shown_with_its_line_until_it_is_corrected(preview: Preview) -> None:
    with preview.changing():
        write(preview.publication, "---\ntitle: The lamp\n")
    page = preview.page()
    assert "issues/lamp/index.md:1" in page
    assert "never closed" in page
    assert preview.get("/emails/lamp")[0] == 404
    with preview.changing():
        write(preview.publication)
    assert "It burns." in preview.get("/emails/lamp")[2]


def test_settings_and_templates_are_watched_and_their_errors_shown(preview: Preview) -> None:
    toml = preview.publication.folder / "newsletter.toml"
    settings = toml.read_text()
    with preview.changing():
        toml.write_text(settings + "\n[publication\n")
    page = preview.page()
    assert re.search(r"newsletter\.toml:\d+", page)
    with preview.changing():
        toml.write_text(settings)
    template = preview.publication.folder / "templates" / "letter.mjml"
    written = template.read_text()
    with preview.changing():
        template.write_text("{% if %}\n" + written)
    assert "templates/letter.mjml:1" in preview.page()
    with preview.changing():
        template.write_text(written)
    assert preview.page().count("<iframe") == 2


def test_a_missing_issue_is_named_on_the_page(preview: Preview) -> None:
    assert "there is no issue &#39;lmap&#39;" in preview.page("lmap")


@pytest.mark.slow
def test_ctrl_c_ends_it_while_a_browser_is_connected(publication: PublicationFolder) -> None:
    with previewing(publication, "the-winter-almanac") as opened:
        parts = urlsplit(opened.url)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        line.request("GET", "/changes")
        answer = line.getresponse()
        assert answer.readline() == b"retry: 1000\n"
        opened.process.send_signal(signal.SIGINT)
        answer.read()
        line.close()


@pytest.mark.slow
def test_each_variant_for_some_readers_can_be_shown(publication: PublicationFolder) -> None:
    publication.write("issues/lamp/index.md", '---\ntitle: T\n---\nAll.\n\n::: only country = "PT"\nOlá.\n:::\n')
    with previewing(publication, "lamp") as opened:
        assert "variant=1" in opened.page("lamp")
        assert "Olá." not in opened.get("/emails/lamp")[2]
        assert "Olá." in opened.get("/emails/lamp?variant=1")[2]


def test_a_port_in_use_is_a_one_line_error(preview: Preview) -> None:
    port = str(urlsplit(preview.url).port)
    second = preview.publication.run("preview", "--no-open", "--port", port)
    assert (second.code, second.err.count("\n"), port in second.err) == (1, 1, True)


def test_an_unknown_issue_is_a_usage_error(preview: Preview) -> None:
    assert preview.publication.run("preview", "lmap", "--no-open").code == 2
