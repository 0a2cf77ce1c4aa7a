"""A publication folder in which tests run the real command, as a user does."""

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
"""Seconds to wait, generous enough for a slow and busy machine."""


@dataclass(frozen=True)
class CommandResult:
    """The exit code and output of a command."""

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
    """A publication's folder, and the commands that are run in it."""

    folder: Path

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = TIMEOUT,
        limits: Callable[[], object] | None = None,
    ) -> CommandResult:
        """Run `newsletter ...` in the folder with a closed stdin, so that it never asks; returns its result.

        `limits` is called in the new process before the command is executed.
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
        """Run a command that must exit with 0."""
        outcome = self.run(*arguments, **options)
        assert outcome.code == 0, outcome
        return outcome

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command without waiting for it."""
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
        """Return the environment without variables that would redirect the command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        return {**kept, "COLUMNS": "100", **more}

    def messages(self) -> list[EmailMessage]:
        """Return every message in the outbox, ordered by file name, that is by date and number."""
        box = mailbox.Maildir(self.folder / "var" / "outbox", create=False)
        parser = BytesParser(policy=policy.default)
        names = sorted(box.keys(), key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)])
        return [parser.parsebytes(box.get_bytes(name)) for name in names]

    def message_to(self, address: str) -> EmailMessage:
        """Return the only message to `address`."""
        (match,) = [message for message in self.messages() if address in str(message["To"])]
        return match

    def make_scheduled_due(self) -> None:
        """Make every scheduled mailing due now."""
        with (
            closing(sqlite3.connect(self.folder / "var" / "newsletter.db", timeout=TIMEOUT)) as database,
            database,
        ):
            database.execute("UPDATE mailings SET send_at = created_at WHERE send_at IS NOT NULL")

    def write(self, path: str, text: str) -> Path:
        """Write a file of the publication and create its folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def change_settings(self, old: str, new: str) -> None:
        """Replace text in newsletter.toml."""
        file = self.folder / "newsletter.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
