"""A Dovecot IMAP server for one test, with its own folder and ports."""

import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "open-sesame"
_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
mail_location = maildir:{home}/mail/%u
default_internal_user = mail
default_login_user = mail
default_internal_group = mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={home}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = .
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server; every user has the same password."""

    port: int
    tls_port: int
    home: Path

    def url(self, user: str = "jo", folder: str = "INBOX") -> str:
        return f"imap://{user}@127.0.0.1:{self.port}/{folder}"

    @contextmanager
    def visit(self, user: str = "jo", folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Log in with a second client, as the author's own mail program does."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=120) as client:
            client.login(user, PASSWORD)
            client.select(folder)
            yield client

    def put(self, raw: bytes, user: str = "jo", folder: str = "INBOX") -> None:
        with self.visit(user) as client:
            client.append(folder, "", "", raw)

    def flags(self, user: str = "jo", folder: str = "INBOX") -> list[bytes]:
        """Return the flags of each message of a folder, in order."""
        with self.visit(user, folder) as client:
            return [line for line in client.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]

    def raws(self, user: str = "jo", folder: str = "INBOX") -> list[bytes]:
        with self.visit(user, folder) as client:
            return [item[1] for item in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(item, tuple)]


@contextmanager
def running_dovecot(*, more: str = "", prefix: str = "") -> Iterator[Dovecot]:
    """Run a server; skip the test where Dovecot is missing or may not be started."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or os.geteuid() != 0:
        pytest.skip("needs dovecot-imapd, and to be root")
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder:  # short, since its sockets lie there
        yield from _serving(program, Path(folder), more, prefix)


def _serving(program: str, home: Path, more: str, prefix: str) -> Iterator[Dovecot]:
    home.chmod(0o755)
    (home / "mail").mkdir()
    shutil.chown(home / "mail", "mail", "mail")
    server = Dovecot(_free_port(), _free_port(), home)
    config = home / "dovecot.conf"
    written = _CONFIG.format(home=home, password=PASSWORD, port=server.port, tls_port=server.tls_port, prefix=prefix)
    config.write_text(written + (more or "ssl = no\n"))
    with subprocess.Popen([program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: Dovecot) -> None:
    for _ in range(2400):
        try:
            with server.visit("nobody"):
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
    pytest.fail(f"Dovecot does not answer: {(server.home / 'log').read_text()[-2000:]}")
