"""The type of a letter: safe font stacks, size and leading, for its language and its template."""

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
"""Of a script: what comes first in a serif stack and in a sans one, and the faces that have its letters."""
_IN_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
_STEPS = {"airy": (1, 0.1), "normal": (0, 0.0), "compact": (-1, -0.1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """Font stacks for CSS; a template says what it prefers, and the author's choice goes before it."""

    serif: str = SERIF
    sans: str = SANS
    mono: str = MONO
    body: str = SERIF
    heading: str = SERIF
    size: str = "18px"
    leading: str = "1.6"
    chosen: tuple[str | None, str | None] = (None, None)
    """What `[theme]` names for the body and for headings."""
    density: str = "normal"
    has_tall_letters: bool = False
    """Whether the script is dense or tall, and needs smaller type on more leading."""

    def prefer(self, *, body: str, heading: str = "", size: int, leading: float) -> "Typeface":
        """Return the type of a template that would have `body` and `heading` (`serif`, `sans`, `mono`)."""
        by_author_body, by_author_heading = self.chosen
        wider, looser = _STEPS[self.density]
        if self.has_tall_letters:
            wider, looser = wider - 1, looser + 0.2
        return replace(
            self,
            body=self.stack(by_author_body or body),
            heading=self.stack(by_author_heading or by_author_body or heading or body),
            size=f"{max(size + wider, 15)}px",
            leading=f"{leading + looser:.2f}".rstrip("0"),
        )

    def tracking(self, share: float) -> str:
        """Return letter-spacing of `share` of an em; none for scripts whose letters join or fill a square."""
        return "normal" if self.has_tall_letters else f"{share:g}em"

    def snug(self, leading: float) -> str:
        """Return the leading of a title, with room for tall letters."""
        return f"{max(leading, 1.35) if self.has_tall_letters else leading:g}"

    def stack(self, name: str) -> str:
        """Return a stack by its name, or as it is."""
        return {"serif": self.serif, "sans": self.sans, "mono": self.mono}.get(name, name)


def typeface_for(language: str, look: ThemeSettings | None = None) -> Typeface:
    """Return the type for a language, as a letter of one serif column would have it."""
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
