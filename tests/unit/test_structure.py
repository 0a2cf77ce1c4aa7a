"""The rules of the house that import-linter has no words for."""

from pathlib import Path

import grimp
import pytest

import newsletter

ROOT = Path(newsletter.__file__).parent
HOMES = {
    "babel": {"newsletter.locales"},
    "boto3": {"newsletter.aws"},
    "botocore": {"newsletter.aws"},
    "premailer": {"newsletter.compose.html.css_inliner"},
    "cssutils": {"newsletter.compose.html.css_inliner"},
    "mjml": {"newsletter.compose.html.mjml"},
    "typer": {"newsletter.cli"},
    "rich": {"newsletter.cli"},
    "alembic": {"newsletter.database"},
    "nh3": {"newsletter.compose"},
    "urllib3": {"newsletter.link_cards.http_client"},
    "starlette": {"newsletter.web", "newsletter.web.preview", "newsletter.web.uvicorn_server"},
    "uvicorn": {"newsletter.web.uvicorn_server", "newsletter.web.http_protocol", "newsletter.web.preview.server"},
    "watchfiles": {"newsletter.web.preview.live_snapshots"},
}
"""A costly library, and the only places that may meet it."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("newsletter", include_external_packages=True, cache_dir=None)


def test_a_station_is_entered_through_its_front_door(graph: grimp.ImportGraph) -> None:
    depths = {path.parent.name: 2 for path in ROOT.glob("*/__init__.py") if path.parent.name != "cli"}
    depths["app"] = 3  # each of its modules is public: a group of use cases
    public = {
        ".".join(("newsletter", *path.parent.relative_to(ROOT).parts)) for path in ROOT.glob("*/*/__init__.pyi")
    }  # a sub-package with a list of public names of its own
    inner = {
        module
        for module in graph.modules - public
        if len(parts := module.split(".")) > 1 and len(parts) > depths.get(parts[1], len(parts))
    }
    through_the_window = {
        (importer, module)
        for module in inner
        for importer in graph.find_modules_that_directly_import(module)
        if importer.split(".")[1:2] != module.split(".")[1:2]
    }
    assert not through_the_window


@pytest.mark.parametrize("library", HOMES)
def test_a_costly_library_is_met_in_one_place(graph: grimp.ImportGraph, library: str) -> None:
    assert library in graph.modules
    importers = graph.find_modules_that_directly_import(library)
    strangers = {name for name in importers if not any(f"{name}.".startswith(f"{home}.") for home in HOMES[library])}
    assert not strangers


def test_files_stay_small_enough_to_read_in_one_go() -> None:
    long = {str(path): count for path in ROOT.rglob("*.py") if (count := len(path.read_text().splitlines())) > 400}
    assert not long


def test_nothing_names_a_registry_or_a_machine() -> None:
    constraints = (ROOT.parent / "constraints.txt").read_text()
    assert "://" not in constraints
    assert "@" not in constraints
