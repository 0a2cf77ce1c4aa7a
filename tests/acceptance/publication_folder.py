"""An author at a desk: runs the real command as a user runs it, in a process of its own."""

import json
import mailbox
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from tests.acceptance.command_runner import COMMAND, run_command

TIMEOUT = 600
"""Seconds after which something will not happen any more, however slow and busy the machine is."""


@dataclass(frozen=True)
class CommandResult:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The only line of stdout."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """Every line of stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class PublicationFolder:
    """An author at a publication's folder."""

    folder: Path

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = TIMEOUT,
        limits: Callable[[], object] | None = None,
    ) -> CommandResult:
        """Run `newsletter ...` in the folder and return what it left; it never asks, for stdin is closed.

        `limits` is called in the new process before it becomes the command.
        """
        done = run_command(
            arguments,
            cwd=cwd or self.folder,
            environment=self.environment(**environment or {}),
            seconds=seconds,
            limits=limits,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return CommandResult(done.returncode, done.stdout, done.stderr)

    def run_ok(self, *arguments: str, **options: Any) -> CommandResult:
        """Run a command that must succeed."""
        outcome = self.run(*arguments, **options)
        assert outcome.code == 0, outcome
        return outcome

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command and go on."""
        return subprocess.Popen(
            [*options.pop("program", (str(COMMAND),)), *arguments],
            cwd=self.folder,
            env=self.environment(PYTHONPATH=str(Path(__file__).parents[2]), **options.pop("environment", {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    @staticmethod
    def environment(**more: str) -> dict[str, str]:
        """The environment without anything that would turn the command elsewhere."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        return {**kept, "COLUMNS": "100", **more}

    def messages(self) -> list[EmailMessage]:
        """Every message in the outbox, in the order of their names, which is that of their days and numbers."""
        box = mailbox.Maildir(self.folder / "var" / "outbox", create=False)
        parser = BytesParser(policy=policy.default)
        names = sorted(box.keys(), key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)])
        return [parser.parsebytes(box.get_bytes(name)) for name in names]

    def message_to(self, address: str) -> EmailMessage:
        """The one message to `address`."""
        (found,) = [message for message in self.messages() if address in str(message["To"])]
        return found

    def make_scheduled_due(self) -> None:
        """Make everything that is scheduled due, without waiting for it."""
        with (
            closing(sqlite3.connect(self.folder / "var" / "newsletter.db", timeout=TIMEOUT)) as database,
            database,
        ):
            database.execute("UPDATE mailings SET send_at = created_at WHERE send_at IS NOT NULL")

    def write(self, path: str, text: str) -> Path:
        """Write a file of the publication, making its folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def change_settings(self, old: str, new: str) -> None:
        """Change newsletter.toml."""
        file = self.folder / "newsletter.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
