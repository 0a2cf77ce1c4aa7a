"""Files: the door's style sheet and scripts."""

from starlette.responses import Response

from newsletter.web.info_pages import NOT_FOUND
from newsletter.web.office import Office
from newsletter.web.visit import Visit


def show_file(office: Office, visit: Visit) -> Response:
    """Return a file by its name, for ever where its version is asked for."""
    found = office.pages.file(visit.version, visit.token)
    return found if found is not None else office.pages.note(NOT_FOUND, status=404)


def show_script(office: Office, _visit: Visit) -> Response:
    """Return the script that other sites load by this name."""
    found = office.pages.file("", "embed.js")
    assert found is not None
    found.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return found
