"""Single messages through a transport, on the event loop that mailings use; closing it closes the transport too."""

from collections.abc import Sequence
from contextlib import closing

from newsletter.delivery.sender.in_flight import Task
from newsletter.delivery.sender.submission import MessageSubmitter, Submission
from newsletter.delivery.transports.base import Envelope, Receipt, Transport


class Submitter(MessageSubmitter):
    """A transport and what submits through it."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.transport = transport

    def close(self) -> None:
        """Close the connection, then the transport."""
        with closing(self.transport):
            super().close()


def submit_at_once(transport: Transport, messages: Sequence[tuple[Envelope, bytes]]) -> list[Receipt]:
    """Submit messages all at once, over as many connections as are of use; their deliveries are numbered anew."""
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
