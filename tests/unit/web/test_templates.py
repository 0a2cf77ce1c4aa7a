"""Page templates: helpers that format values for web pages."""

from newsletter.web.templates import mask_address


def test_a_masked_address_shows_only_initials_and_the_top_level_domain() -> None:
    assert mask_address("ada.lovelace@example.org") == "a•••@e•••.org"
