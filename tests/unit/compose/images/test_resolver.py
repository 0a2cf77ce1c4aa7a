"""Pictures are found, measured and copied; a missing or unusable one becomes a finding."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html
from PIL import Image, ImageCms, ImageDraw, ImageOps
from PIL.PngImagePlugin import PngInfo

from newsletter.compose import issue_url


def sources(page):
    return [str(image.get("src")) for image in html.fromstring(page).iter("img")]


def copy_of(publication, body):
    *_, shown = publication.article(body).pictures
    return Image.open(io.BytesIO(shown.path.read_bytes()))


def test_a_picture_fits_the_column_and_keeps_its_shape(publication, picture):
    picture(size=(1200, 600))
    assert 'width="536" height="268"' in publication.html("![a](lamp.png)")


def test_a_small_picture_is_not_blown_up(publication, picture):
    picture(size=(64, 32))
    assert 'width="64" height="32"' in publication.html("![a](lamp.png)")


def test_a_wanted_width_is_given(publication, picture):
    picture(size=(1200, 600))
    assert 'width="300" height="150"' in publication.html("![a](lamp.png){width=300}")


def test_a_picture_on_its_side_is_measured_as_it_is_seen(publication, picture):
    path = picture("turned.jpg", (400, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 200)).save(path, exif=exif)
    assert 'width="200" height="400"' in publication.html("![a](turned.jpg)")


def test_a_missing_picture_shows_its_alt_text(publication):
    composed = publication.compose("words\n\n![A lamp at dusk](nowhere.png)\n")
    [finding] = composed.findings
    assert (finding.rule, finding.line) == ("picture", 6)
    assert "A lamp at dusk" in publication.html("![A lamp at dusk](nowhere.png)")
    assert "nowhere.png" not in publication.html("words ![A lamp at dusk](nowhere.png)")


@pytest.mark.parametrize(
    "src", ["../../../etc/passwd", "/etc/passwd", "data:image/png;base64,AAAA", "file:///etc/passwd"]
)
def test_nothing_outside_the_publication_is_a_picture(publication, src):
    page = publication.article(f"words ![a]({src})")
    assert page.pictures == ()
    assert 'src="' not in page.html or 'src="https://lantern.example/etc/passwd"' in page.html


def test_a_link_out_of_the_publication_is_not_followed(publication, tmp_path_factory, picture):
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    picture().rename(outside)
    (publication.root / "issues" / "one" / "lamp.png").symlink_to(outside)
    assert publication.article("words ![a](lamp.png)").pictures == ()


def test_a_bomb_is_not_opened(publication, picture):
    Image.new("1", (12_000, 12_000)).save(picture())
    [finding] = publication.compose("![a](lamp.png)").findings
    assert "pixels" in finding.message


def test_a_file_that_only_claims_to_be_a_picture_is_a_finding(publication):
    path = publication.root / "issues" / "one" / "lamp.png"
    path.parent.mkdir(parents=True)
    path.write_text("<script>")
    assert "not a picture" in publication.compose("![a](lamp.png)").findings[0].message


def test_outbox_emails_link_to_the_copy_and_sent_ones_to_the_page(publication, picture):
    picture("Ein Wort \u4e2d.png")
    [src] = sources(publication.html("![a](<Ein Wort \u4e2d.png>)"))
    assert src.startswith(f"file://{publication.root}/var/cache/pictures/")
    assert issue_url(publication.settings, "one") == "https://lantern.example/archive/issues/one/"
    path = publication.root / "newsletter.toml"
    path.write_text(path.read_text() + '\n[archive]\nurl = "https://archive.example/"\n')
    [src] = sources(publication.html("![a](<Ein Wort \u4e2d.png>)"))
    assert re.fullmatch(r"https://archive\.example/issues/one/Ein-Wort-[0-9a-f]{8}\.png", src)


def test_another_host_may_serve_the_archives_pictures(publication, picture):
    picture()
    path = publication.root / "newsletter.toml"
    path.write_text(path.read_text() + '\n[pictures]\nurl = "https://cdn.example/x/"\n')
    [src] = sources(publication.html("![a](lamp.png)"))
    assert re.fullmatch(r"https://cdn\.example/x/issues/one/lamp-[0-9a-f]{8}\.png", src)


def test_an_article_has_the_copies_that_the_email_links_to(publication, picture):
    picture()
    front, body = "title: T\nhero: lamp.png\nhero_alt: Dusk", "![a](lamp.png)\n\nwords ![b](lamp.png){width=40}"
    page = publication.article(body, front)
    names = {src.rsplit("/", 1)[1] for src in sources(publication.html(body, front))}
    assert {shown.name for shown in page.pictures} == names
    assert all(shown.path.name == shown.name and shown.path.is_file() for shown in page.pictures)
    assert len(names) == 3
    assert page.hero is not None
    assert page.hero.alt == "Dusk"
    assert {page.hero.src, *sources(page.html)} == names


def test_a_picture_that_changes_gets_another_name(publication, picture):
    picture()
    before = publication.article("![a](lamp.png)").pictures
    assert publication.article("![a](lamp.png)").pictures == before
    picture(size=(1200, 601))
    [after] = publication.article("![a](lamp.png)").pictures
    assert after.name != before[0].name
    assert before[0].path.is_file()


def test_a_copy_has_twice_the_pixels_it_is_shown_with_and_never_more_than_it_had(publication, picture):
    picture("wide.jpg", (3000, 1500))
    assert copy_of(publication, "![a](wide.jpg)").size == (1072, 536)
    assert copy_of(publication, "![a](wide.jpg){width=200}").size == (400, 200)
    picture("small.jpg", (300, 150))
    assert copy_of(publication, "![a](small.jpg)").size == (300, 150)


def test_pictures_in_a_row_are_copied_for_the_phone_that_stacks_them(publication, picture):
    picture("wide.jpg", (3000, 1500))
    assert copy_of(publication, "![a](wide.jpg)\n![a](wide.jpg)\n![a](wide.jpg)").size == (536, 268)


def test_a_copy_tells_nothing_of_where_and_when(publication):
    path = publication.root / "issues" / "one" / "away.jpg"
    path.parent.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    image = Image.new("RGB", (80, 40), "red")
    image.paste("blue", (0, 0, 40, 40))
    image.save(path, exif=exif, comment=b"secret", quality=95)
    copy = copy_of(publication, "![a](away.jpg)")
    assert copy.size == (40, 80)
    assert not copy.getexif()
    assert not {"comment", "exif"} & set(copy.info)
    assert copy.info["progressive"]
    red, _green, blue = copy.getpixel((20, 10))
    assert blue > 200 > red, "the left side of the file is its upper side once it is turned"


def test_a_moving_picture_goes_on_moving(publication):
    path = publication.root / "issues" / "one" / "moving.gif"
    path.parent.mkdir(parents=True)
    frames = [Image.new("RGB", (1600, 400), colour) for colour in ("red", "green", "blue", "white")]
    durations = [40, 80, 120, 500]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=3, comment=b"secret")
    copy = copy_of(publication, "![a](moving.gif)")
    assert (copy.format, copy.size, copy.n_frames, copy.info["loop"]) == ("GIF", (1072, 268), 4, 3)
    kept = []
    for number in range(4):
        copy.seek(number)
        kept.append(copy.info["duration"])
    assert kept == durations
    assert b"secret" not in copy.fp.getvalue()


@pytest.mark.parametrize("size", [(64, 64), (1400, 1400)])
def test_palettes_and_alpha_channels_are_kept(publication, size):
    folder = publication.root / "issues" / "one"
    folder.mkdir(parents=True)
    clear = Image.new("RGBA", size, (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, size[0] // 2, size[1]))
    clear.save(folder / "clear.png")
    clear.quantize(16).save(folder / "palette.png")
    for name in ("clear.png", "palette.png"):
        copy = copy_of(publication, f"![a]({name})")
        assert copy.mode == ("P" if name == "palette.png" else "RGBA")
        seen = copy.convert("RGBA")
        assert min(seen.getpixel((1, 1))[2:]) > 250
        assert seen.getpixel((seen.width - 2, 1))[3] == 0


@pytest.mark.parametrize(("mode", "made"), [("RGB", ".jpg"), ("RGBA", ".png")])
def test_formats_that_mail_clients_do_not_show_are_converted_with_a_notice(publication, mode, made):
    path = publication.root / "issues" / "one" / "modern.webp"
    path.parent.mkdir(parents=True)
    Image.new(mode, (90, 60)).save(path)
    [shown] = publication.article("![a](modern.webp)").pictures
    [finding] = publication.compose("![a](modern.webp)").findings
    assert shown.path.suffix == made
    assert (finding.level, finding.rule) == ("notice", "picture")
    assert "is WEBP" in finding.message


@pytest.mark.parametrize("name", ["drawing.svg", "photo.heic"])
def test_a_picture_that_cannot_be_converted_is_its_alt_text(publication, name):
    path = publication.root / "issues" / "one" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"<svg onload='x'/>")
    [finding] = publication.compose(f"![A drawing]({name})").findings
    assert finding.remedy == "Save it as PNG or JPEG"
    page = publication.article(f"![A drawing]({name})")
    assert page.pictures == ()
    assert "A drawing" in page.html


def test_a_picture_of_another_format_than_its_name_is_left_out(publication, picture):
    picture("lamp.png").rename(publication.root / "issues" / "one" / "lamp.jpg")
    [finding] = publication.compose("![A lamp](lamp.jpg)").findings
    assert "is not JPEG, as its name says, but PNG" in finding.message
    assert "lamp" not in "".join(sources(publication.html("![A lamp](lamp.jpg)")))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif"])
def test_a_picture_cut_short_is_left_out(publication, suffix):
    path = publication.root / "issues" / "one" / f"lamp{suffix}"
    path.parent.mkdir(parents=True)
    Image.effect_noise((600, 600), 50).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    [finding] = publication.compose(f"![A lamp](lamp{suffix})").findings
    assert "damaged" in finding.message
    assert sources(publication.html(f"![A lamp](lamp{suffix})")) == []


def test_two_processes_that_make_the_same_copy_agree(publication, picture):
    picture("wide.jpg", (2000, 1500))
    look = f"""
