"""The theme: colours and measures of emails and pages, derived from what the author chose in `[theme]`.

Colours are moved until they meet the contrast ratios of WCAG 2.2.
"""

from dataclasses import dataclass

from newsletter.colour import (
    BODY_CONTRAST,
    DARK_GROUND,
    DARK_HAIRLINE,
    DARK_INK,
    DARK_MUTED,
    DARK_PAPER,
    DARK_TINT,
    GROUND,
    HAIRLINE,
    INK,
    MUTED,
    PAPER,
    TINT,
    contrast_ratio,
    ensure_contrast,
    luminance,
    mix,
    with_lightness,
)
from newsletter.settings import Colours, ThemeSettings

SIDE_PADDING = 32
"""The padding on either side of the text, in CSS pixels."""
_DENSITIES = {"airy": 1.25, "normal": 1.0, "compact": 0.75}


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one colour scheme, each #rrggbb."""

    ink: str
    paper: str
    ground: str
    muted: str
    hairline: str
    tint: str
    accent: str
    """The author's accent, adjusted to a contrast of at least 4.5:1 on paper and tint."""
    on_accent: str
    on_ground: str
    """The muted colour, adjusted to the ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours and measures of an email or page."""

    light: Palette
    dark: Palette
    width: int = 600
    """The width of the whole email, in CSS pixels."""
    corner: str = "4px"
    density: str = "normal"

    @property
    def column(self) -> int:
        """The width of the text, in CSS pixels."""
        return self.width - 2 * SIDE_PADDING

    def space(self, pixels: int) -> str:
        """Return a distance of about `pixels`, scaled by the density, as CSS."""
        return f"{2 * round(pixels * _DENSITIES[self.density] / 2)}px"


def make_theme(accent: str, look: ThemeSettings | None = None) -> Theme:
    """Return the theme for the settings `look`, around `accent` (#rrggbb)."""
    look = look or ThemeSettings()
    return Theme(
        light=_light(look.light, look.light.accent or accent),
        dark=_dark(look.dark, look.dark.accent or look.light.accent or accent, look.light),
        width=look.width,
        corner=f"{look.corner}px",
        density=look.density,
    )


def _light(chosen: Colours, accent: str) -> Palette:
    paper = chosen.paper or PAPER
    ground = chosen.ground or (GROUND if paper == PAPER else mix(paper, INK, 0.05))
    ink = chosen.ink or max(INK, DARK_INK, key=lambda colour: contrast_ratio(colour, paper))
    is_default = paper.lower() == PAPER and ink == INK
    return _palette(
        chosen,
        paper,
        ground,
        ink,
        muted=MUTED if is_default else mix(ink, paper, 0.25),
        hairline=HAIRLINE if is_default else mix(paper, ink, 0.14),
        tint=TINT if is_default else mix(paper, ink, 0.04),
        accent=accent,
    )


def _dark(chosen: Colours, accent: str, light: Colours) -> Palette:
    """Return the dark palette; a tinted light paper keeps its hue."""
    paper = chosen.paper or (with_lightness(light.paper, 0.095, 0.12) if light.paper else DARK_PAPER)
    ground = chosen.ground or (DARK_GROUND if paper == DARK_PAPER else mix(paper, "#000000", 0.35))
    ink = chosen.ink or max(INK, DARK_INK, key=lambda colour: contrast_ratio(colour, paper))
    if contrast_ratio(ink, paper) < BODY_CONTRAST:
        paper = DARK_PAPER
    is_default = paper == DARK_PAPER and ink == DARK_INK
    return _palette(
        chosen,
        paper,
        ground,
        ink,
        muted=DARK_MUTED if is_default else mix(ink, paper, 0.3),
        hairline=DARK_HAIRLINE if is_default else mix(paper, ink, 0.14),
        tint=DARK_TINT if is_default else mix(paper, ink, 0.05),
        accent=accent,
    )


def _palette(
    chosen: Colours, paper: str, ground: str, ink: str, *, muted: str, hairline: str, tint: str, accent: str
) -> Palette:
    readable_accent = ensure_contrast(accent, (paper, tint), ink)
    readable_muted = chosen.muted or ensure_contrast(muted, (paper, tint), ink)
    return Palette(
        paper=paper,
        ground=ground,
        ink=ink,
        muted=readable_muted,
        hairline=chosen.hairline or hairline,
        tint=tint,
        accent=readable_accent,
        on_accent=_text_colour_on(readable_accent, paper),
        on_ground=ensure_contrast(readable_muted, (ground,), _text_colour_on(ground, paper), least=4.5),
    )


def _text_colour_on(colour: str, paper: str) -> str:
    """Return a text colour for a ground of `colour`: the paper if it is readable, else white or nearly black."""
    if contrast_ratio(paper, colour) >= 4.5:
        return paper
    return "#ffffff" if luminance(colour) < 0.18 else DARK_PAPER
