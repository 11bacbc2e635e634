"""Owns every process that a benchmark starts: none outlives the scope, however it is left."""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from yardstick.tools import BUILD, BenchError

_START_SECONDS = 20.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.02
_LAST_LINES = 20


@contextlib.contextmanager
def alone(say: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other benchmark of this working tree runs: two at once measure each other."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another benchmark is running; waiting for its end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_port_row(count: int) -> int:
    """The first of so many neighbouring ports that nobody uses, below those that the system lends to clients."""
    for first in range(10_000 + secrets.randbelow(900) * 10, 20_000, count):
        if all(_can_bind(port) for port in range(first, first + count)):
            return first
    raise BenchError("no row of free ports")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Server:
    """One running server whose output goes to a file, which is shown when it fails."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as output:
            # Its own session: a Ctrl-C is for the driver, which stops everything in order.
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
            )

    def __repr__(self) -> str:
        return f"<Server {self.name} pid={self.pid}>"

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_listening(self, port: int) -> None:
        """Return when it accepts connections on `port`.

        Raises:
            BenchError: it ended, or took too long.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not self._listens(port):
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name} does not listen on port {port} after {_START_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)

    def _listens(self, port: int) -> bool:
        if self._process.poll() is not None:
            raise BenchError(f"{self.name} ended with code {self._process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
        return False

    def last_words(self) -> str:
        """The end of what it wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:])

    def stop(self) -> None:
        """Ask it to end; kill it when it does not, or when the wait is interrupted."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._process.kill()
            self._process.wait()


class Servers:
    """The servers of one benchmark and their folder; both are gone at the end of the `with` block."""

    def __init__(self) -> None:
        # A stack goes on with the next server even if the stopping of one is interrupted.
        self._stack = contextlib.ExitStack()
        self._started: list[Server] = []
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="modelyard-bench-")))

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, BenchError):
            self._explain(error)
        self._stack.close()

    def _explain(self, error: BenchError) -> None:
        for server in self._started:
            if words := server.last_words():
                error.add_note(f"the last that {server.name} wrote:\n{words}")

    def start(self, name: str, argv: Sequence[str], *, port: int, env: Mapping[str, str] | None = None) -> Server:
        """Start a server and wait until it listens on `port`; its output goes to `NAME.log`."""
        server = Server(name, argv, self.folder / f"{name}.log", env)
        self._stack.callback(server.stop)
        self._started.append(server)
        server.wait_listening(port)
        return server
