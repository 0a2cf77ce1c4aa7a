"""The site holds every ready issue dated up to now, with its comments, and works from anywhere."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree, html

from newsletter.archive import Site, build_site
from newsletter.errors import ContentError
from newsletter.settings import Settings, read_settings
from tests.unit.archive.conftest import TOML, write_comment_file, write_issue

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def build(settings: Settings) -> Site:
    return build_site(settings, now=NOW)


def page(site: Site, path: str) -> html.HtmlElement:
    return html.document_fromstring(site.files[path].decode())


def feed(site: Site) -> etree._Element:
    return etree.fromstring(site.files["feed.xml"])


def test_only_ready_issues_dated_up_to_now_are_published(settings: Settings) -> None:
    write_issue(settings.root, "draft", "title: A draft\ndate: 2026-03-02")
    write_issue(settings.root, "later", "title: Later\ndate: 2026-06-02\nstatus: ready")
    write_issue(settings.root, "undated", "title: Undated\nstatus: ready")
    site = build(settings)
    assert [path for path in site.files if path.startswith("issues/")] == ["issues/first/index.html"]
    (finding,) = site.findings
    assert finding.file == "issues/undated/index.md"


def test_an_issue_that_cannot_be_composed_is_reported_and_hides_no_other(settings: Settings) -> None:
    write_issue(settings.root, "empty", "title: Empty\ndate: 2026-03-02\nstatus: ready", body="")
    site = build(settings)
    assert site.issues == 1
    assert [finding.file for finding in site.findings] == ["issues/empty/index.md"]


def test_the_same_files_give_the_same_bytes(settings: Settings) -> None:
    assert build(settings).files == build_site(settings, now=NOW.replace(year=2030)).files


def test_a_publication_without_issues_says_so(settings: Settings, tmp_path: Path) -> None:
    (settings.issues / "first" / "index.md").unlink()
    site = build(settings)
    assert "Nothing has been published yet" in site.files["index.html"].decode()
    assert "feed.xml" not in site.files


def test_every_local_link_leads_to_a_file_of_the_site(settings: Settings) -> None:
    write_issue(settings.root, "second", "title: Second\ndate: 2026-04-01\nstatus: ready", "[one](#a) ![x](b.png)")
    write_comment_file(settings.root, "first", "2026-03-02-aa.md", "id: aa\nauthor: Bo\ndate: 2026-03-02", "Yes.")
    site = build(settings)
    for path in site.files:
        if not path.endswith(".html") or path == "404.html":
            continue
        for link in page(site, path).xpath("//@href | //@src"):
            if re.match(r"[a-z]+:", link) or link.startswith("#"):
                continue
            target = (Path("/") / path).parent / link.split("#")[0]
            assert str(Path(*_walked(target))).lstrip("/") in site.files, (path, link)


def _walked(path: Path) -> list[str]:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return parts


def test_no_page_runs_a_script_or_fetches_from_elsewhere(settings: Settings) -> None:
    site = build(settings)
    for path, content in site.files.items():
        if path.endswith(".html"):
            tree = html.document_fromstring(content.decode())
            assert not tree.xpath("//script | //iframe | //@onclick | //@onload")
            sources = tree.xpath("//link[@rel='stylesheet']/@href | //img/@src")
            assert not [source for source in sources if "//" in source]


def test_a_comment_is_text_whatever_it_holds(settings: Settings) -> None:
    write_comment_file(
        settings.root,
        "first",
        "2026-03-02-aa.md",
        "id: aa\nauthor: '<b>Bo</b> {{ 7*7 }}'\ndate: 2026-03-02\nverified: true",
        "<script>alert(1)</script> & {{ 7*7 }} {% raw %} <img src=x onerror=alert(1)>",
    )
    (item,) = page(build(settings), "issues/first/index.html").xpath("//section[@id='comments']//li")
    assert item.get("id") == "comment-aa"
    assert "<b>Bo</b> {{ 7*7 }}" in item.text_content()
    assert "<script>alert(1)</script> & {{ 7*7 }} {% raw %}" in item.text_content()
    assert not item.xpath(".//script | .//img")
    assert "verified" in item.text_content()


def test_an_unverified_comment_carries_no_mark(settings: Settings) -> None:
    write_comment_file(settings.root, "first", "2026-03-02-aa.md", "id: aa\nauthor: Bo\ndate: 2026-03-02", "Yes.")
    assert "verified" not in page(build(settings), "issues/first/index.html").text_content()


def test_a_reply_names_and_links_its_comment(settings: Settings) -> None:
    for id_, more in (("aa", ""), ("bb", "\nin_reply_to: aa")):
        front = f"id: {id_}\nauthor: {id_.upper()}\ndate: 2026-03-02T10:00:00+00:00{more}"
        write_comment_file(settings.root, "first", f"2026-03-02-{id_}.md", front, "Words.")
    tree = page(build(settings), "issues/first/index.html")
    assert [item.get("class") for item in tree.xpath("//li[starts-with(@id, 'comment-')]")] == [
        "depth-0",
        "depth-1",
    ]
    (under,) = tree.xpath("//a[@class='under']")
    assert under.get("href") == "#comment-aa"


def test_a_broken_comment_is_reported_and_hides_no_other(settings: Settings) -> None:
    write_comment_file(settings.root, "first", "2026-03-02-aa.md", "id: aa\nauthor: Bo\ndate: 2026-03-02", "")
    write_comment_file(settings.root, "first", "2026-03-02-bb.md", "id: bb\nauthor: Al\ndate: 2026-03-02", "Here.")
    site = build(settings)
    assert [finding.file for finding in site.findings] == ["issues/first/comments/2026-03-02-aa.md"]
    assert "Here." in site.files["issues/first/index.html"].decode()


@pytest.mark.parametrize(
    ("replies", "address"),
    [
        ('domain = "replies.times.example"', "r+i.first@replies.times.example"),
        ('address = "ines@times.example"', "ines+i.first@times.example"),
        ("", None),
    ],
)
def test_replies_go_to_the_address_in_the_settings(settings: Settings, replies: str, address: str | None) -> None:
    written = TOML.replace('domain = "replies.times.example"', replies)
    (settings.root / "newsletter.toml").write_text(written, encoding="utf-8")
    tree = page(build(read_settings(settings.root, {})), "issues/first/index.html")
    links = tree.xpath("//p[@class='reply-link']/a/@href")
    assert links == ([f"mailto:{address}?subject=Re%3A%20First%20%26%20foremost"] if address else [])


def test_each_comment_has_an_address_that_names_it_and_nothing_else(settings: Settings) -> None:
    head = "author: Al\ndate: 2026-03-02"
    write_comment_file(settings.root, "first", "2026-03-02-aa.md", f"id: aa\n{head}", "Here.")
    write_comment_file(settings.root, "first", "2026-03-02-bb.md", "id: bb\nwithdrawn: true\ndate: 2026-03-02", "")
    write_comment_file(settings.root, "first", "2026-03-02-Cc.md", f"id: Cc\n{head}", "No mailbox keeps the case.")
    links = page(build(settings), "issues/first/index.html").xpath("//p[@class='below']/a/@href")
    assert links == ["mailto:r+c.aa@replies.times.example?subject=Re%3A%20First%20%26%20foremost"]


def test_an_issue_with_an_address_of_its_own_keeps_it(settings: Settings) -> None:
    front = "title: First\ndate: 2026-03-01\nstatus: ready\nreply_to: ines@elsewhere.example"
    write_issue(settings.root, "first", front)
    write_comment_file(settings.root, "first", "2026-03-02-aa.md", "id: aa\ndate: 2026-03-02", "Here.")
    tree = page(build(settings), "issues/first/index.html")
    assert [link.partition("?")[0] for link in tree.xpath("//a/@href") if link.startswith("mailto:")] == [
        "mailto:ines@elsewhere.example"
    ]


def test_a_closed_issue_invites_no_reply(settings: Settings) -> None:
    write_issue(settings.root, "first", "title: First\ndate: 2026-03-01\nstatus: ready\ncomments: closed")
    assert "mailto:" not in build(settings).files["issues/first/index.html"].decode()


def test_the_feed_is_atom_with_whole_texts_and_absolute_addresses(settings: Settings) -> None:
    write_issue(
        settings.root,
        "first",
        "title: First & foremost\ndate: 2026-03-01\nstatus: ready\nauthors: [Ines, Bo]\ntags: [one]",
        "See [that](../other/) and [this](#x).\n\n<script>alert(1)</script>\n\n\x0cEnd.",
    )
    root = feed(build(settings))
    assert root.tag == f"{ATOM}feed"
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    home = "https://times.example/archive/"
    assert links == {"self": f"{home}feed.xml", "alternate": home}
    assert root.findtext(f"{ATOM}updated") == "2026-03-01T00:00:00+00:00"
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == "tag:letters.times.example,2026:issues/first"
    assert entry.findtext(f"{ATOM}title") == "First & foremost"
    content = entry.findtext(f"{ATOM}content") or ""
    assert f'href="{home}issues/first/#x"' in content
    assert "<script" not in content
    assert "End." in content


def test_plain_text_stays_plain_in_the_feed(settings: Settings) -> None:
    write_issue(settings.root, "first", "title: 1 < 2\npreheader: <b> & co\ndate: 2026-03-01\nstatus: ready")
    (entry,) = feed(build(settings)).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "1 < 2"
    summary = entry.find(f"{ATOM}summary")
    assert summary is not None
    assert (summary.get("type"), summary.text) == ("html", "&lt;b&gt; &amp; co")


def test_a_move_of_the_archive_changes_no_id_in_the_feed(settings: Settings) -> None:
    def ids(built: Settings) -> list[str | None]:
        root = feed(build(built))
        return [
            root.findtext(f"{ATOM}id"),
            *(entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")),
        ]

    before = ids(settings)
    with (settings.root / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write('\n[archive]\nurl = "https://read.times.example/old"\n')
    assert ids(read_settings(settings.root, {})) == before


def test_without_a_url_there_is_no_feed_and_nobody_is_pointed_to_one(settings: Settings) -> None:
    (settings.root / "newsletter.toml").write_text(TOML.replace('url = "https://times.example"\n', ""), "utf-8")
    site = build(read_settings(settings.root, {}))
    assert {"feed.xml", "sitemap.xml"}.isdisjoint(site.files)
    assert not [path for path, content in site.files.items() if b"feed.xml" in content]
    assert b"canonical" not in site.files["issues/first/index.html"]


def test_the_sitemap_names_every_page_and_its_last_change(settings: Settings) -> None:
    write_comment_file(settings.root, "first", "2026-05-04-aa.md", "id: aa\nauthor: Bo\ndate: 2026-05-04", "Yes.")
    text = build(settings).files["sitemap.xml"].decode()
    assert "<loc>https://times.example/archive/issues/first/</loc><lastmod>2026-05-04</lastmod>" in text


def test_each_issue_has_its_own_language_and_direction(settings: Settings) -> None:
    write_issue(settings.root, "first", "title: אור\ndate: 2026-03-01\nstatus: ready\nlanguage: he", "שלום")
    (article,) = page(build(settings), "issues/first/index.html").xpath("//article")
    assert (article.get("lang"), article.get("dir")) == ("he", "rtl")


@pytest.mark.parametrize("marks", [("#", "##"), ("##", "###"), ("####", "#####")])
def test_the_title_is_the_only_first_heading_wherever_the_author_began(
    settings: Settings, marks: tuple[str, str]
) -> None:
    body = f"{marks[0]} One\n\nWords.\n\n{marks[1]} Two\n\n`<h1>`"
    write_issue(settings.root, "first", "title: First\ndate: 2026-03-01\nstatus: ready", body)
    tree = page(build(settings), "issues/first/index.html")
    assert [heading.text for heading in tree.xpath("//h1")] == ["First"]
    assert [heading.text for heading in tree.xpath("//article//h2")] == ["One"]
    assert [heading.text for heading in tree.xpath("//article//h3")] == ["Two"]


@pytest.mark.parametrize(("language", "shown"), [("de-AT", "de"), ("fi", "en")])
def test_fixed_sentences_are_marked_with_their_language(settings: Settings, language: str, shown: str) -> None:
    (settings.root / "newsletter.toml").write_text(
        TOML.replace('url = "https', f'language = "{language}"\nurl = "https'), encoding="utf-8"
    )
    tree = page(build(read_settings(settings.root, {})), "issues/first/index.html")
    assert tree.get("lang") == shown
    assert tree.xpath("//article")[0].get("lang") == language


def test_the_publications_own_template_comes_first(settings: Settings) -> None:
    folder = settings.templates / "site"
    folder.mkdir(parents=True)
    (folder / "404.html").write_text("Lost in {{ publication.title }}", encoding="utf-8")
    assert build(settings).files["404.html"] == b"Lost in The Test &amp; Times"


@pytest.mark.parametrize(("text", "line"), [("\n{% if %}", 2), ("{{ no_such_thing }}", 1), ("\n\n{{ 1/0 }}", 3)])
def test_an_error_in_a_template_names_file_and_line(settings: Settings, text: str, line: int) -> None:
    folder = settings.templates / "site"
    folder.mkdir(parents=True)
    (folder / "404.html").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=rf"templates/site/404\.html:{line}: "):
        build(settings)


def test_the_style_sheets_name_holds_a_digest_of_it(settings: Settings) -> None:
    def name(site: Site) -> str:
        (found,) = [path for path in site.files if path.endswith(".css")]
        return found

    before = name(build(settings))
    (settings.root / "newsletter.toml").write_text(TOML.replace("#a4452c", "#123456"), encoding="utf-8")
    assert name(build(read_settings(settings.root, {}))) != before


def test_nothing_private_is_published_as_a_picture(settings: Settings) -> None:
    settings.var.mkdir()
    (settings.var / "secret.key").write_text("private")
    (settings.issues / "first" / "link.png").symlink_to(settings.var / "secret.key")
    front = "title: First\ndate: 2026-03-01\nstatus: ready\nhero: ../../var/secret.key"
    write_issue(settings.root, "first", front, "![a](../../var/secret.key) ![b](/var/secret.key) ![c](link.png)")
    assert not [path for path, content in build(settings).files.items() if content == b"private"]


def test_pictures_are_beside_their_page(settings: Settings) -> None:
    from PIL import Image

    Image.new("RGB", (900, 600), "#a4452c").save(settings.issues / "first" / "boat.png")
    write_issue(
        settings.root,
        "first",
        "title: First\ndate: 2026-03-01\nstatus: ready\nhero: boat.png\nhero_alt: A boat",
        "![The same boat](boat.png)",
    )
    site = build(settings)
    [path] = [path for path in site.files if re.fullmatch(r"issues/first/boat-[0-9a-f]{8}\.png", path)]
    name = path.rsplit("/", 1)[1]
    hero, inside = page(site, "issues/first/index.html").xpath("//img")
    assert (hero.get("src"), hero.get("alt"), hero.get("width"), hero.get("height")) == (
        name,
        "A boat",
        "680",
        "453",
    )
    assert inside.get("alt") == "The same boat"
    assert page(site, "index.html").xpath("//img/@src") == [path]
    content = feed(site).findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert content.count(f'src="https://times.example/archive/{path}"') == 2
