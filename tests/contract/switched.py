"""A switchboard behind `submit`, so that it stands before the same tests as a transport that waits."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from newsletter.address import Address
from newsletter.delivery import Delivery
from newsletter.delivery.queue.high_water_mark import HighWaterMark
from newsletter.delivery.sender.event_loop import Switchboard
from newsletter.delivery.sender.in_flight import Finished, Task, Tray
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.ses import LeanSesTransport
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.delivery.watch import Watch


class Switched:
    """Submits through the lines of a transport, all of them served by one thread."""

    def __init__(self, transport: SmtpTransport | LeanSesTransport, folder: Path) -> None:
        self.name, self.rate, self.notices = transport.name, transport.rate, transport.notices
        self.connections = transport.connections
        self._transport = transport
        self._mark = HighWaterMark(folder / "mark", 64)
        self._letters: dict[int, tuple[Envelope, bytes]] = {}
        self._found: dict[int, Finished] = {}
        self._has_more = threading.Condition()
        self._tray = Tray()
        self._watch = Watch(self._mark)
        self._board = Switchboard(
            transport.open_line, lambda asked: self._letters[asked.id], self._tray, self._watch, self.connections
        )
        self._is_closed = False
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Submit under a number of its own, and wait for what comes of it."""
        with self._has_more:
            number = len(self._letters) + 1
            self._letters[number] = replace(envelope, delivery_id=number), message
            self._board.hand_out([Task(delivery=_delivery(number), slot=number % 64)])
            assert self._has_more.wait_for(lambda: number in self._found, timeout=600)
            found = self._found[number]
        if found.error is not None:
            raise found.error
        assert found.receipt is not None
        return found.receipt

    def close(self) -> None:
        """End the thread and close its lines."""
        self._is_closed = True
        self._reading.join()
        with closing(self._mark):
            self._watch.stop()
            self._board.end()
        self._transport.close()

    def _read(self) -> None:
        while not self._is_closed:
            group = self._tray.take(0.05)
            with self._has_more:
                self._found |= {finished.delivery.id: finished for finished in group}
                self._has_more.notify_all()


def _delivery(number: int) -> Delivery:
    return Delivery(id=number, mailing_id=3, subscriber_id=number, recipient=Address("reader", "c.example"), fields={})
