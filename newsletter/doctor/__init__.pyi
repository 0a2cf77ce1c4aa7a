"""Public names of `newsletter.doctor`, each loaded on first use; `__init__.py` says what they are for."""

from .check import CheckResult as CheckResult, CheckLevel as CheckLevel, fail as fail
from .dns.resolver import Resolver as Resolver, parse_resolver as parse_resolver
from .runner import run_checks as run_checks
from .self_test import (
    check_signatures as check_signatures,
    self_test_address as self_test_address,
    wait_for_message as wait_for_message,
)
