"""Everything of AWS: the one place that meets boto3 and botocore."""

from newsletter.aws.bucket import Bucket
from newsletter.aws.client import Fault, Keys, account_of, call, make_client
from newsletter.aws.lean import LeanSes, open_lean_ses
from newsletter.aws.model import BadRequest, ServiceModel, read_model
from newsletter.aws.queue import Queue, QueueMessage, QueueState

__all__ = [
    "BadRequest",
    "Bucket",
    "Fault",
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
    "read_model",
]
