"""A stand-in for docker: a `docker` command for the PATH, and the daemon that its containers belong to.

Run as a program, this file is the command: it hands its arguments to the daemon and ends as the daemon says. The
containers are no relatives of the command, which is the whole point.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

SOCKET = "FAKE_DOCKER"


class FakeDocker:
    """The daemon. `path` is what to put in front of the PATH."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "bin"
        self.path.mkdir()
        command = self.path / "docker"
        address = directory / "docker.sock"
        program = shlex.join([sys.executable, "-I", "-S", os.path.abspath(__file__)])
        command.write_text(f'#!/bin/sh\n{SOCKET}={shlex.quote(str(address))} exec {program} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        self.containers: dict[str, subprocess.Popen[bytes]] = {}
        self.stop_delay = 0.0
        self.stop_hangs = False
        self._released = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(address))
        self._listener.listen(16)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> FakeDocker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        for container in self.containers.values():
            container.kill()
            container.wait()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)
        self._listener.close()

    def runs(self, name: str) -> bool:
        """Whether there is a container of that name, and it lives."""
        return name in self.containers and self.containers[name].poll() is None

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            verb, *arguments = json.loads(connection.makefile().readline())
            text, status = getattr(self, f"_{verb}")(arguments)
            try:
                connection.sendall(json.dumps([text, status]).encode())
            except OSError:
                pass  # the command was killed meanwhile

    def _run(self, arguments: list[str]) -> tuple[str, int]:
        """`run [-d] NAME COMMAND …`."""
        detached = arguments[0] == "-d"
        name, *command = arguments[detached:]
        if self.runs(name):
            return f'Conflict. The container name "/{name}" is already in use', 125
        container = self.containers[name] = subprocess.Popen(command, env={}, start_new_session=True)
        if detached:
            return "1f2e3d4c", 0
        return "", container.wait() & 255

    def _stop(self, arguments: list[str]) -> tuple[str, int]:
        if self.stop_hangs:
            self._released.wait()
        self._released.wait(self.stop_delay)
        if not self.runs(arguments[0]):
            return f"No such container: {arguments[0]}", 1
        self.containers[arguments[0]].terminate()
        self.containers[arguments[0]].wait()
        return arguments[0], 0


def _main() -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ[SOCKET])
        connection.sendall(json.dumps(sys.argv[1:]).encode() + b"\n")
        text, status = json.loads(connection.makefile().read())
    sys.stdout.write(text + "\n" if text else "")
    sys.exit(status)


if __name__ == "__main__":
    _main()
