"""The settings that the alarms are raised for."""

from tests.integration.doctor.publication import settings

__all__ = ["settings"]
