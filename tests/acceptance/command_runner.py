"""The real command, run by a process that has loaded it already: loading is most of what a short command costs.

Each run is a fork with a folder, environment, arguments and streams of its own, and goes through the command's
`run`. What only a cold start can show (what a command loads, its entry point, being killed) is shown by tests that
start it cold. NEWSLETTER_TEST_COLD=1 starts all of them cold.
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
_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "OPENSSL_", "MALLOC_")
"""What Python or its libraries read once, as they start."""


def run_command(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float = 600,
    limits: Callable[[], object] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run `newsletter ...` with an empty stdin; TimeoutExpired after so many seconds.

    It starts cold where what Python reads at its start is to be another, or where `limits` are set on it.
    """
    is_cold = limits or os.environ.get("NEWSLETTER_TEST_COLD") or _at_start(environment) != _at_start(os.environ)
    if is_cold:
        return _run_cold(arguments, cwd, environment, seconds, limits)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _run_warm(arguments, cwd, environment, seconds, out, err)
        return subprocess.CompletedProcess([str(COMMAND), *arguments], code, _text(out), _text(err))


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


def environment(**own: str) -> dict[str, str]:
    """Return an environment of these alone, and what Python read at its start."""
    return {**_at_start(os.environ), **own}


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
        request.write(json.dumps({"words": list(arguments), "cwd": str(cwd), "env": dict(environment)}).encode())
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
        answer.read()  # until its end, at which it closes what it has open
        return code


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


@cache
def _server() -> socket.socket:
    """Start the process that forks, once for each process that runs tests; it ends with that."""
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
    """Fork for each request until nobody is left to ask."""
    import gc
    import importlib

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from newsletter.cli import main, registry

    for module in sorted({module for module, _ in registry.COMMANDS.values()}):
        importlib.import_module(f"newsletter.cli.commands.{module}")
    for library in _LOADED_LATER:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # or each command that ends looks through all that was loaded, which takes longer
    while True:
        word, handed, _, _ = socket.recv_fds(line, 1, 4)
        _bury(os.WNOHANG if word else 0)
        if not word:
            return
        if os.fork() == 0:
            line.close()
            sys.exit(_become(main.run, *handed))
        for number in handed:
            os.close(number)


def _bury(options: int) -> None:
    """Wait for those that ended, so that `time` counts what they took; whoever asked heard of it from them."""
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
"""What commands import once they run."""


def _become(run: Callable[[], None], request: int, out: int, err: int, answer: int) -> int:
    """Be the command, say how it ended, and return that; `answer` closes when the process is gone."""
    import random

    os.set_inheritable(answer, False)
    os.write(answer, f"{os.getpid()}\n".encode())
    with os.fdopen(request, "rb") as file:
        file.seek(0)
        asked = json.loads(file.read())
    for ours, stream in ((out, 1), (err, 2)):
        os.dup2(ours, stream)
        os.close(ours)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    random.seed()
    sys.argv = [str(COMMAND), *asked["words"]]
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
