"""Says before anything leaves whether its DKIM signatures can be made, and can be verified."""

from newsletter.cli import output
from newsletter.delivery import lookup_txt, open_dkim_signer, unpublished_dkim_keys
from newsletter.errors import SettingsError
from newsletter.finding import Finding, Level
from newsletter.settings import SETTINGS_FILE, Settings


def check_signing(settings: Settings, list_name: str) -> None:
    """Raise SettingsError for a key that cannot sign or is not the published one; talk of what is not published.

    DNS is asked only where letters leave this machine.
    """
    signer = open_dkim_signer(settings, list_name)
    if signer is not None and settings.delivery.transport != "outbox":
        for line in unpublished_dkim_keys(signer, lookup_txt):
            output.info(line, style="attention")


def signing_findings(settings: Settings, list_name: str) -> tuple[Finding, ...]:
    """Return what keeps a list's letters from being signed; nobody outside is asked."""
    try:
        open_dkim_signer(settings, list_name)
    except SettingsError as fault:
        message, _, remedy = str(fault).partition(". ")
        return (Finding(rule="dkim", level=Level.ERROR, file=SETTINGS_FILE, message=message, remedy=remedy),)
    return ()
