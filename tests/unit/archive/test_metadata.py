"""A published picture tells nothing of where, when and by whom it was taken."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps
from PIL.PngImagePlugin import PngInfo

from newsletter.archive.metadata import without_metadata

SECRET = b"41.1579N 8.6291W"


def taken(format_: str, *, turn: int = 1, **options: object) -> bytes:
    """A picture as a telephone would write it, with a place in Exif and XMP."""
    image = Image.radial_gradient("L").resize((90, 60)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010F] = "A telephone"
    exif.get_ifd(0x8825)[0x001D] = SECRET.decode()
    more = {"pnginfo": notes()} if format_ == "PNG" else {"xmp": b"<x>" + SECRET + b"</x>"}
    file = io.BytesIO()
    image.save(file, format_, exif=exif, **more, **options)
    assert SECRET in file.getvalue()
    return file.getvalue()


def notes() -> PngInfo:
    """Text beside a PNG."""
    info = PngInfo()
    info.add_text("Location", SECRET.decode())
    return info


CASES = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True, "comment": SECRET}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
]


@pytest.mark.parametrize(("format_", "options"), CASES)
def test_the_place_is_gone_and_every_pixel_stays(format_: str, options: dict[str, object]) -> None:
    before = taken(format_, **options)
    after = without_metadata(before)
    assert SECRET not in after
    assert b"telephone" not in after
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        assert not other.getexif()
        assert ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


@pytest.mark.parametrize("turn", range(2, 9))
def test_a_picture_stays_turned_as_it_was(turn: int) -> None:
    before = taken("JPEG", turn=turn)
    after = without_metadata(before)
    assert SECRET not in after
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        assert other.getexif()[0x0112] == turn
        assert (
            ImageChops.difference(ImageOps.exif_transpose(one), ImageOps.exif_transpose(other)).getbbox() is None
        )


def test_a_second_picture_behind_the_first_is_left_out() -> None:
    first = without_metadata(taken("JPEG"))
    assert without_metadata(first + taken("JPEG")) == first


@pytest.mark.parametrize(("format_", "options"), CASES)
def test_what_is_clean_stays_byte_for_byte(format_: str, options: dict[str, object]) -> None:
    clean = without_metadata(taken(format_, **options))
    assert without_metadata(clean) == clean


@given(
    st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"GIF89a"]), st.binary()
)
def test_what_is_broken_never_stops_a_build(head: bytes, rest: bytes) -> None:
    assert isinstance(without_metadata(head + rest), bytes)
