"""Picture copies for emails and pages: resized, rotated upright, converted to sRGB, without metadata.

A copy is made once and kept in `var/cache/pictures`, in a folder named by a digest of everything that determines its
bytes, so two processes that make the same copy write the same file.
"""

import hashlib
import io
import re
import struct
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from newsletter.atomic_file import make_private_folder, write_atomically
from newsletter.errors import describe

if TYPE_CHECKING:
    from PIL import Image
import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image


_FORMAT_VERSION = 2
"""Increase it when the same original would give different bytes."""
_QUALITY = 82
_MAX_BYTES = 64 * 1024 * 1024
_MAX_RESIZED_PIXELS = 60_000_000
"""Animations with more pixels in all frames together are not resized."""
_MIN_SIDE = 32
"""Smaller pictures on web pages are tracking pixels."""
_MAX_READ_PIXELS = 600_000_000
"""Animations with more pixels in all frames together are refused."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
_SUFFIXES = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".apng": "PNG", ".gif": "GIF",
    ".webp": "WEBP", ".avif": "AVIF", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP",
}  # fmt: skip
_UNSUPPORTED = {".svg": "SVG", ".svgz": "SVG", ".heic": "HEIC", ".heif": "HEIC", ".pdf": "PDF", ".eps": "EPS"}
_COMMON_SIGNATURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM")
"""The first bytes of JPEG, PNG, GIF and BMP files."""
_EXIF_ORIENTATION = 0x0112
_ALWAYS_UPRIGHT = {"GIF", "TIFF"}
"""GIF has no orientation, and of TIFF Pillow gives the size as displayed."""
_ANIMATED = {"GIF", "PNG", "WEBP", "AVIF"}


class UnusablePicture(ValueError):
    """A file that cannot be shown as a picture; the message says why, `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalPicture:
    """An author's picture, as the header of its file describes it."""

    path: Path
    format: str
    width: int
    """In pixels as displayed, with the orientation applied; so is `height`."""
    height: int
    frames: int = 1
    has_alpha: bool = False

    @property
    def suffix(self) -> str:
        """The suffix of its copies: other formats become PNG if there is an alpha channel, else JPEG."""
        if self.format in {"JPEG", "PNG", "GIF"}:
            return {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif"}[self.format]
        if self.frames > 1 and self.format in {"WEBP", "AVIF"}:
            return ".gif"
        return ".png" if self.has_alpha else ".jpg"

    @property
    def is_converted(self) -> bool:
        """Whether its copies have another format."""
        return self.format not in {"JPEG", "PNG", "GIF"}


def read_header(path: Path) -> OriginalPicture:
    """Read a picture's header; UnusablePicture if it is none, too large, or not of the format that its name says."""
    suffix = path.suffix.lower()
    unsupported = _UNSUPPORTED.get(suffix) or _unsupported_format(path)
    if unsupported:
        raise UnusablePicture(
            f"'{path.name}' is {unsupported}, which mail clients do not show", "Save it as PNG or JPEG"
        )
    if path.stat().st_size > _MAX_BYTES:
        raise UnusablePicture(f"'{path.name}' is larger than {_MAX_BYTES // 2**20} MB", "Make it smaller")
    original = _describe(path, path)
    named_format = _SUFFIXES.get(suffix, original.format)
    if named_format != original.format:
        raise UnusablePicture(
            f"'{path.name}' is not {named_format}, as its name says, but {original.format}", "Correct its suffix"
        )
    return original


def _unsupported_format(path: Path) -> str:
    """Return HEIC, SVG or PDF if the content of a file has that format, which mail clients cannot show; else ""."""
    with path.open("rb") as file:
        head = file.read(512)
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"} and b"avif" not in head:
        return "HEIC"
    return "SVG" if b"<svg" in head.lower() else "PDF" if head.startswith(b"%PDF") else ""


def convert_picture(content: bytes, name: str, width: int) -> tuple[bytes, str]:
    """Return a picture from the web as a copy, and the suffix for its name; UnusablePicture if it is none."""
    original = _describe(io.BytesIO(content), Path(name))
    if min(original.width, original.height) < _MIN_SIDE:
        raise UnusablePicture(f"'{name}' is only {original.width} by {original.height} pixels", "Use a larger picture")
    return _convert(original, content, min(width, original.width)), original.suffix


def _describe(source: Path | io.BytesIO, path: Path) -> OriginalPicture:
    with _open(source, path.name) as image:
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        width, height = image.size
        is_turned = kind not in _ALWAYS_UPRIGHT and image.getexif().get(_EXIF_ORIENTATION, 1) in {5, 6, 7, 8}
        frames = getattr(image, "n_frames", 1) if kind in _ANIMATED else 1
        has_alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    width, height = (height, width) if is_turned else (width, height)
    if not width or not height:
        raise UnusablePicture(f"'{path.name}' has no size", "Save it again")
    return OriginalPicture(path=path, format=kind, width=width, height=height, frames=frames, has_alpha=has_alpha)


def make_copy(original: OriginalPicture, width: int, cache: Path) -> Path:
    """Return a copy at most `width` pixels wide, named by its content; UnusablePicture if it cannot be made."""
    width = min(width, original.width)
    try:
        content = original.path.read_bytes()
        key = hashlib.sha256(b"%d %d %s " % (_FORMAT_VERSION, width, original.suffix.encode()) + content).hexdigest()
        path = cache / key[:32] / f"{_stem(original.path)}-{key[:8]}{original.suffix}"
        if not path.is_file():
            copied = _convert(original, content, width)
            make_private_folder(path.parent)
            write_atomically(path, copied)
    except OSError as error:
        raise UnusablePicture(
            f"'{original.path.name}' could not be copied: {describe(error)}", "Save it again"
        ) from error
    return path


def _stem(path: Path) -> str:
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "picture"


@contextmanager
def _open(source: Path | io.BytesIO, name: str) -> Iterator["Image.Image"]:
    """Open a picture; UnusablePicture if it cannot be read, now or inside the block, or is a decompression bomb."""
    from PIL import Image, UnidentifiedImageError  # loading takes 40 ms, and many issues have no picture

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            if not _signature(source).startswith(_COMMON_SIGNATURES):
                Image.init()  # takes another 30 ms
            else:
                Image.preinit()
            known = [name for name in _FORMATS if name in Image.OPEN]  # AVIF is not in every build
            with Image.open(source, formats=known) as image:
                yield image
    except UnusablePicture:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnusablePicture(f"'{name}' has too many pixels", "Make it smaller than 80 megapixels") from error
    except UnidentifiedImageError as error:
        raise UnusablePicture(f"'{name}' is not a picture that can be read", "Save it as PNG or JPEG") from error
    except (OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, struct.error) as error:
        raise UnusablePicture(f"'{name}' is damaged and cannot be read to its end", "Save it again") from error


def _signature(source: Path | io.BytesIO) -> bytes:
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:4]
    with source.open("rb") as file:
        return file.read(4)


def _convert(original: OriginalPicture, content: bytes, width: int) -> bytes:
    size = (width, max(round(original.height * width / original.width), 1))
    if original.frames * original.width * original.height > _MAX_READ_PIXELS:
        raise UnusablePicture(f"'{original.path.name}' has too many frames", "Make it shorter or smaller")
    with _open(io.BytesIO(content), original.path.name) as image:
        if original.suffix == ".gif":
            return _resize_gif(image, original, content, size)
        return (
            _resize_animation(image, original, size, "PNG")
            if original.frames > 1
            else _resize_still(image, size, original.suffix)
        )


def _resize_still(image: "Image.Image", size: tuple[int, int], suffix: str) -> bytes:
    from PIL import ImageOps

    longest = max(size)
    image.draft(image.mode, (longest, longest))
    has_palette = image.mode == "P"
    profile = image.info.get("icc_profile")
    upright = to_srgb(_to_eight_bits(ImageOps.exif_transpose(image)), profile)
    out = io.BytesIO()
    if suffix == ".jpg":
        plain = _resize(upright if upright.mode in {"L", "RGB"} else upright.convert("RGB"), size)
        plain.info.clear()
        plain.save(out, "JPEG", quality=_QUALITY, progressive=True, optimize=True, exif=b"")
        return out.getvalue()
    resized = _resize_png(upright, size, has_palette=has_palette)
    transparency = resized.info.get("transparency") if resized.mode == "P" else None
    resized.info.clear()
    options = {} if transparency is None else {"transparency": transparency}
    resized.save(out, "PNG", optimize=True, **options)
    return out.getvalue()


def _to_eight_bits(image: "Image.Image") -> "Image.Image":
    """Return a 16-bit, 32-bit or float greyscale picture with 8 bits a pixel."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode == "F":
        low, high = cast("tuple[float, float]", image.getextrema())
        scale = 255 / (high - low) if high > low else 0
        return image.point(lambda value: value * scale - low * scale).convert("L")
    return image


def _resize(image: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    from PIL import Image

    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _resize_png(image: "Image.Image", size: tuple[int, int], *, has_palette: bool) -> "Image.Image":
    """Return a resized picture with its alpha channel and, if it had one, a palette."""
    from PIL import Image

    if image.size == size and image.mode in ({"P"} if has_palette else {"1", "L", "LA", "RGBA"}):
        return image
    has_alpha = image.has_transparency_data
    mode = "RGBA" if has_alpha else "L" if image.mode in {"1", "L"} else "RGB"
    resized = _resize(image.convert(mode), size)
    return resized.quantize(256, method=Image.Quantize.FASTOCTREE) if has_palette else resized


def _resize_gif(image: "Image.Image", original: OriginalPicture, content: bytes, size: tuple[int, int]) -> bytes:
    """Return a resized GIF; one of the right size stays byte for byte, unless it carries a comment or XMP data."""
    is_small = image.size == size or original.frames * size[0] * size[1] > _MAX_RESIZED_PIXELS
    if image.format == "GIF" and is_small and "comment" not in image.info and b"XMP Data" not in content:
        for number in range(original.frames):
            image.seek(number)
            image.load()
        return content
    return _resize_animation(image, original, size, "GIF")


def _resize_animation(image: "Image.Image", original: OriginalPicture, size: tuple[int, int], format_: str) -> bytes:
    """Return a resized animation with the durations of its frames and its number of loops."""
    from PIL import Image, ImageSequence

    if original.frames * size[0] * size[1] > _MAX_RESIZED_PIXELS:
        raise UnusablePicture(
            f"'{original.path.name}' has too many frames", "Make it shorter or smaller, or make it a GIF"
        )
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        full = frame.convert("RGBA")
        durations.append(frame.info.get("duration", 100))  # which WebP has only after reading the frame
        frames.append(full.resize(size, Image.Resampling.LANCZOS) if full.size != size else full)
    is_opaque = all(frame.getchannel("A").getextrema() == (255, 255) for frame in frames)
    frames = [frame.convert("RGB") for frame in frames] if is_opaque else frames
    loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    for frame in frames:
        frame.info.clear()
    out = io.BytesIO()
    frames[0].save(
        out, format_, save_all=True, append_images=frames[1:], duration=durations, disposal=1 if is_opaque else 2,
        optimize=False, **loop,
    )  # fmt: skip
    return out.getvalue()


_PROFILE_MODES = {"L", "RGB", "RGBA", "CMYK"}


def to_srgb(image: "Image.Image", profile: bytes | None) -> "Image.Image":
    """Return a picture converted from its ICC profile to sRGB; unchanged if it has none or the profile is broken.

    A palette picture becomes a full-colour one, since a profile changes each colour.
    """
    if not profile:
        return image
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(own).lower():
            return image
        if image.mode not in _PROFILE_MODES:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, own, _srgb(), outputMode=mode)
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError, TypeError):
        return image  # such as a profile for another colour mode than the picture has
    return converted if converted is not None else image


@functools.cache
def _srgb() -> Any:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
