"""The author's theme: colours are readable in both schemes, or are refused with their place in the settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from newsletter.colour import contrast_ratio
from newsletter.compose.theme import make_theme
from newsletter.compose.typeface import typeface_for
from newsletter.errors import SettingsError
from newsletter.settings import LightColours, ThemeSettings, read_settings

CHANNEL = st.integers(0, 255)
COLOUR = st.tuples(CHANNEL, CHANNEL, CHANNEL).map(lambda parts: "#{:02x}{:02x}{:02x}".format(*parts))


def chosen(publication, toml):
    """Set `toml` under the publication's settings, and read them."""
    path = publication.root / "newsletter.toml"
    path.write_text(f"{path.read_text()}\n{toml}\n")
    return read_settings(publication.root, {})


def assert_readable(theme):
    for palette in (theme.light, theme.dark):
        for ground in (palette.paper, palette.tint):
            assert contrast_ratio(palette.accent, ground) >= 4.5
            assert contrast_ratio(palette.muted, ground) >= 4.5
        assert contrast_ratio(palette.ink, palette.paper) >= 7
        assert contrast_ratio(palette.on_ground, palette.ground) >= 4.5
        assert contrast_ratio(palette.on_accent, palette.accent) >= 4.5


@given(COLOUR)
def test_any_accent_is_made_readable(accent):
    assert_readable(make_theme(accent))


@given(COLOUR, COLOUR, COLOUR)
def test_all_accepted_colours_are_readable(accent, paper, ground):
    try:
        light = LightColours(paper=paper, ground=ground)
    except ValueError:
        return
    assert_readable(make_theme(accent, ThemeSettings(light=light)))


def test_a_readable_accent_is_left_alone():
    assert make_theme("#a4452c").light.accent == "#a4452c"


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[theme.light]\nink = "#888888"', "theme.light.ink = '#888888': its contrast on the paper #ffffff is 3.5:1"),
        ('[theme.dark]\nmuted = "#333333"', "Make it lighter"),
        ('[theme.light]\npaper = "#808080"', "no text colour has a contrast of 7:1 on it"),
        ("[theme]\nwidth = 900", "less than or equal to 720"),
        ("[theme]\ncorners = 3", "unknown key 'corners'. Did you mean 'corner'?"),
        ('[theme.light]\naccnt = "#123456"', "unknown key 'accnt'. Did you mean 'accent'?"),
        ('[theme]\nbody = "x; color: red"', "theme.body"),
        ('[theme]\nlogo = "../secret.png"', "not inside the publication's folder"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_at_its_line(publication, toml, said):
    with pytest.raises(SettingsError) as refusal:
        chosen(publication, toml)
    assert said in str(refusal.value)
    lines = (publication.root / "newsletter.toml").read_text().splitlines()
    assert str(refusal.value).startswith(f"newsletter.toml:{len(lines)}:")


def test_an_email_uses_the_chosen_theme(publication):
    chosen(
        publication,
        '[theme]\nwidth = 640\ncorner = 9\nbody = "sans"\nheading = "Futura, sans-serif"\n'
        '[theme.light]\naccent = "#0b5c4a"\n[theme.dark]\npaper = "#101820"',
    )
    tree = html.document_fromstring(publication.html("# T\n\n## Head\n\n[Go](https://e.example){.button}"))
    letter = html.tostring(tree, encoding="unicode")
    assert 'width="640"' in letter
    assert "font-family:Futura, sans-serif" in tree.xpath("//h2/@style")[0]
    assert "border-radius:9px" in letter
    assert "#0b5c4a" in letter
    assert "#101820 !important" in letter


def test_density_changes_the_spacing(publication):
    usual = publication.html("## A\n\nwords")
    chosen(publication, '[theme]\ndensity = "compact"')
    assert "font-size:18px" in usual
    assert "font-size:17px" in publication.html("## A\n\nwords")


def test_a_logo_and_its_dark_version_are_in_the_masthead(publication):
    from PIL import Image

    for name in ("logo.png", "night.png"):
        Image.new("RGB", (240, 80), "#345").save(publication.root / name)
    chosen(publication, '[theme]\nlogo = "logo.png"\nlogo_dark = "night.png"\nlogo_alt = "The Lantern"')
    letter = publication.html("words")
    tree = html.document_fromstring(letter)
    assert tree.xpath("//td[@class='wordmark']/img/@alt") == ["The Lantern", "The Lantern"]
    assert tree.xpath("//img[@class='logo']/@width") == ["120"]
    assert "display:none" in tree.xpath("//img[@class='logo-dark']/@style")[0]
    assert {picture.name.split("-")[0] for picture in publication.article("words").pictures} >= {
        "logo",
        "night",
    } or len(publication.article("words").pictures) == 2


@pytest.mark.parametrize(
    ("language", "face"), [("zh-TW", "PingFang TC"), ("zh", "PingFang SC"), ("ja", "Hiragino"), ("ar", "Naskh")]
)
def test_a_script_has_fonts_with_its_letters(language, face):
    type = typeface_for(language).prefer(body="sans", size=16, leading=1.5)
    assert face in type.body
    assert face in type.serif
    assert type.leading == "1.7"
