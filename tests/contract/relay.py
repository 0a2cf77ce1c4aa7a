"""An SMTP relay over a real socket, with faults that the recipient address selects."""

import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Relay:
    """The behaviour of the relay, and the messages that it accepted."""

    is_pipelining: bool = True
    size: int = 200_000
    seconds: float = 0.0
    """The delay before it replies to a message."""
    patience: float | None = None
    """Seconds to wait for a client's next command before it closes the connection."""
    greeting: str = "220 relay"
    sender_reply: str = "250 ok"
    login_reply: str = "235 welcome"
    final_reply: str = "250 2.0.0 queued as 4F2A"
    recipient_reply: str = ""
    """The reply to every RCPT, if set."""
    most: int = 0
    """Messages accepted on a connection before it is closed with 421; 0 is no limit."""
    is_hasty: bool = False
    """Whether the 421 comes right after the last message instead of after the next MAIL."""
    more_replies: tuple[str, ...] = ()
    """Unsolicited replies after the reply to a message."""
    is_late: bool = False
    """Whether they come after the next command instead, before its own reply."""
    is_open_to_nobody: bool = False
    """Whether DATA is answered with 354 although no recipient was accepted."""
    tls: ssl.SSLContext | None = None
    is_tls_at_once: bool = False
    port: int = 0
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Sender, recipient and content of each accepted message, whether or not the client got the reply."""
    commands: list[str] = field(default_factory=list)
    connections: int = 0


@contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    """Run the relay inside the block."""

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            relay.connections += 1
            _Conversation(relay, self).run()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Ignore clients that disconnect or time out."""

    with Server(("127.0.0.1", 0), Handler) as server:
        relay.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield relay
        server.shutdown()


class _Conversation:
    def __init__(self, relay: Relay, handler: socketserver.StreamRequestHandler) -> None:
        self.relay = relay
        self.connection = handler.connection
        self.file = handler.rfile
        if relay.is_tls_at_once:
            self.encrypt()
        self.sender = self.recipient = ""
        self.accepted = 0
        self.owed: tuple[str, ...] = ()

    def encrypt(self) -> None:
        assert self.relay.tls is not None
        self.connection = self.relay.tls.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")

    def say(self, line: str) -> None:
        self.connection.sendall(line.encode() + b"\r\n")

    def owe(self, replies: tuple[str, ...]) -> None:
        self.owed = replies
        if not self.relay.is_late:
            self.say_unasked()

    def say_unasked(self) -> None:
        for reply in self.owed:
            self.say(reply)
        self.owed = ()

    def run(self) -> None:
        self.connection.settimeout(self.relay.patience)
        self.say(self.relay.greeting)
        while line := self.file.readline():
            command = line.decode().strip()
            self.relay.commands.append(command)
            self.say_unasked()
            if self.answer(command.split(" ")[0].upper(), command) is False:
                break
        self.connection.close()

    def answer(self, verb: str, command: str) -> bool | None:
        if verb == "EHLO":
            features = ["relay", f"SIZE {self.relay.size}", "AUTH PLAIN"]
            features += ["PIPELINING"] if self.relay.is_pipelining else []
            features += ["STARTTLS"] if self.relay.tls else []
            for feature in features[:-1]:
                self.say(f"250-{feature}")
            self.say(f"250 {features[-1]}")
        elif verb == "STARTTLS":
            self.say("220 go")
            self.encrypt()
        elif verb == "AUTH":
            self.say(self.relay.login_reply)
        elif verb == "MAIL":
            if self.relay.most and self.accepted >= self.relay.most:
                self.say("421 4.7.0 too many messages on this connection")
                return False
            self.sender = command.partition("<")[2].partition(">")[0]
            self.recipient = ""
            self.say(self.relay.sender_reply)
        elif verb == "RCPT":
            return self.accept(command.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            return self.read()
        elif verb == "QUIT":
            return False
        else:
            self.say("250 ok")
        return None

    def accept(self, recipient: str) -> bool | None:
        fault = recipient.partition("@")[0]
        if self.relay.recipient_reply:
            self.say(self.relay.recipient_reply)
            return None
        if fault.startswith("rcpt-"):
            self.say(f"{fault[5:8]} no such reader")
            return fault != "rcpt-421"
        if fault == "close-at-rcpt":
            return False
        self.recipient = recipient
        self.say("250 ok")
        return None

    def read(self) -> bool | None:
        fault = self.recipient.partition("@")[0]
        if self.relay.is_open_to_nobody and not self.recipient:
            self.say("354 go on")
            while self.file.readline() not in {b".\r\n", b""}:
                pass
            self.say("554 no valid recipients")
            return None
        if not self.recipient or not self.relay.sender_reply.startswith("250"):
            self.say("503 no recipient")
            return None
        self.say("354 go on")
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line or fault == "close-in-data":
                return False
            lines.append(line.removeprefix(b"."))
        if fault.startswith("final-") and fault[6] != "2":
            self.say(f"{fault[6:9]} not this one")
            return None
        if not self.relay.final_reply.startswith("2"):
            self.say(self.relay.final_reply)
            return None
        time.sleep(self.relay.seconds)
        self.relay.accepted.append((self.sender, self.recipient, b"".join(lines)))
        self.accepted += 1
        if fault == "close-after-dot":
            return False
        if fault == "endless":
            for _ in range(150):
                self.say("250-still 250 queued")
        self.say(f"{fault[6:9]} taken all the same" if fault.startswith("final-") else self.relay.final_reply)
        self.owe(self.relay.more_replies)
        if self.relay.is_hasty and self.accepted == self.relay.most:
            self.say("421 4.7.0 that is enough for one connection")
            return False
        return None
