"""Copies of the author's pictures, as letters and pages carry them: small, upright, without metadata.

A copy is made once and kept under `var/cache/pictures`, in a folder named by everything that decides its
bytes, so that two processes that make the same copy write the same file.
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

if TYPE_CHECKING:
    from PIL import Image
import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image


_RECIPE = 2
"""Counts up when the same original would give other bytes."""
_QUALITY = 82
_MAX_BYTES = 64 * 1024 * 1024
_MAX_MOVING = 60_000_000
"""Pixels of all frames together that are made smaller; more of them stay as they are."""
_LEAST = 32
"""Smaller pictures from elsewhere are there to count readers."""
_MAX_WATCHED = 600_000_000
"""Pixels of all frames of an original that are looked at."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
_SUFFIXES = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".apng": "PNG", ".gif": "GIF",
    ".webp": "WEBP", ".avif": "AVIF", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP",
}  # fmt: skip
_UNREADABLE = {".svg": "SVG", ".svgz": "SVG", ".heic": "HEIC", ".heif": "HEIC", ".pdf": "PDF", ".eps": "EPS"}
_COMMON = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM")
"""What JPEG, PNG, GIF and BMP begin with."""
_ORIENTATION = 0x0112
_UPRIGHT = {"GIF", "TIFF"}
"""One cannot be turned; of the other Pillow gives the size as it is seen."""
_MOVING = {"GIF", "PNG", "WEBP", "AVIF"}


class UnusablePicture(ValueError):
    """A file that cannot be shown as a picture: what is wrong with it, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An author's picture as the head of its file describes it."""

    path: Path
    format: str
    width: int
    """In pixels, as it is seen once its orientation is applied; so is `height`."""
    height: int
    frames: int = 1
    has_alpha: bool = False

    @property
    def suffix(self) -> str:
        """The ending of its copies: what mail cannot show becomes PNG if it has an alpha channel, else JPEG."""
        if self.format in {"JPEG", "PNG", "GIF"}:
            return {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif"}[self.format]
        if self.frames > 1 and self.format in {"WEBP", "AVIF"}:
            return ".gif"
        return ".png" if self.has_alpha else ".jpg"

    @property
    def is_converted(self) -> bool:
        """Whether its copies are of another format."""
        return self.format not in {"JPEG", "PNG", "GIF"}


def look_at(path: Path) -> Original:
    """Read the head of a picture; Unfit when it is none, too large, or not what its name says."""
    suffix = path.suffix.lower()
    unreadable = _UNREADABLE.get(suffix) or _unreadable(path)
    if unreadable:
        raise UnusablePicture(
            f"'{path.name}' is {unreadable}, which mail clients do not show", "Save it as PNG or JPEG"
        )
    if path.stat().st_size > _MAX_BYTES:
        raise UnusablePicture(f"'{path.name}' is larger than {_MAX_BYTES // 2**20} MB", "Make it smaller")
    original = _described(path, path)
    said = _SUFFIXES.get(suffix, original.format)
    if said != original.format:
        raise UnusablePicture(
            f"'{path.name}' is not {said}, as its name says, but {original.format}", "Give it the right ending"
        )
    return original


def _unreadable(path: Path) -> str:
    """Return what a file is of what mail cannot show, whatever its name says; "" for anything else."""
    with path.open("rb") as file:
        head = file.read(512)
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"} and b"avif" not in head:
        return "HEIC"
    return "SVG" if b"<svg" in head.lower() else "PDF" if head.startswith(b"%PDF") else ""


def convert_picture(content: bytes, name: str, width: int) -> tuple[bytes, str]:
    """Return what a picture from elsewhere is as a copy, and the ending of its name; Unfit when it is none."""
    original = _described(io.BytesIO(content), Path(name))
    if min(original.width, original.height) < _LEAST:
        raise UnusablePicture(f"'{name}' is only {original.width} by {original.height} pixels", "Give another picture")
    return _made(original, content, min(width, original.width)), original.suffix


def _described(source: Path | io.BytesIO, path: Path) -> Original:
    with _opened(source, path.name) as image:
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        width, height = image.size
        is_turned = kind not in _UPRIGHT and image.getexif().get(_ORIENTATION, 1) in {5, 6, 7, 8}
        frames = getattr(image, "n_frames", 1) if kind in _MOVING else 1
        has_alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    width, height = (height, width) if is_turned else (width, height)
    if not width or not height:
        raise UnusablePicture(f"'{path.name}' has no size", "Save it anew")
    return Original(path=path, format=kind, width=width, height=height, frames=frames, has_alpha=has_alpha)


def make_copy(original: Original, width: int, cache: Path) -> Path:
    """Return a copy that is at most `width` pixels wide, named by its content; Unfit when it cannot be made."""
    width = min(width, original.width)
    try:
        content = original.path.read_bytes()
        key = hashlib.sha256(b"%d %d %s " % (_RECIPE, width, original.suffix.encode()) + content).hexdigest()
        path = cache / key[:32] / f"{_stem(original.path)}-{key[:8]}{original.suffix}"
        if not path.is_file():
            made = _made(original, content, width)
            make_private_folder(path.parent)
            write_atomically(path, made)
    except OSError as error:
        why = " ".join(str(error.strerror or error).split())
        raise UnusablePicture(f"'{original.path.name}' could not be copied: {why}", "Save it anew") from error
    return path


def _stem(path: Path) -> str:
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60] or "picture"


