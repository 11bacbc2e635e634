"""Processes for the tests of supervision: a stand-in engine that misbehaves on demand, and ways to watch it.

Run as a program, this file is the engine: a few lines of sockets that answer /health. As a module it holds what the
tests need to start it, to wait for things outside of our process, and to see that nothing is left.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 20.0
"""Seconds that an outside process may take on a loaded machine before a test gives up."""


def engine(*options: object) -> str:
    """The command text of a stand-in engine."""
    argv = [sys.executable, "-I", "-S", os.path.abspath(__file__), *map(str, options)]
    return shlex.join(argv)


def free_port() -> int:
    """A port of the loopback interface that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def state(pid: int) -> str:
    """The letter of the process's state (R, S, D, T, Z ...); X if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def free_port_row(count: int) -> int:
    """The first of `count` neighbouring ports that nobody uses, below those that the system gives to clients.

    And below those that the runner of the conformance cases picks from: what looks free may be another's in a moment,
    when several runs share a machine.
    """
    for first in range(10_000 + secrets.randbelow(900) * 10, 20_000, count):
        if all(map(_is_free, range(first, first + count))):
            return first
    raise AssertionError("no row of free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    return state(pid) not in ("Z", "X")


def exists(pid: int) -> bool:
    """Whether the number is in use, be it by a zombie."""
    return Path(f"/proc/{pid}").exists()


def read_pids(directory: Path) -> dict[str, int]:
    """The pids that engines started with `--pids directory` wrote down, by role."""
    return {path.stem: int(path.read_text(encoding="ascii")) for path in directory.glob("*.pid")}


async def eventually(condition: Callable[[], object], *, within: float = PATIENCE) -> float:
    """Wait until the condition holds; the seconds it took. Fails the test when it never does."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within, f"did not come about within {within}s"
        await asyncio.sleep(0.005)
    return time.monotonic() - started


def wait_until(condition: Callable[[], object], *, within: float = PATIENCE) -> float:
    """`eventually` for tests without a loop."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within, f"did not come about within {within}s"
        time.sleep(0.005)
    return time.monotonic() - started


# The engine


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--listen-after", type=float, default=0.0, help="seconds before the port opens")
    parser.add_argument("--ready-after", type=float, default=0.0, help="seconds of 503 after that")
    parser.add_argument("--hang", action="store_true", help="accept connections and never answer")
    parser.add_argument("--status", default="200 OK")
    parser.add_argument("--early", metavar="PATH", help="this path is answered with 200 while the rest is still 503")
    parser.add_argument("--unknown", metavar="PATH", help="this path is answered with 404")
    parser.add_argument("--fatal", metavar="PATH", help="a request for this path ends the engine")
    parser.add_argument("--say-requests", action="store_true", help="print the method and path of each request")
    parser.add_argument("--say", action="append", default=[], help="print this line first")
    parser.add_argument("--mutter", type=int, default=0, help="print that many lines, ten a second, before listening")
    parser.add_argument("--mutter-the-same", action="store_true", help="those lines are all the same")
    parser.add_argument("--flood", type=int, default=0, help="print that many kilobytes before listening")
    parser.add_argument("--exit", type=int, default=None, help="end at once with this status")
    parser.add_argument("--ignore-term", action="store_true")
    parser.add_argument("--pids", type=Path, help="a directory to write pids to")
    parser.add_argument("--with-child", action="store_true", help="fork one that sleeps, in our group")
    parser.add_argument("--with-session", action="store_true", help="fork one that calls setsid")
    parser.add_argument("--with-orphan", action="store_true", help="fork twice, so that one has no parent")
    parser.add_argument("--with-brief-orphan", action="store_true", help="an orphan that ends at once")
    parser.add_argument("--with-bare", action="store_true", help="exec one without our environment, in a session")
    parser.add_argument("--stubborn-children", action="store_true", help="they ignore TERM")
    return parser.parse_args()


def _note(options: argparse.Namespace, role: str, pid: int) -> None:
    if options.pids is not None:
        draft = options.pids / f"{role}.new"
        draft.write_text(str(pid), encoding="ascii")
        draft.rename(options.pids / f"{role}.pid")


def _fork_child(options: argparse.Namespace, role: str, *, session: bool = False, bare: bool = False) -> None:
    if os.fork():
        return
    if session:
        os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if options.stubborn_children else signal.SIG_DFL)
    _note(options, role, os.getpid())
    if bare:
        os.execve("/bin/sleep", ["sleep", "600"], {})
    if role != "brief":
        time.sleep(600)
    os._exit(0)


def _fork_orphan(options: argparse.Namespace, role: str) -> None:
    middle = os.fork()
    if middle:
        os.waitpid(middle, 0)
        return
    os.setsid()
    _fork_child(options, role)
    os._exit(0)


def _fork_all(options: argparse.Namespace) -> None:
    if options.with_child:
        _fork_child(options, "child")
    if options.with_session:
        _fork_child(options, "session", session=True)
    if options.with_bare:
        _fork_child(options, "bare", session=True, bare=True)
    if options.with_orphan:
        _fork_orphan(options, "orphan")
    if options.with_brief_orphan:
        _fork_orphan(options, "brief")


def _serve(options: argparse.Namespace) -> None:
    for line in range(options.mutter):
        print("loading", 0 if options.mutter_the_same else line, flush=True)  # noqa: T201
        time.sleep(0.1)
    time.sleep(options.listen_after)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((options.host, options.port))
    listener.listen(64)
    ready_at = time.monotonic() + options.ready_after
    held: list[socket.socket] = []
    while True:
        connection, _ = listener.accept()
        if options.hang:
            held.append(connection)
            continue
        with connection:
            method, path = connection.recv(65536).decode().split(" ")[:2]
            if options.say_requests:
                print(method, path, flush=True)  # noqa: T201
            if path == options.fatal:
                sys.exit(7)
            status = _status(options, path, loaded=time.monotonic() >= ready_at)
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok".encode())


def _status(options: argparse.Namespace, path: str, *, loaded: bool) -> str:
    if path == options.unknown:
        return "404 Not Found"
    if path == options.early:
        return "200 OK"
    return str(options.status) if loaded else "503 Loading"


def _main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if options.ignore_term else signal.SIG_DFL)
    _note(options, "leader", os.getpid())
    for line in options.say:
        sys.stdout.write(line + "\n")
    for _ in range(options.flood):
        sys.stdout.write("x" * 1023 + "\n")
    sys.stdout.flush()
    _fork_all(options)
    if options.exit is not None:
        sys.exit(options.exit)
    if options.port:
        _serve(options)
    time.sleep(600)


if __name__ == "__main__":
    _main()
