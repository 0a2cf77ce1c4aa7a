"""Build step of the wheel: compile every gettext catalogue of newsletter/locales to a .mo beside its .po."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


class CompileCatalogues(BuildHookInterface[Any]):
    """Compile as `newsletter.locales` does at first use, which in a clone needs no build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the .mo files, which Git ignores, and have the wheel carry them."""
        if version == "editable":
            return
        sys.path.insert(0, str(ROOT))
        spec = importlib.util.spec_from_file_location("catalogues", ROOT / "newsletter/locales/catalogues.py")
        assert spec is not None
        assert spec.loader is not None
        catalogues = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(catalogues)
        for po in sorted((ROOT / "newsletter/locales").glob("*/LC_MESSAGES/newsletter.po")):
            catalogues.compiled_file(po)
        build_data["artifacts"].append("newsletter/locales/*/LC_MESSAGES/newsletter.mo")
