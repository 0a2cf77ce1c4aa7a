"""Colours as #rrggbb: contrast ratio (WCAG 2.2), mixing, and adjusting a colour until it is readable."""

import colorsys
from collections.abc import Iterable

INK, PAPER, GROUND, MUTED, HAIRLINE, TINT = "#1f2328", "#ffffff", "#f6f5f2", "#5c6166", "#e3e0da", "#f6f5f2"
DARK_INK, DARK_PAPER, DARK_GROUND = "#e7e4de", "#17191c", "#0f1012"
DARK_MUTED, DARK_HAIRLINE, DARK_TINT = "#a09c95", "#2d3035", "#212429"
BODY_CONTRAST, OTHER_CONTRAST = 7.0, 4.5
"""The contrast ratios required of body text (level AAA) and of other text (level AA)."""


def contrast_ratio(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2 section 1.4.3, 1 to 21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2, 0 to 1."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(one: str, other: str, share: float) -> str:
    """Return a mix of two colours, with `share` (0 to 1) of `other`."""
    return _hex(a + (b - a) * share for a, b in zip(_rgb(one), _rgb(other), strict=True))


def with_lightness(colour: str, lightness: float, max_saturation: float) -> str:
    """Return a colour of the same hue with another lightness (0 to 1), and at most `max_saturation` (0 to 1)."""
    hue, _, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    return _hex(colorsys.hls_to_rgb(hue, lightness, min(saturation, max_saturation)))


def ensure_contrast(colour: str, grounds: tuple[str, ...], otherwise: str, least: float = OTHER_CONTRAST + 0.1) -> str:
    """Return `colour`, made lighter or darker until it has contrast `least` on all `grounds`; else `otherwise`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    direction = 0.02 if luminance(grounds[0]) < 0.18 else -0.02
    for step in range(51):
        moved_lightness = max(0.0, min(1.0, lightness + direction * step))
        candidate = _hex(colorsys.hls_to_rgb(hue, moved_lightness, saturation)) if step else colour.lower()
        if all(contrast_ratio(candidate, ground) >= least for ground in grounds):
            return candidate
    return otherwise


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(parts: Iterable[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
