"""9. What is seen across all stations."""

from newsletter.overview.person import ErasedPerson, WholeRecord, erase, record
from newsletter.overview.telling import record_json

__all__ = ["ErasedPerson", "WholeRecord", "erase", "record", "record_json"]
