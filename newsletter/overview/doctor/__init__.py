"""The doctor: looks at everything a send needs, one line a finding, each with its remedy."""

from newsletter.overview.doctor.check import Check, Level, fail
from newsletter.overview.doctor.examining import examine
from newsletter.overview.doctor.lookup import Dns, read_server

__all__ = ["Check", "Dns", "Level", "examine", "fail", "read_server"]
