"""Structure of the package: rules that import-linter cannot express."""

import ast
from pathlib import Path

import grimp
import pytest

import newsletter

ROOT = Path(newsletter.__file__).parent
ALLOWED_IMPORTERS = {
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
"""Each costly library and the only modules that may import it."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("newsletter", include_external_packages=True, cache_dir=None)


def test_a_package_is_imported_through_its_public_names(graph: grimp.ImportGraph) -> None:
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
    violations = {
        (importer, module)
        for module in inner
        for importer in graph.find_modules_that_directly_import(module)
        if importer.split(".")[1:2] != module.split(".")[1:2]
    }
    assert not violations


@pytest.mark.parametrize("library", ALLOWED_IMPORTERS)
def test_a_costly_library_is_imported_in_one_place(graph: grimp.ImportGraph, library: str) -> None:
    assert library in graph.modules
    importers = graph.find_modules_that_directly_import(library)
    others = {
        name
        for name in importers
        if not any(f"{name}.".startswith(f"{allowed}.") for allowed in ALLOWED_IMPORTERS[library])
    }
    assert not others


def test_modules_stay_below_400_lines() -> None:
    long = {str(path): count for path in ROOT.rglob("*.py") if (count := len(path.read_text().splitlines())) > 400}
    assert not long


def test_constraints_name_no_registry_and_no_machine() -> None:
    constraints = (ROOT.parent / "constraints.txt").read_text()
    assert "://" not in constraints
    assert "@" not in constraints


def test_a_public_class_name_exists_once() -> None:
    places: dict[str, list[str]] = {}
    for path in ROOT.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert not {name: files for name, files in places.items() if len(files) > 1}


def test_modules_are_nouns() -> None:
    gerunds = {path.stem for path in ROOT.rglob("*.py") if path.stem.endswith("ing")}
    assert gerunds <= {"finding", "mailing", "monitoring", "0004_steering"}


def test_a_folder_can_be_surveyed_at_a_glance() -> None:
    full = {}
    for folder in (path.parent for path in ROOT.rglob("__init__.py") if path.parent != ROOT):
        entries = {path.name for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
        if len(entries) > 18:
            full[str(folder.relative_to(ROOT))] = len(entries)
    assert not full
