"""Pictures on their way to readers: kept, and put where the letter links them."""

from newsletter.archive import upload_pictures
from newsletter.cli import output
from newsletter.compose import Edition, save_sent_pictures
from newsletter.settings import Settings


def provide_pictures(settings: Settings, edition: Edition, *, is_test: bool = False) -> None:
    """Keep what a letter links as long as it may be read, and upload what is not there yet; or say why not."""
    if not is_test:
        save_sent_pictures(settings, edition)
    if uploaded := upload_pictures(settings, edition):
        store = settings.pictures.store if settings.pictures.bucket else settings.archive.store
        output.info(f"{output.pluralise(uploaded, 'picture')} uploaded to {store}")