from pathlib import Path
from newsletter.compose.images.copies import read_header, make_copy
original = read_header(Path({str(publication.root)!r}) / "issues/one/wide.jpg")
print(make_copy(original, 600, Path({str(publication.root)!r}) / "var/cache"))
"""
    running = [subprocess.Popen([sys.executable, "-c", look], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    [path] = {process.communicate()[0].strip() for process in running}
    with Image.open(path) as copy:
        assert copy.size == (600, 450)
    assert len(list(Path(path).parent.iterdir())) == 1


def save(publication, name, image, **how):
    path = publication.root / "issues" / "one" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **how)
    return path


def half_red(size=(80, 40)):
    """A blue picture whose left half is red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return image


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
def test_every_format_is_upright_and_tells_nothing(publication, suffix):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "secret camera"
    exif.get_ifd(0x8825)[1] = "N"
    how = {"pnginfo": PngInfo()} if suffix == "png" else {}
    if suffix == "png":
        how["pnginfo"].add_text("Comment", "secret")
        how["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x>secret</x>")
    save(publication, f"away.{suffix}", half_red(), exif=exif, **how)
    body = f"![a](away.{suffix})"
    copy = copy_of(publication, body)
    assert copy.size == (40, 80)
    assert 'width="40" height="80"' in publication.html(body)
    assert copy.convert("RGB").getpixel((20, 10))[0] > 200, "the left half of the file is on top once it is turned"
    assert not copy.getexif()
    *_, shown = publication.article(body).pictures
    assert b"secret" not in shown.path.read_bytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(publication, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (60, 40), "blue")
    image.paste("red", (0, 0, 20, 20))
    save(publication, "turned.jpg", image, exif=exif, quality=95)
    upright = ImageOps.exif_transpose(Image.open(publication.root / "issues" / "one" / "turned.jpg"))
    copy = copy_of(publication, "![a](turned.jpg)")
    assert copy.size == upright.size
    corners = [(4, 4), (copy.width - 5, 4), (4, copy.height - 5), (copy.width - 5, copy.height - 5)]
    assert [copy.getpixel(at)[0] > 128 for at in corners] == [upright.getpixel(at)[0] > 128 for at in corners]


