"""Public names of `newsletter.aws`, each loaded on first use; `__init__.py` says what they are for."""

from .client import (
    RESPONSE_TIMEOUT as RESPONSE_TIMEOUT,
    Credentials as Credentials,
    ErrorResponse as ErrorResponse,
    account_id_of as account_id_of,
    call as call,
    make_client as make_client,
    translated_errors as translated_errors,
)
from .http11 import IDLE_TIMEOUT as IDLE_TIMEOUT, AwsResponse as AwsResponse, ResponseParser as ResponseParser
from .lean_client import (
    open_lean_ses as open_lean_ses,
    parse_response as parse_response,
)
from .s3_bucket import S3Bucket as S3Bucket
from .service_model import (
    BadRequest as BadRequest,
    ServiceModel as ServiceModel,
    load_service_model as load_service_model,
)
from .sqs_queue import SqsMessage as SqsMessage, SqsQueue as SqsQueue