@contextmanager
def _opened(source: Path | io.BytesIO, name: str) -> Iterator["Image.Image"]:
    """Open a picture; Unfit when it cannot be read, now or in what is done with it, or would fill the memory."""
    from PIL import Image, UnidentifiedImageError  # costs 40 ms, and many letters have no picture

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            if not _head(source).startswith(_COMMON):
                Image.init()  # costs 30 ms more
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
        raise UnusablePicture(f"'{name}' is damaged and cannot be read to its end", "Save it anew") from error


def _head(source: Path | io.BytesIO) -> bytes:
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:4]
    with source.open("rb") as file:
        return file.read(4)


def _made(original: Original, content: bytes, width: int) -> bytes:
    size = (width, max(round(original.height * width / original.width), 1))
    if original.frames * original.width * original.height > _MAX_WATCHED:
        raise UnusablePicture(f"'{original.path.name}' has too many frames", "Make it shorter or smaller")
    with _opened(io.BytesIO(content), original.path.name) as image:
        if original.suffix == ".gif":
            return _gif(image, original, content, size)
        return _moving(image, original, size, "PNG") if original.frames > 1 else _still(image, size, original.suffix)


def _still(image: "Image.Image", size: tuple[int, int], suffix: str) -> bytes:
    from PIL import ImageOps

    longest = max(size)
    image.draft(image.mode, (longest, longest))
    has_palette = image.mode == "P"
    profile = image.info.get("icc_profile")
    upright = in_srgb(_eight_bits(ImageOps.exif_transpose(image)), profile)
    out = io.BytesIO()
    if suffix == ".jpg":
        plain = _sized(upright if upright.mode in {"L", "RGB"} else upright.convert("RGB"), size)
        plain.info.clear()
        plain.save(out, "JPEG", quality=_QUALITY, progressive=True, optimize=True, exif=b"")
        return out.getvalue()
    drawn = _sized_drawing(upright, size, has_palette=has_palette)
    transparency = drawn.info.get("transparency") if drawn.mode == "P" else None
    drawn.info.clear()
    kept = {} if transparency is None else {"transparency": transparency}
    drawn.save(out, "PNG", optimize=True, **kept)
    return out.getvalue()


def _eight_bits(image: "Image.Image") -> "Image.Image":
    """Return a picture whose greys are as fine as screens show; its darkest and lightest stay where they were."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode == "F":
        low, high = cast("tuple[float, float]", image.getextrema())
        scale = 255 / (high - low) if high > low else 0
        return image.point(lambda value: value * scale - low * scale).convert("L")
    return image


def _sized(image: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    from PIL import Image

    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _sized_drawing(image: "Image.Image", size: tuple[int, int], *, has_palette: bool) -> "Image.Image":
    """Return a picture with its alpha channel and, where it has one, a palette."""
    from PIL import Image

    if image.size == size and image.mode in ({"P"} if has_palette else {"1", "L", "LA", "RGBA"}):
        return image
    has_alpha = image.has_transparency_data
    mode = "RGBA" if has_alpha else "L" if image.mode in {"1", "L"} else "RGB"
    sized = _sized(image.convert(mode), size)
    return sized.quantize(256, method=Image.Quantize.FASTOCTREE) if has_palette else sized


def _gif(image: "Image.Image", original: Original, content: bytes, size: tuple[int, int]) -> bytes:
    """Return a GIF; one that has its size already stays byte for byte, unless it tells something on the side."""
    is_small = image.size == size or original.frames * size[0] * size[1] > _MAX_MOVING
    if image.format == "GIF" and is_small and "comment" not in image.info and b"XMP Data" not in content:
        for number in range(original.frames):
            image.seek(number)
            image.load()
        return content
    return _moving(image, original, size, "GIF")


def _moving(image: "Image.Image", original: Original, size: tuple[int, int], format_: str) -> bytes:
    """Return all frames with their durations, repeated as often as before."""
    from PIL import Image, ImageSequence

    if original.frames * size[0] * size[1] > _MAX_MOVING:
        raise UnusablePicture(
            f"'{original.path.name}' has too many frames", "Make it shorter or smaller, or make it a GIF"
        )
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        full = frame.convert("RGBA")
        durations.append(frame.info.get("duration", 100))  # which WebP knows only once it is read
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


_READABLE = {"L", "RGB", "RGBA", "CMYK"}


def in_srgb(image: "Image.Image", profile: bytes | None) -> "Image.Image":
    """Return a picture in sRGB, which is what one without a profile is taken for; a broken profile is passed over.

    A palette becomes colours of its own, for a profile changes each of them.
    """
    if not profile:
        return image
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(own).lower():
            return image
        if image.mode not in _READABLE:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, own, _srgb(), outputMode=mode)
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError, TypeError):
        return image  # such as a profile for other colours than the picture has
    return converted if converted is not None else image


@functools.cache
def _srgb() -> Any:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
