"""Public names of `newsletter.aws`, each loaded on first use; `__init__.py` says what they are for."""

from .bucket import Bucket as Bucket
from .client import (
    ANSWER_SECONDS as ANSWER_SECONDS,
    Fault as Fault,
    Keys as Keys,
    account_of as account_of,
    call as call,
    make_client as make_client,
    told_apart as told_apart,
)
from .lean import LeanSes as LeanSes, open_lean_ses as open_lean_ses, read_answer as read_answer
from .model import BadRequest as BadRequest, ServiceModel as ServiceModel, read_model as read_model
from .queue import Queue as Queue, QueueMessage as QueueMessage, QueueState as QueueState
from .wire import IDLE_SECONDS as IDLE_SECONDS, Answer as Answer, Hearing as Hearing
