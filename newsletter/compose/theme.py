"""The theme of a letter: what the author chose in `[theme]`, and the colours that follow from it."""

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

SIDE = 32
"""What is left free on either side of the text, in CSS pixels."""
_SPACES = {"airy": 1.25, "normal": 1.0, "compact": 0.75}


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
    on_ground: str
    """The muted colour, moved until it reads on the ground too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A letter's colours and measures."""

    light: Palette
    dark: Palette
    width: int = 600
    """Of the whole letter, in CSS pixels."""
    corner: str = "4px"
    density: str = "normal"

    @property
    def column(self) -> int:
        """The width of the text, in CSS pixels."""
        return self.width - 2 * SIDE

    def space(self, pixels: int) -> str:
        """Return a distance of about `pixels`, as the density has it."""
        return f"{2 * round(pixels * _SPACES[self.density] / 2)}px"


def make_theme(accent: str, look: ThemeSettings | None = None) -> Theme:
    """Return the theme around `accent` (#rrggbb) that `look` asks for."""
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
    is_usual = paper.lower() == PAPER and ink == INK
    return _palette(
        chosen,
        paper,
        ground,
        ink,
        muted=MUTED if is_usual else mix(ink, paper, 0.25),
        hairline=HAIRLINE if is_usual else mix(paper, ink, 0.14),
        tint=TINT if is_usual else mix(paper, ink, 0.04),
        accent=accent,
    )


def _dark(chosen: Colours, accent: str, light: Colours) -> Palette:
    """Return the dark colours; paper that was tinted by day keeps its hue by night."""
    paper = chosen.paper or (with_lightness(light.paper, 0.095, 0.12) if light.paper else DARK_PAPER)
    ground = chosen.ground or (DARK_GROUND if paper == DARK_PAPER else mix(paper, "#000000", 0.35))
    ink = chosen.ink or max(INK, DARK_INK, key=lambda colour: contrast_ratio(colour, paper))
    if contrast_ratio(ink, paper) < BODY_CONTRAST:
        paper = DARK_PAPER
    is_usual = paper == DARK_PAPER and ink == DARK_INK
    return _palette(
        chosen,
        paper,
        ground,
        ink,
        muted=DARK_MUTED if is_usual else mix(ink, paper, 0.3),
        hairline=DARK_HAIRLINE if is_usual else mix(paper, ink, 0.14),
        tint=DARK_TINT if is_usual else mix(paper, ink, 0.05),
        accent=accent,
    )


def _palette(
    chosen: Colours, paper: str, ground: str, ink: str, *, muted: str, hairline: str, tint: str, accent: str
) -> Palette:
    found = ensure_contrast(accent, (paper, tint), ink)
    quiet = chosen.muted or ensure_contrast(muted, (paper, tint), ink)
    return Palette(
        paper=paper,
        ground=ground,
        ink=ink,
        muted=quiet,
        hairline=chosen.hairline or hairline,
        tint=tint,
        accent=found,
        on_accent=_over(found, paper),
        on_ground=ensure_contrast(quiet, (ground,), _over(ground, paper), least=4.5),
    )


def _over(colour: str, paper: str) -> str:
    """Return what is written upon `colour`: the paper where it reads, else white or nearly black."""
    if contrast_ratio(paper, colour) >= 4.5:
        return paper
    return "#ffffff" if luminance(colour) < 0.18 else DARK_PAPER
