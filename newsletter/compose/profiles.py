"""Colours as every screen shows them: a picture's own profile is applied, and not carried along."""

import functools
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

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
