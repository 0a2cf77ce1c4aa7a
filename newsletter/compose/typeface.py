"""Typefaces: font stacks, size and line height for a language's script, a template and the author's choice."""

from dataclasses import dataclass, replace

from newsletter.settings import ThemeSettings

SERIF = "'Iowan Old Style', Charter, Georgia, 'Times New Roman', serif"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"
_SIMPLIFIED = "'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
_TRADITIONAL = "'PingFang TC', 'Microsoft JhengHei', 'Noto Sans CJK TC', sans-serif"
_JAPANESE = "'Hiragino Sans', 'Yu Gothic Medium', Meiryo, 'Noto Sans CJK JP', sans-serif"
_KOREAN = "'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR', sans-serif"
_ARABIC = "'Geeza Pro', 'Segoe UI', 'Noto Naskh Arabic', Tahoma, serif"
_SYSTEM = "system-ui, -apple-system"
_SCRIPTS = {
    "zh": ("Georgia", _SYSTEM, _SIMPLIFIED),
    "zh-hant": ("Georgia", _SYSTEM, _TRADITIONAL),
    "ja": ("Georgia", _SYSTEM, _JAPANESE),
    "ko": ("Georgia", _SYSTEM, _KOREAN),
    "ar": ("", _SYSTEM, _ARABIC),
    "fa": ("", _SYSTEM, _ARABIC),
    "he": ("'Times New Roman', 'Noto Serif Hebrew'", f"{_SYSTEM}, 'Segoe UI', Arial", "serif"),
    "hi": ("", _SYSTEM, "'Kohinoor Devanagari', 'Nirmala UI', 'Noto Serif Devanagari', serif"),
    "th": ("", _SYSTEM, "Thonburi, 'Leelawadee UI', 'Noto Serif Thai', serif"),
}
"""For each script: the beginning of its serif stack, of its sans stack, and the fonts that have its letters."""
_IN_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
_STEPS = {"airy": (1, 0.1), "normal": (0, 0.0), "compact": (-1, -0.1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """Font stacks for CSS; a template states its preference, and the author's choice overrides it."""

    serif: str = SERIF
    sans: str = SANS
    mono: str = MONO
    body: str = SERIF
    heading: str = SERIF
    size: str = "18px"
    leading: str = "1.6"
    chosen: tuple[str | None, str | None] = (None, None)
    """The fonts that `[theme]` names for the body and for headings."""
    density: str = "normal"
    has_tall_letters: bool = False
    """Whether the script is dense or tall and needs a smaller size with a larger line height."""

    def prefer(self, *, body: str, heading: str = "", size: int, leading: float) -> "Typeface":
        """Return the typeface for a template that prefers the stacks `body` and `heading` (`serif`, `sans`, `mono`)."""
        chosen_body, chosen_heading = self.chosen
        size_step, leading_step = _STEPS[self.density]
        if self.has_tall_letters:
            size_step, leading_step = size_step - 1, leading_step + 0.2
        return replace(
            self,
            body=self.stack(chosen_body or body),
            heading=self.stack(chosen_heading or chosen_body or heading or body),
            size=f"{max(size + size_step, 15)}px",
            leading=f"{leading + leading_step:.2f}".rstrip("0"),
        )

    def tracking(self, share: float) -> str:
        """Return CSS letter-spacing of `share` em; `normal` for scripts whose letters join or fill a square."""
        return "normal" if self.has_tall_letters else f"{share:g}em"

    def snug(self, leading: float) -> str:
        """Return the line height of a title, larger for tall scripts."""
        return f"{max(leading, 1.35) if self.has_tall_letters else leading:g}"

    def stack(self, name: str) -> str:
        """Return the font stack of that name; any other text is a stack itself."""
        return {"serif": self.serif, "sans": self.sans, "mono": self.mono}.get(name, name)


def typeface_for(language: str, look: ThemeSettings | None = None) -> Typeface:
    """Return the typeface for a language, by default one serif column."""
    look = look or ThemeSettings()
    face = Typeface(chosen=(look.body, look.heading), density=look.density)
    if script := _script_of(language):
        serif, sans, faces = script
        stacks = {"serif": f"{serif}, {faces}" if serif else faces, "sans": f"{sans}, {faces}"}
        face = replace(face, **stacks, has_tall_letters=True)  # type: ignore[arg-type]
    return face.prefer(body="serif", size=18, leading=1.6)


def _script_of(language: str) -> tuple[str, str, str] | None:
    tag = language.lower().replace("_", "-")
    if tag.startswith(_IN_TRADITIONAL):
        return _SCRIPTS["zh-hant"]
    return _SCRIPTS.get(tag.split("-")[0])
