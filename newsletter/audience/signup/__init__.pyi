"""Public names of `newsletter.audience.signup`, each loaded on first use; `__init__.py` says what they are for."""

from .confirm import (
    confirm_signup as confirm_signup,
    expire_signups as expire_signups,
    find_signup_request as find_signup_request,
)
from .process import (
    ProcessedSignup as ProcessedSignup,
    SignupMailKind as SignupMailKind,
    SignupMailLimits as SignupMailLimits,
    process_signup_request as process_signup_request,
)
from .request import (
    SignupRequest as SignupRequest,
    SignupRequestKind as SignupRequestKind,
    record_signup_request as record_signup_request,
)
