"""The settings that the statistics are gathered for."""

from tests.integration.doctor.publication import settings

__all__ = ["settings"]
