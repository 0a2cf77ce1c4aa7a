"""Submit single messages through a transport, on the event loop that mailings use."""

from collections.abc import Sequence
from contextlib import closing

from newsletter.delivery.sender.in_flight import Task
from newsletter.delivery.sender.submission import MessageSubmitter, Submission
from newsletter.delivery.transports.base import Envelope, Receipt, Transport


class Submitter(MessageSubmitter):
    """A message submitter that owns its transport and closes it too."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.transport = transport

    def close(self) -> None:
        """Close the connection, then the transport."""
        with closing(self.transport):
            super().close()


def submit_at_once(transport: Transport, messages: Sequence[tuple[Envelope, bytes]]) -> list[Receipt]:
    """Submit messages concurrently, over as many connections as the transport allows; returns their receipts."""
    submission = Submission(transport, lambda _slot, _delivery_id: None, transport.connections)
    tasks = [
        Task(delivery_id=envelope.delivery_id, build=lambda message=message: message)  # type: ignore[misc]
        for message in messages
        for envelope in [message[0]]
    ]
    submission.hand_over(tasks)
    finished = submission.collect(len(tasks), 600)
    finished += submission.end(lambda: False)
    receipts = {it.task.delivery_id: it.receipt for it in finished if it.receipt is not None}
    errors = [it.error for it in finished if it.error is not None]
    assert not errors, errors
    return [receipts[task.delivery_id] for task in tasks]