def swapped_profile():
    """A profile that means green where sRGB means red."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green, name = (profile.index(word) for word in (b"rXYZ", b"gXYZ", "sRGB".encode("utf-16-be")))
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    profile[name : name + 8] = "Mine".encode("utf-16-be")
    return bytes(profile)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.jpg", "RGB"), ("a.png", "RGB"), ("a.png", "RGBA"), ("a.png", "P"), ("a.webp", "RGB"), ("a.tif", "RGB")],
)
def test_a_profile_is_applied_and_left_out(publication, name, mode):
    image = Image.new("RGBA" if mode == "RGBA" else "RGB", (300, 200), "red")
    save(publication, name, image.quantize(4) if mode == "P" else image, icc_profile=swapped_profile())
    copy = copy_of(publication, f"![a]({name})")
    red, green, blue = copy.convert("RGB").getpixel((150, 100))
    assert green > 250
    assert red < 10 > blue
    assert "icc_profile" not in copy.info
    assert copy.mode == ("P" if mode == "P" else mode if name == "a.png" else "RGB")


@pytest.mark.parametrize("profile", [b"garbage", b"\0" * 500])
def test_a_broken_profile_is_passed_over(publication, profile):
    save(publication, "a.jpg", Image.new("RGB", (300, 200), "red"), icc_profile=profile)
    assert copy_of(publication, "![a](a.jpg)").getpixel((150, 100))[0] > 250


def test_cmyk_becomes_rgb(publication):
    save(publication, "print.jpg", half_red((300, 200)).convert("CMYK"), quality=95)
    copy = copy_of(publication, "![a](print.jpg)")
    assert copy.mode == "RGB"
    assert copy.getpixel((20, 100))[0] > 200 > 100 > copy.getpixel((280, 100))[0]


@pytest.mark.parametrize(
    ("name", "size"), [("deep.png", (300, 100)), ("deep.png", (3000, 100)), ("deep.tif", (300, 100))]
)
def test_sixteen_bits_of_grey_are_not_all_white(publication, name, size):
    half = size[0] // 2
    row = (0x8000).to_bytes(2, "little") * half + (0xF000).to_bytes(2, "little") * half
    save(publication, name, Image.frombytes("I;16", size, row * size[1]))
    copy = copy_of(publication, f"![a]({name})").convert("L")
    assert 120 < copy.getpixel((10, 20)) < 136
    assert 232 < copy.getpixel((copy.width - 10, 20)) < 248


def moving(publication, name, size, **how):
    frames = []
    for at, colour in enumerate(("red", "lime", "blue")):
        frame = Image.new("RGBA", size, (0, 0, 0, 0))
        left = at * size[0] // 3
        ImageDraw.Draw(frame).ellipse((left, 0, left + size[0] // 3, size[1]), fill=colour)
        frames.append(frame)
    path = save(
        publication, name, frames[0], save_all=True, append_images=frames[1:], duration=[40, 80, 500], loop=2, **how
    )
    return path, frames


@pytest.mark.parametrize("size", [(1500, 300), (150, 30)])
@pytest.mark.parametrize(
    ("name", "made", "how"),
    [
        ("m.gif", "GIF", {"disposal": 2}), ("m.gif", "GIF", {"disposal": 3}),
        ("m.webp", "GIF", {"quality": 90}),
        ("m.png", "PNG", {"disposal": 1}),
    ],
)  # fmt: skip
def test_frames_keep_their_durations_and_leave_nothing_behind(publication, size, name, made, how):
    moving(publication, name, size, **how)
    copy = copy_of(publication, f"![a]({name})")
    assert (copy.format, copy.n_frames, copy.info["loop"]) == (made, 3, 2)
    seen = []
    for number in range(3):
        copy.seek(number)
        frame = copy.convert("RGBA")
        seen.append([frame.getpixel((round(frame.width * (at + 0.5) / 3), 10))[3] > 0 for at in range(3)])
        assert copy.info["duration"] == [40, 80, 500][number]
    assert seen == [[at == number for at in range(3)] for number in range(3)]


def test_a_film_is_refused_before_it_fills_the_memory(publication):
    frames = [Image.new("RGB", (800, 800), (at * 5, 0, 0)) for at in range(50)]
    save(
        publication,
        "film.webp",
        frames[0],
        save_all=True,
        append_images=frames[1:],
        duration=20,
        lossless=True,
        method=0,
    )
    assert len(publication.article("![A film](film.webp){width=200}").pictures) == 1
    frames *= 3
    save(
        publication,
        "film.webp",
        frames[0],
        save_all=True,
        append_images=frames[1:],
        duration=20,
        lossless=True,
        method=0,
    )
    [finding] = publication.compose("![A film](film.webp)").findings
    assert "too many frames" in finding.message


@pytest.mark.parametrize("name", ["photo.jpg", "photo"])
def test_unsupported_formats_are_recognised_by_content(publication, name):
    path = publication.root / "issues" / "one" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100)
    [finding] = publication.compose(f"![a]({name})").findings
    assert "is HEIC" in finding.message
    path.write_text("<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>")
    [finding] = publication.compose(f"![a]({name})").findings
    assert "is SVG" in finding.message


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("a b.png", "<a b.png>"), ("a b.png", "a%20b.png"), ("100%.png", "100%.png"), ("100%.png", "100%25.png"),
        ("q?x.png", "q?x.png"), ("q?x.png", "q%3Fx.png"), ("lamp.png", "lamp.png?v=2"),
        ("日本.png", "日本.png"), ("e\u0301.png", "\u00e9.png"), ("\u00e9.png", "e\u0301.png"),
        ("(p).png", "<(p).png>"), ("a&b.png", "a&b.png"),
    ],
)  # fmt: skip
def test_pictures_with_unusual_names_are_found(publication, picture, file, written):
    picture(file)
    composed = publication.compose(f"words\n\n![a]({written})")
    assert composed.findings == ()
    assert len(sources(publication.html(f"![a]({written})"))) == 1


def test_a_name_in_another_case_is_found_and_reported(publication, picture):
    picture("Lamp.PNG")
    [finding] = publication.compose("![a](lamp.png)").findings
    assert finding.message == "there is no picture 'lamp.png', so 'Lamp.PNG' was used"
    assert len(sources(publication.html("![a](lamp.png)"))) == 1
    picture("LAMP.png")
    [finding] = publication.compose("![a](lamp.png)").findings
    assert finding.message == "the picture 'lamp.png' is missing"
    [finding] = publication.compose("![a](lamps.PNG)").findings
    assert finding.remedy == "Did you mean 'Lamp.PNG'? Its alt text is shown instead"


def test_a_picture_on_another_server_stays_there_and_is_reported(publication):
    page = "![a](https://e.example/x.png){width=400 height=200}"
    [finding] = publication.compose(page).findings
    assert (finding.rule, finding.level) == ("picture-elsewhere", "notice")
    assert 'src="https://e.example/x.png" alt="a" width="400" height="200"' in publication.html(page)
    [finding] = publication.compose("![a](https://e.example/x.svg?v=1)").findings
    assert "is SVG" in finding.message


def test_a_share_of_the_room_is_a_width(publication, picture):
    picture()
    for attributes in ('{width="50%"}', "{width=50%}", "{ .wide width=50% }"):
        page = publication.html(f"![a](lamp.png){attributes}")
        assert 'width="268" height="134"' in page
        assert "50%" not in page
    assert "{width=50%}" in publication.html("`![a](lamp.png){width=50%}` and {width=50%}")
    assert 'width="134"' in publication.html('words <img src="lamp.png" width="25%" alt="a">')


def test_a_picture_that_outlook_would_cut_off_is_reported(publication, picture):
    picture("long.png", (600, 4000))
    [finding] = publication.compose("![a](long.png)").findings
    assert finding.message == "'long.png' is 3,573 pixels tall; Outlook cuts off everything below 1,728"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff"])
def test_a_picture_of_nothing_is_left_out(publication, content):
    path = publication.root / "issues" / "one" / "lamp.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    [finding] = publication.compose("![A lamp](lamp.png)").findings
    assert finding.level == "warning"
    assert sources(publication.html("![A lamp](lamp.png)")) == []
