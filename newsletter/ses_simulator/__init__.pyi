"""Public names of `newsletter.ses_simulator`, each loaded on first use; `__init__.py` says what they are for."""

from .account import (
    UNLIMITED as UNLIMITED,
    Account as Account,
    ApiError as ApiError,
)
from .event_targets import SqsTarget as SqsTarget
from .faults import parse_faults as parse_faults
from .server import (
    SesSimulator as SesSimulator,
    publish_events as publish_events,
    run_simulator as run_simulator,
)
