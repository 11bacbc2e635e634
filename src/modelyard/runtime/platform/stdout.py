"""Writing to a terminal, pipe or file that may be slow or stopped, without ever waiting for it."""

from __future__ import annotations

import asyncio
import os
import select
import stat

BACKLOG_SIZE = 256 * 1024
RETRY_SECONDS = 0.05


class PatientWriter:
    """Writes what the other end takes, keeps a bounded backlog, and drops (and counts) what exceeds it.

    O_NONBLOCK belongs to the open file description, which we share with the shell and with whoever else has
    the terminal. So a pipe or terminal is opened anew through /proc, with a description of its own; a
    regular file never makes anyone wait and is used as it is.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = _own_description(descriptor)
        self._backlog = bytearray()
        self._dropped = 0
        self._retry: asyncio.TimerHandle | None = None

    def __call__(self, data: bytes) -> None:
        """Write, as far as it goes without waiting."""
        if not self._backlog:
            data = data[self._write(data) :]
        if len(self._backlog) + len(data) > BACKLOG_SIZE:
            self._dropped += len(data)
        elif data:
            self._note_loss()
            self._backlog += data
        self._push()

    def close(self, timeout: float = 0.5) -> None:
        """Try for `timeout` seconds to get rid of the backlog, then close. No loop needed."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._note_loss()
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        while self._backlog and poll.poll(timeout * 1000):
            self._shorten_backlog()
        os.close(self._descriptor)
        self._descriptor = -1  # the number may soon be another file's

    def _note_loss(self) -> None:
        if self._dropped:
            self._backlog += f"\n— {self._dropped} bytes dropped —\n".encode()
            self._dropped = 0

    def _push(self) -> None:
        self._shorten_backlog()
        if self._backlog and self._retry is None:
            self._plan_retry()

    def _shorten_backlog(self) -> None:
        if self._backlog:
            del self._backlog[: self._write(self._backlog)]

    def _write(self, data: bytes | bytearray) -> int:
        """How much the other end took; all of it where nobody will ever take any."""
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError:  # nobody reads any more, or the disk is full: nothing that a log could tell anyone
            return len(data)

    def _plan_retry(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # the next write or `close` goes on
        self._retry = loop.call_later(RETRY_SECONDS, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._push()


def _own_description(descriptor: int) -> int:
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISFIFO(mode) or (stat.S_ISCHR(mode) and os.isatty(descriptor)):
        try:
            return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            pass  # no /proc, or not ours to open
    return os.dup(descriptor)
