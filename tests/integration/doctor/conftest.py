"""The settings that the doctor's checks are run on."""

from tests.integration.doctor.publication import settings

__all__ = ["settings"]
