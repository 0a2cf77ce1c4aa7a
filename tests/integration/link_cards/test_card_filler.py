"""Cards are filled from the pages they lead to, and nothing else of the author's file is touched."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from newsletter.cli.main import app
from newsletter.compose import compose, compose_article, read_card_directives
from newsletter.content import read_issue
from newsletter.errors import ContentError, NewsletterError
from newsletter.link_cards import FetchError, HttpClient, make_card

OPEN_GRAPH = (
    '<title>Plain</title><meta property="og:title" content="How lamps were lit">'
    '<meta property="og:description" content="A walk with the last lamplighter.">'
    '<meta property="og:image" content="/lamp.jpg"><meta property="og:image:alt" content="A lamp at dusk">'
)
FILLED = (
    "title: How lamps were lit\ntext: A walk with the last lamplighter.\n"
    "picture: how-lamps-were-lit.jpg\nalt: A lamp at dusk\n"
)


def call(desk, *words):
    return CliRunner().invoke(app, ["--publication", str(desk.root), "cards", *words])


def test_a_card_of_nothing_but_a_link_is_filled(desk, site):
    url = site.page("/lamps", OPEN_GRAPH)
    site.picture("/lamp.jpg", (3000, 1500))
    [card] = desk.fill(f"Words.\n\n::: card\nurl: {url}\n:::\n\nMore words.\n")
    assert desk.body == f"Words.\n\n::: card\nurl: {url}\n{FILLED}:::\n\nMore words.\n"
    assert card.finding is None
    assert (card.file, card.line) == ("issues/one/index.md", 6)
    assert desk.pictures == ["how-lamps-were-lit.jpg"]
    with Image.open(desk.path.parent / "how-lamps-were-lit.jpg") as picture:
        assert picture.size == (1344, 672)
    page = compose_article(read_issue(desk.settings, "one"), desk.settings)
    assert 'alt="A lamp at dusk"' in page.html
    assert ">How lamps were lit</a>" in page.html
    assert desk.fill() == []


@pytest.mark.parametrize(
    "box",
    [
        "::: card URL\n:::\n",
        "::: card url=URL\n:::\n",
        '::: card url="URL" title=""\n:::\n',
        "::: card\n[](URL)\n:::\n",
        "::: card URL\ntitle:\ntext:\n:::\n",
        "::: card URL\n\n:::",
        "::: card URL",
        ":::: card URL\n::::",
        "  ::: card URL\n  :::\n",
        "::: note\n::: card URL\n:::\nWords.\n:::\n",
        ":::: columns\n::: column\n::: card URL\n:::\n:::\n::: column\nWords.\n:::\n::::\n",
    ],
)
def test_however_a_card_is_written_it_is_filled(desk, site, box):
    site.picture("/lamp.jpg")
    body = box.replace("URL", site.page("/lamps", OPEN_GRAPH))
    [card] = desk.fill(f"Words.\n\n{body}")
    assert card.paste == ""
    [found], _rest = read_card_directives(read_issue(desk.settings, "one"), desk.settings)
    assert (found.title, found.picture) == ("How lamps were lit", "how-lamps-were-lit.jpg")
    assert "last lamplighter" in found.text
    kept = [line for line in body.split("\n") if line not in {"title:", "text:"}]
    assert [line for line in desk.body.split("\n") if line in kept][2:] == kept or set(kept) <= set(
        desk.body.split("\n")
    )


def test_existing_fields_stay(desk, site):
    site.picture("/lamp.jpg")
    url = site.page("/lamps", OPEN_GRAPH)
    desk.fill(f"::: card {url}\ntitle: My *own* title\n:::\n\n::: card {url}\nMy own words.\n:::\n")
    first, second = read_card_directives(read_issue(desk.settings, "one"), desk.settings)[0]
    assert first.title == "My own title"
    assert first.text == "A walk with the last lamplighter."
    assert second.title == "How lamps were lit"
    assert second.text == "<p>My own words.</p>"
    assert "title: My *own* title\n" in desk.body


def test_force_overwrites_existing_fields(desk, site):
    site.picture("/lamp.jpg")
    desk.fill(
        f"::: card\nurl: {site.page('/lamps', OPEN_GRAPH)}\nTitle: Mine\ndescription: Mine\n:::\n", is_forced=True
    )
    assert "Mine" not in desk.body
    [box], _rest = read_card_directives(read_issue(desk.settings, "one"), desk.settings)
    assert (box.title, box.text) == ("How lamps were lit", "A walk with the last lamplighter.")


def test_a_rehearsal_writes_nothing(desk, site):
    site.picture("/lamp.jpg")
    body = f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n"
    [card] = desk.fill(body, is_dry_run=True)
    assert card.fields["title"] == "How lamps were lit"
    assert (desk.body, desk.pictures) == (body, [])


def test_a_picture_of_the_authors_is_never_overwritten(desk, site):
    site.picture("/lamp.jpg")
    desk.write(f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n")
    mine = desk.path.parent / "how-lamps-were-lit.jpg"
    mine.write_bytes(b"mine")
    desk.fill()
    assert mine.read_bytes() == b"mine"
    assert "picture: how-lamps-were-lit-2.jpg\n" in desk.body


def test_two_cards_of_one_title_have_a_picture_each(desk, site):
    site.picture("/lamp.jpg")
    site.picture("/other.jpg", (400, 400))
    one = site.page("/one", OPEN_GRAPH)
    two = site.page("/two", OPEN_GRAPH.replace("/lamp.jpg", "/other.jpg"))
    desk.fill(f"::: card {one}\n:::\n\n::: card {two}\n:::\n")
    assert desk.pictures == ["how-lamps-were-lit-2.jpg", "how-lamps-were-lit.jpg"]


def test_line_ends_and_surrounding_text_stay_byte_for_byte(desk, site):
    site.picture("/lamp.jpg")
    url = site.page("/lamps", OPEN_GRAPH)
    before = f"Words  \r\n\t\u00a0x\r\n\r\n::: card {url}\r\n:::\r\n\r\nEnd".encode()
    desk.path.parent.mkdir(parents=True)
    desk.path.write_bytes(b"\xef\xbb\xbf---\r\ntitle: One\r\n---\r\n" + before)
    desk.path.chmod(0o640)
    desk.fill()
    after = desk.path.read_bytes()
    lines = FILLED.replace("\n", "\r\n").encode()
    assert after.replace(lines, b"") == b"\xef\xbb\xbf---\r\ntitle: One\r\n---\r\n" + before
    assert desk.path.stat().st_mode & 0o777 == 0o640


def test_text_from_a_page_is_escaped(desk, site):
    title = 'A "quoted" *title* {{ subscriber.email }} &amp;amp; <b>_x_</b> [y](https://evil.example) ::: `z`'
    escaped = title.replace('"', "&quot;").replace("<", "&lt;")
    site.picture("/lamp.jpg")
    url = site.page(
        "/lamps",
        f'<meta property="og:title" content="{escaped}">'
        f'<meta property="og:description" content="{escaped}&#10;:::&#10;# Big">'
        f'<meta property="og:image" content="/lamp.jpg"><meta property="og:image:alt" content="{escaped}">',
    )
    [card] = desk.fill(f"Words.\n\n::: card {url}\n:::\n\nMore.\n")
    assert card.paste == ""
    issue = read_issue(desk.settings, "one")
    [box], _rest = read_card_directives(issue, desk.settings)
    assert box.title.translate({0x201C: '"', 0x201D: '"'}) == (
        'A "quoted" *title* {{ subscriber.email }} &amp; _x_ [y](https://evil.example) ::: `z`'
    )
    edition = compose(issue, "sample", desk.settings).edition
    slots = {piece.name for piece in (*edition.html, *edition.text) if not isinstance(piece, str)}
    assert slots <= {"links.unsubscribe", "links.reply"}
    assert "<em>" not in compose_article(issue, desk.settings).html
    assert "More." in compose_article(issue, desk.settings).html


def test_where_nothing_can_be_written_safely_there_is_something_to_paste(desk, site):
    site.picture("/lamp.jpg")
    url = site.page("/lamps", OPEN_GRAPH)
    body = f"::: card {url}\n\ntitle: Mine\n:::\n"
    [card] = desk.fill(body, is_forced=True)
    assert desk.body == body, "what stands further down would go before what is written in"
    assert card.paste == f"::: card\nurl: {url}\n{FILLED}:::"
    assert desk.pictures == ["how-lamps-were-lit.jpg"]


def test_a_file_that_changes_meanwhile_is_left_alone(desk, site):
    site.picture("/lamp.jpg")
    desk.write(f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n")
    from newsletter.link_cards import fill_cards

    issue = read_issue(desk.settings, "one")

    class Slow(HttpClient):
        def get(self, *arguments, **options):
            desk.write("The author wrote on.")
            return super().get(*arguments, **options)

    with pytest.raises(ContentError, match="was changed while"):
        list(fill_cards(desk.settings, issue, Slow(allowed=["127.0.0.1"])))
    assert desk.body == "The author wrote on."
    assert desk.pictures == []


def test_one_dead_link_stops_no_other_card(desk, site):
    site.picture("/lamp.jpg")
    url = site.page("/lamps", OPEN_GRAPH)
    dead, alive = desk.fill(f"::: card {site.base}/gone\n:::\n\n::: card {url}\n:::\n")
    assert (
        str(dead.finding) == "issues/one/index.md:4: 127.0.0.1 answered 404 Not Found. Write what is missing yourself"
    )
    assert alive.finding is None
    assert FILLED in desk.body


def test_a_card_whose_picture_is_missing_keeps_its_text(desk, site):
    [card] = desk.fill(f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n")
    assert "title: How lamps were lit" in desk.body
    assert "picture" not in card.fields
    assert "no picture: 127.0.0.1 answered 404" in str(card.finding)


def test_a_video_is_described_by_its_player(desk, site):
    site.picture("/poster.jpg", (1280, 720))
    site.pages["/oembed"] = site.pages["/poster.jpg"].__class__(
        content=json.dumps(
            {"type": "video", "title": "The boat &amp; the sea", "thumbnail_url": f"{site.base}/poster.jpg"}
        ).encode(),
        kind="application/json",
    )
    endpoints = {"127.0.0.1": f"{site.base}/oembed"}
    desk.fill(f"::: video {site.base}/watch?v=1&t=2\n:::\n", endpoints=endpoints)
    assert "title: The boat & the sea\npicture: the-boat-the-sea.jpg\n" in desk.body
    [asked] = [path for path in site.asked if path.startswith("/oembed")]
    assert "v%3D1%26t%3D2" in asked
    assert not any(path.startswith("/watch") for path in site.asked)


def test_a_video_is_described_by_the_oembed_link_of_its_page(desk, site):
    site.picture("/poster.jpg", (1280, 720))
    site.pages["/described"] = site.pages["/poster.jpg"].__class__(
        content=json.dumps({"title": "The boat", "thumbnail_url": "/poster.jpg"}).encode()
    )
    url = site.page(
        "/v", '<title>x</title><link rel="alternate" type="application/json+oembed" href="/described?a=1&amp;b=2">'
    )
    desk.fill(f"::: video {url}\n:::\n")
    assert "title: The boat\npicture: the-boat.jpg\n" in desk.body
    assert "/described?a=1&b=2" in site.asked


def test_the_command_prints_results_and_exits_1_if_a_page_fails(desk, site):
    site.picture("/lamp.jpg")
    desk.write(f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n\n::: card {site.base}/gone\n:::\n")
    result = call(desk, "fetch", "one", "--allow-private", "127.0.0.1", "--json")
    done, dead = [json.loads(line) for line in result.stdout.splitlines()]
    assert done["fields"]["title"] == "How lamps were lit"
    assert done["picture"] == "issues/one/how-lamps-were-lit.jpg"
    assert dead["problem"] == "127.0.0.1 answered 404 Not Found"
    assert isinstance(result.exception, ContentError)
    assert result.exception.exit_code == 1
    assert "\n" not in str(result.exception)


def test_without_leave_nothing_of_ones_own_network_is_fetched(desk, site):
    desk.write(f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n")
    result = call(desk, "fetch")
    assert isinstance(result.exception, ContentError)
    assert site.asked == []


def test_composing_fetches_nothing(desk, site):
    desk.write(f"::: card {site.page('/lamps', OPEN_GRAPH)}\n:::\n")
    compose(read_issue(desk.settings, "one"), "sample", desk.settings)
    assert site.asked == []


def test_a_card_is_made_for_an_address(desk, site):
    site.picture("/lamp.jpg")
    url = site.page("/lamps", OPEN_GRAPH)
    desk.write("Words.")
    result = call(desk, "add", url, "--into", "one", "--allow-private", "127.0.0.1")
    assert result.stdout == f"::: card\nurl: {url}\n{FILLED}:::\n"
    assert desk.pictures == ["how-lamps-were-lit.jpg"]
    assert desk.body == "Words."
    result = call(desk, "add", f"{site.base}/gone", "--allow-private", "127.0.0.1")
    assert isinstance(result.exception, NewsletterError)
    assert result.exception.exit_code == 1
    assert str(result.exception) == f"no card for {site.base}/gone: 127.0.0.1 answered 404 Not Found"


def test_a_page_without_metadata_makes_no_card(site):
    with pytest.raises(FetchError, match="neither a title nor a picture"):
        make_card(site.page("/nothing", ""), None, HttpClient(allowed=["127.0.0.1"]))
