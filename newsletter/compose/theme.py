"""Colours of a letter, light and dark, made from one accent so that everything reads."""

import colorsys
from dataclasses import dataclass

INK, PAPER, GROUND, MUTED, HAIRLINE, TINT = "#1f2328", "#ffffff", "#f6f5f2", "#5c6166", "#e3e0da", "#f6f5f2"
DARK_INK, DARK_PAPER, DARK_GROUND = "#e7e4de", "#17191c", "#0f1012"
DARK_MUTED, DARK_HAIRLINE, DARK_TINT = "#a09c95", "#2d3035", "#212429"
_STACKS = {
    "zh": "Georgia, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
    "ja": "Georgia, 'Hiragino Sans', 'Yu Gothic Medium', Meiryo, 'Noto Sans CJK JP', sans-serif",
    "ko": "Georgia, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR', sans-serif",
    "ar": "'Geeza Pro', 'Segoe UI', 'Noto Naskh Arabic', Tahoma, serif",
    "fa": "'Geeza Pro', 'Segoe UI', 'Noto Naskh Arabic', Tahoma, serif",
    "he": "'Times New Roman', 'Noto Serif Hebrew', serif",
    "hi": "'Kohinoor Devanagari', 'Nirmala UI', 'Noto Serif Devanagari', serif",
    "th": "Thonburi, 'Leelawadee UI', 'Noto Serif Thai', serif",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one scheme."""

    ink: str
    paper: str
    ground: str
    muted: str
    hairline: str
    tint: str
    accent: str
    """The author's accent, moved until it reads at 4.5:1 on paper and on the tint."""
    on_accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """Safe font stacks, and the size and leading of the text."""

    serif: str = "'Iowan Old Style', Charter, Georgia, 'Times New Roman', serif"
    sans: str = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
    mono: str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"
    size: str = "18px"
    leading: str = "1.6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A letter's colours."""

    light: Palette
    dark: Palette


def make_theme(accent: str) -> Theme:
    """Return the colours around `accent` (#rrggbb)."""
    light, dark = (
        _readable(accent, (PAPER, TINT), darker=True),
        _readable(accent, (DARK_PAPER, DARK_TINT), darker=False),
    )
    return Theme(
        light=Palette(
            ink=INK,
            paper=PAPER,
            ground=GROUND,
            muted=MUTED,
            hairline=HAIRLINE,
            tint=TINT,
            accent=light,
            on_accent="#ffffff",
        ),
        dark=Palette(
            ink=DARK_INK,
            paper=DARK_PAPER,
            ground=DARK_GROUND,
            muted=DARK_MUTED,
            hairline=DARK_HAIRLINE,
            tint=DARK_TINT,
            accent=dark,
            on_accent=DARK_PAPER,
        ),
    )


def typeface_for(language: str) -> Typeface:
    """Return the type for a language: scripts with dense or tall letters get their own stacks and more leading."""
    primary = language.lower().split("-")[0]
    if primary in _STACKS:
        return Typeface(serif=_STACKS[primary], size="17px", leading="1.8")
    return Typeface()


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2 section 1.4.3, 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _readable(accent: str, grounds: tuple[str, ...], *, darker: bool) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(accent))
    for step in range(51):
        moved = max(0.0, min(1.0, lightness + (-0.02 if darker else 0.02) * step))
        colour = "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, moved, saturation))
        if all(contrast(colour, ground) >= 4.6 for ground in grounds):
            return colour
    return INK if darker else DARK_INK


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
