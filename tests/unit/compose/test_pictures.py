"""Pictures are found beside the issue, measured, and missed without harm."""

import pytest
from PIL import Image

from newsletter.compose import page_url, picture_url


def test_a_picture_fits_the_column_and_keeps_its_shape(desk, picture):
    picture(size=(1200, 600))
    assert 'width="536" height="268"' in desk.html("![a](lamp.png)")


def test_a_small_picture_is_not_blown_up(desk, picture):
    picture(size=(64, 32))
    assert 'width="64" height="32"' in desk.html("![a](lamp.png)")


def test_a_wanted_width_is_given(desk, picture):
    picture(size=(1200, 600))
    assert 'width="300" height="150"' in desk.html("![a](lamp.png){width=300}")


def test_a_picture_on_its_side_is_measured_as_it_is_seen(desk, picture):
    path = picture("turned.jpg", (400, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 200)).save(path, exif=exif)
    assert 'width="200" height="400"' in desk.html("![a](turned.jpg)")


def test_a_missing_picture_shows_its_alt_text(desk):
    composed = desk.compose("words\n\n![A lamp at dusk](nowhere.png)\n")
    [finding] = composed.findings
    assert (finding.rule, finding.line) == ("picture", 6)
    assert "A lamp at dusk" in desk.html("![A lamp at dusk](nowhere.png)")
    assert "nowhere.png" not in desk.html("words ![A lamp at dusk](nowhere.png)")


@pytest.mark.parametrize(
    "src", ["../../../etc/passwd", "/etc/passwd", "data:image/png;base64,AAAA", "file:///etc/passwd"]
)
def test_nothing_outside_the_publication_is_a_picture(desk, src):
    page = desk.article(f"words ![a]({src})")
    assert page.pictures == ()
    assert 'src="' not in page.html or 'src="https://lantern.example/etc/passwd"' in page.html


def test_a_link_out_of_the_publication_is_not_followed(desk, tmp_path_factory, picture):
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    picture().rename(outside)
    (desk.root / "issues" / "one" / "lamp.png").symlink_to(outside)
    assert desk.article("words ![a](lamp.png)").pictures == ()


def test_a_bomb_is_not_opened(desk, picture):
    Image.new("1", (12_000, 12_000)).save(picture())
    [finding] = desk.compose("![a](lamp.png)").findings
    assert "pixels" in finding.message


def test_what_only_claims_to_be_a_picture_is_a_finding(desk):
    path = desk.root / "issues" / "one" / "lamp.png"
    path.parent.mkdir(parents=True)
    path.write_text("<script>")
    assert "not a picture" in desk.compose("![a](lamp.png)").findings[0].message


def test_letters_kept_here_show_the_file_and_published_ones_the_page(desk, picture):
    picture()
    issue = desk.issue("![a](lamp.png)")
    assert picture_url(desk.settings, issue, "lamp.png").startswith("file://")
    assert page_url(desk.settings, "one") == "https://lantern.example/archive/issues/one/"
    path = desk.root / "newsletter.toml"
    path.write_text(path.read_text() + '\n[archive]\nurl = "https://archive.example/"\n')
    assert picture_url(desk.settings, issue, "a b.png") == "https://archive.example/issues/one/a%20b.png"


def test_an_article_names_its_pictures_and_their_files(desk, picture):
    path = picture()
    page = desk.article("![a](lamp.png)", "title: T\nhero: lamp.png\nhero_alt: Dusk")
    assert [(shown.name, shown.path) for shown in page.pictures] == [("lamp.png", path.resolve())]
    assert 'src="lamp.png"' in page.html
    assert page.hero is not None
    assert page.hero.alt == "Dusk"
