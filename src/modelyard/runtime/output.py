"""The pipe that a process tree prints into, read as it fills, so that printing never blocks an engine
(R30)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

READ_SIZE = 64 * 1024

DRAIN_READS = 64
"""Reads at the end, at most: someone who escaped with the pipe could go on printing for ever."""


class Output:
    """One pipe: `write_end` goes to the process, what comes out goes to `sink`.

    Its end says nothing about the end of the process: a descendant may hold it open (R25).
    """

    def __init__(self, sink: Callable[[bytes], None]) -> None:
        self._sink = sink
        self._loop = asyncio.get_running_loop()
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._loop.add_reader(self._read_end, self._read)

    def close_write_end(self) -> None:
        """Forget our copy of the write end, once the process has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def close(self) -> None:
        """Take what is left in the pipe, and close both ends."""
        self.close_write_end()
        for _ in range(DRAIN_READS):
            if not self._read():
                break
        self._stop_reading()

    def _read(self) -> bool:
        """Whether there was something to read."""
        if self._read_end < 0:
            return False
        try:
            data = os.read(self._read_end, READ_SIZE)
        except BlockingIOError:
            return False
        if data:
            self._sink(data)
        else:
            self._stop_reading()
        return bool(data)

    def _stop_reading(self) -> None:
        if self._read_end >= 0:
            self._loop.remove_reader(self._read_end)
            os.close(self._read_end)
            self._read_end = -1
