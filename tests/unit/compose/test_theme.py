"""Colours read in both schemes whatever the accent is."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.compose.theme import contrast, make_theme

CHANNEL = st.integers(0, 255)


@given(CHANNEL, CHANNEL, CHANNEL)
def test_any_accent_is_made_readable(red, green, blue):
    theme = make_theme(f"#{red:02x}{green:02x}{blue:02x}")
    for palette in (theme.light, theme.dark):
        assert contrast(palette.accent, palette.paper) >= 4.5
        assert contrast(palette.accent, palette.tint) >= 4.5
        assert contrast(palette.on_accent, palette.accent) >= 4.5


def test_the_text_reads_at_seven_to_one_and_the_rest_at_four_and_a_half():
    theme = make_theme("#a4452c")
    for palette in (theme.light, theme.dark):
        assert contrast(palette.ink, palette.paper) >= 7
        for ground in (palette.paper, palette.ground, palette.tint):
            assert contrast(palette.muted, ground) >= 4.5


def test_a_readable_accent_is_left_alone():
    assert make_theme("#a4452c").light.accent == "#a4452c"
