"""Run the real command by forking a process that has already imported it, as imports dominate a short command.

Each run is a fork with its own folder, environment, arguments and streams, and goes through the command's `run`.
Tests of what only a cold start shows (imports, the entry point, kills) start the command cold.
NEWSLETTER_TEST_COLD=1 starts all of them cold.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

COMMAND = Path(sys.executable).parent / "newsletter"
_STARTUP_VARIABLES = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "OPENSSL_", "MALLOC_")
"""Environment variables that Python and its libraries read only once, at startup."""


def run_command(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float = 600,
    limits: Callable[[], object] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run `newsletter ...` with an empty stdin; raises TimeoutExpired after `seconds`.

    It starts cold if a variable that Python reads at startup differs, or if `limits` are set.
    """
    is_cold = (
        limits
        or os.environ.get("NEWSLETTER_TEST_COLD")
        or _startup_variables(environment) != _startup_variables(os.environ)
    )
    if is_cold:
        return _run_cold(arguments, cwd, environment, seconds, limits)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _run_warm(arguments, cwd, environment, seconds, out, err)
        return subprocess.CompletedProcess([str(COMMAND), *arguments], code, _text(out), _text(err))


def _startup_variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_STARTUP_VARIABLES)}


def environment(**own: str) -> dict[str, str]:
    """Return an environment of these variables and those that Python reads at startup."""
    return {**_startup_variables(os.environ), **own}


def _run_cold(
    arguments: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float,
    limits: Callable[[], object] | None,
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(COMMAND), *arguments],
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        preexec_fn=limits,
    )


def _run_warm(
    arguments: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float,
    out: IO[bytes],
    err: IO[bytes],
) -> int:
    theirs, ours = os.pipe()
    with tempfile.TemporaryFile() as request, os.fdopen(theirs, "rb", buffering=0) as answer:
        request.write(json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": dict(environment)}).encode())
        request.flush()
        try:
            socket.send_fds(_server(), [b"x"], [request.fileno(), out.fileno(), err.fileno(), ours])
        finally:
            os.close(ours)
        pid = int(answer.readline() or 0)
        if not select.select([answer], [], [], seconds)[0]:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired([str(COMMAND), *arguments], seconds, _text(out), _text(err))
        code = int(answer.readline() or -signal.SIGKILL)
        answer.read()  # until the process has ended and its files are closed
        return code


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


@cache
def _server() -> socket.socket:
    """Start the preloaded server process, once per test process; it exits together with that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(line: socket.socket) -> None:
    """Fork for each request until the socket is closed."""
    import gc
    import importlib

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from newsletter.cli import main, registry

    for module in sorted({module for module, _ in registry.COMMANDS.values()}):
        importlib.import_module(f"newsletter.cli.commands.{module}")
    for library in _LOADED_LATER:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # or each fork would scan all loaded objects when it ends
    while True:
        word, handed, _, _ = socket.recv_fds(line, 1, 4)
        _reap(os.WNOHANG if word else 0)
        if not word:
            return
        if os.fork() == 0:
            line.close()
            sys.exit(_run_command(main.run, *handed))
        for number in handed:
            os.close(number)


def _reap(options: int) -> None:
    """Reap ended children, so that `time` counts their CPU time; they reported their exit codes themselves."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


_LOADED_LATER = (
    "alembic.command",
    "newsletter.archive",
    "newsletter.audience",
    "newsletter.link_cards",
    "newsletter.compose",
    "newsletter.database",
    "newsletter.delivery",
    "newsletter.feedback",
    "newsletter.stats",
    "newsletter.preflight",
    "newsletter.replies",
    "newsletter.web",
    "rich.console",
    "rich.table",
    "rich.text",
    "rich.theme",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "typer.rich_utils",
)
"""Modules that commands import lazily."""


def _run_command(run: Callable[[], None], request: int, out: int, err: int, answer: int) -> int:
    """Become the command, report its exit code and return it; `answer` closes when the process is gone."""
    import random

    os.set_inheritable(answer, False)
    os.write(answer, f"{os.getpid()}\n".encode())
    with os.fdopen(request, "rb") as file:
        file.seek(0)
        request_data = json.loads(file.read())
    for ours, stream in ((out, 1), (err, 2)):
        os.dup2(ours, stream)
        os.close(ours)
    os.chdir(request_data["cwd"])
    os.environ.clear()
    os.environ.update(request_data["env"])
    random.seed()
    sys.argv = [str(COMMAND), *request_data["arguments"]]
    sys.path[0] = str(COMMAND.parent)
    try:
        run()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    os.write(answer, f"{code}\n".encode())
    return code


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _serve(line)
