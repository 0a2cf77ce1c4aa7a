"""Everything of AWS: the one place that meets boto3 and botocore."""

from newsletter.aws.bucket import Bucket
from newsletter.aws.client import ANSWER_SECONDS, Fault, Keys, account_of, call, make_client, told_apart
from newsletter.aws.lean import LeanSes, open_lean_ses, read_answer
from newsletter.aws.model import BadRequest, ServiceModel, read_model
from newsletter.aws.queue import Queue, QueueMessage, QueueState
from newsletter.aws.wire import IDLE_SECONDS, Answer, Hearing

__all__ = [
    "ANSWER_SECONDS",
    "IDLE_SECONDS",
    "Answer",
    "BadRequest",
    "Bucket",
    "Fault",
    "Hearing",
    "Keys",
    "LeanSes",
    "Queue",
    "QueueMessage",
    "QueueState",
    "ServiceModel",
    "account_of",
    "call",
    "make_client",
    "open_lean_ses",
    "read_answer",
    "read_model",
    "told_apart",
]
