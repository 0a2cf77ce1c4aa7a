"""9. What is seen across all stations."""

from newsletter.overview.person import ErasedPerson, WholeRecord, erase, record

__all__ = ["ErasedPerson", "WholeRecord", "erase", "record"]
