"""`[theme]`: the look of emails and pages; colours with too little contrast are refused."""

from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from newsletter.colour import (
    BODY_CONTRAST,
    DARK_INK,
    DARK_PAPER,
    INK,
    OTHER_CONTRAST,
    PAPER,
    contrast_ratio,
)


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if path and (path.startswith("/") or ".." in parts or ":" in path):
        raise ValueError("not inside the publication's folder. Give a path relative to it")
    return path


Colour = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
Stack = Annotated[
    str, Field(min_length=1, max_length=300, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ,'-]*$|^'[A-Za-z0-9 ,'-]+$")
]
PicturePath = Annotated[str, AfterValidator(_inside)]


class Colours(BaseModel):
    """The colours of one scheme that the author chose; the others are derived from them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    usual_paper: ClassVar[str] = PAPER

    paper: Colour | None = None
    ground: Colour | None = None
    ink: Colour | None = None
    muted: Colour | None = None
    hairline: Colour | None = None
    accent: Colour | None = None

    @field_validator("paper")
    @classmethod
    def _is_readable_paper(cls, paper: str | None) -> str | None:
        if paper and max(contrast_ratio(ink, paper) for ink in (INK, DARK_INK)) < BODY_CONTRAST:
            raise ValueError(f"no text colour has a contrast of {BODY_CONTRAST:g}:1 on it. Make it lighter or darker")
        return paper

    @field_validator("ink", "muted")
    @classmethod
    def _has_contrast(cls, colour: str | None, info: ValidationInfo) -> str | None:
        paper = info.data.get("paper") or cls.usual_paper
        least = BODY_CONTRAST if info.field_name == "ink" else OTHER_CONTRAST
        if colour and (ratio := contrast_ratio(colour, paper)) < least:
            is_light = contrast_ratio(paper, "#000000") > contrast_ratio(paper, "#ffffff")
            raise ValueError(
                f"its contrast on the paper {paper} is {int(ratio * 10) / 10:g}:1, and {least:g}:1 is needed. "
                f"Make it {'darker' if is_light else 'lighter'}"
            )
        return colour


class LightColours(Colours):
    """`[theme.light]`."""


class DarkColours(Colours):
    """`[theme.dark]`."""

    usual_paper: ClassVar[str] = DARK_PAPER


class ThemeSettings(BaseModel):
    """`[theme]`: type, width and colours of emails and pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body: Stack | None = None
    """`serif`, `sans`, `mono` or a font stack; None leaves it to the template."""
    heading: Stack | None = None
    width: int = Field(default=600, ge=480, le=720)
    corner: int = Field(default=4, ge=0, le=24)
    """The corner radius of buttons and boxes, in CSS pixels."""
    density: Literal["airy", "normal", "compact"] = "normal"
    logo: PicturePath = ""
    """An image in the publication's folder that is shown instead of the list's name."""
    logo_dark: PicturePath = ""
    logo_alt: str = ""
    logo_width: int = Field(default=120, ge=16, le=400)
    light: LightColours = LightColours()
    dark: DarkColours = DarkColours()
