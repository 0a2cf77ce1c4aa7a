"""Pictures are found beside the issue, measured, and missed without harm."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html
from PIL import Image

from newsletter.compose import page_url


def sources(page):
    return [str(image.get("src")) for image in html.fromstring(page).iter("img")]


def copy_of(desk, body):
    *_, shown = desk.article(body).pictures
    return Image.open(io.BytesIO(shown.path.read_bytes()))


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


def test_letters_kept_here_show_the_copy_and_published_ones_the_page(desk, picture):
    picture("Ein Wort \u4e2d.png")
    [src] = sources(desk.html("![a](<Ein Wort \u4e2d.png>)"))
    assert src.startswith(f"file://{desk.root}/var/cache/pictures/")
    assert page_url(desk.settings, "one") == "https://lantern.example/archive/issues/one/"
    path = desk.root / "newsletter.toml"
    path.write_text(path.read_text() + '\n[archive]\nurl = "https://archive.example/"\n')
    [src] = sources(desk.html("![a](<Ein Wort \u4e2d.png>)"))
    assert re.fullmatch(r"https://archive\.example/issues/one/Ein-Wort-[0-9a-f]{8}\.png", src)


def test_an_article_names_the_copies_that_the_letter_links(desk, picture):
    picture()
    front, body = "title: T\nhero: lamp.png\nhero_alt: Dusk", "![a](lamp.png)\n\nwords ![b](lamp.png){width=40}"
    page = desk.article(body, front)
    names = {src.rsplit("/", 1)[1] for src in sources(desk.html(body, front))}
    assert {shown.name for shown in page.pictures} == names
    assert all(shown.path.name == shown.name and shown.path.is_file() for shown in page.pictures)
    assert len(names) == 3
    assert page.hero is not None
    assert page.hero.alt == "Dusk"
    assert {page.hero.src, *sources(page.html)} == names


def test_a_picture_that_changes_gets_another_name(desk, picture):
    picture()
    before = desk.article("![a](lamp.png)").pictures
    assert desk.article("![a](lamp.png)").pictures == before
    picture(size=(1200, 601))
    [after] = desk.article("![a](lamp.png)").pictures
    assert after.name != before[0].name
    assert before[0].path.is_file()


def test_a_copy_has_twice_the_pixels_it_is_shown_with_and_never_more_than_it_had(desk, picture):
    picture("wide.jpg", (3000, 1500))
    assert copy_of(desk, "![a](wide.jpg)").size == (1072, 536)
    assert copy_of(desk, "![a](wide.jpg){width=200}").size == (400, 200)
    picture("small.jpg", (300, 150))
    assert copy_of(desk, "![a](small.jpg)").size == (300, 150)


def test_pictures_in_a_row_are_copied_for_the_phone_that_stacks_them(desk, picture):
    picture("wide.jpg", (3000, 1500))
    assert copy_of(desk, "![a](wide.jpg)\n![a](wide.jpg)\n![a](wide.jpg)").size == (536, 268)


def test_a_copy_tells_nothing_of_where_and_when(desk):
    path = desk.root / "issues" / "one" / "away.jpg"
    path.parent.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    image = Image.new("RGB", (80, 40), "red")
    image.paste("blue", (0, 0, 40, 40))
    image.save(path, exif=exif, comment=b"secret", quality=95)
    copy = copy_of(desk, "![a](away.jpg)")
    assert copy.size == (40, 80)
    assert not copy.getexif()
    assert not {"comment", "exif"} & set(copy.info)
    assert copy.info["progressive"]
    red, _green, blue = copy.getpixel((20, 10))
    assert blue > 200 > red, "the left side of the file is its upper side once it is turned"


def test_a_moving_picture_goes_on_moving(desk):
    path = desk.root / "issues" / "one" / "moving.gif"
    path.parent.mkdir(parents=True)
    frames = [Image.new("RGB", (1600, 400), colour) for colour in ("red", "green", "blue", "white")]
    durations = [40, 80, 120, 500]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=3, comment=b"secret")
    copy = copy_of(desk, "![a](moving.gif)")
    assert (copy.format, copy.size, copy.n_frames, copy.info["loop"]) == ("GIF", (1072, 268), 4, 3)
    kept = []
    for number in range(4):
        copy.seek(number)
        kept.append(copy.info["duration"])
    assert kept == durations
    assert b"secret" not in copy.fp.getvalue()


@pytest.mark.parametrize("size", [(64, 64), (1400, 1400)])
def test_palettes_and_alpha_channels_are_kept(desk, size):
    folder = desk.root / "issues" / "one"
    folder.mkdir(parents=True)
    clear = Image.new("RGBA", size, (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, size[0] // 2, size[1]))
    clear.save(folder / "clear.png")
    clear.quantize(16).save(folder / "palette.png")
    for name in ("clear.png", "palette.png"):
        copy = copy_of(desk, f"![a]({name})")
        assert copy.mode == ("P" if name == "palette.png" else "RGBA")
        seen = copy.convert("RGBA")
        assert min(seen.getpixel((1, 1))[2:]) > 250
        assert seen.getpixel((seen.width - 2, 1))[3] == 0


@pytest.mark.parametrize(("mode", "made"), [("RGB", ".jpg"), ("RGBA", ".png")])
def test_what_mail_does_not_show_is_converted_with_a_notice(desk, mode, made):
    path = desk.root / "issues" / "one" / "modern.webp"
    path.parent.mkdir(parents=True)
    Image.new(mode, (90, 60)).save(path)
    [shown] = desk.article("![a](modern.webp)").pictures
    [finding] = desk.compose("![a](modern.webp)").findings
    assert shown.path.suffix == made
    assert (finding.level, finding.rule) == ("notice", "picture")
    assert "is WEBP" in finding.message


@pytest.mark.parametrize("name", ["drawing.svg", "photo.heic"])
def test_what_cannot_be_converted_is_its_alt_text(desk, name):
    path = desk.root / "issues" / "one" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"<svg onload='x'/>")
    [finding] = desk.compose(f"![A drawing]({name})").findings
    assert finding.remedy == "Save it as PNG or JPEG"
    page = desk.article(f"![A drawing]({name})")
    assert page.pictures == ()
    assert "A drawing" in page.html


def test_a_picture_that_lies_about_its_format_is_left_out(desk, picture):
    picture("lamp.png").rename(desk.root / "issues" / "one" / "lamp.jpg")
    [finding] = desk.compose("![A lamp](lamp.jpg)").findings
    assert "is not JPEG, as its name says, but PNG" in finding.message
    assert "lamp" not in "".join(sources(desk.html("![A lamp](lamp.jpg)")))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif"])
def test_a_picture_cut_short_is_left_out(desk, suffix):
    path = desk.root / "issues" / "one" / f"lamp{suffix}"
    path.parent.mkdir(parents=True)
    Image.effect_noise((600, 600), 50).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    [finding] = desk.compose(f"![A lamp](lamp{suffix})").findings
    assert "damaged" in finding.message
    assert sources(desk.html(f"![A lamp](lamp{suffix})")) == []


def test_two_processes_that_make_the_same_copy_agree(desk, picture):
    picture("wide.jpg", (2000, 1500))
    look = f"""
from pathlib import Path
from newsletter.compose.copies import look_at, make_copy
original = look_at(Path({str(desk.root)!r}) / "issues/one/wide.jpg")
print(make_copy(original, 600, Path({str(desk.root)!r}) / "var/cache"))
"""
    running = [subprocess.Popen([sys.executable, "-c", look], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    [path] = {process.communicate()[0].strip() for process in running}
    with Image.open(path) as copy:
        assert copy.size == (600, 450)
    assert len(list(Path(path).parent.iterdir())) == 1
