"""The bytes of a file that may be anything: reading ends, soon and in little memory.

A path of the configuration may lead to a pipe (`-config <(generate)`), to one that nobody writes to, or to /dev/zero.
"""

from __future__ import annotations

import os
import select
import stat

MAX_BYTES = 64 * 2**20
"""Of one file; a thousand models take less than one of these megabytes."""
MOST_SILENCE_MS = 10_000
"""How long a pipe may say nothing."""
_CHUNK = 2**20


def read_bounded(path: str) -> bytes:
    """All that a file holds. Raises `OSError`, also for one that does not end or that nothing comes from."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        content = b"".join(_chunks(descriptor))
        if not content and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise OSError("an empty pipe, perhaps it was read already")  # and a reload must not remove all models
        return content
    finally:
        os.close(descriptor)


def _chunks(descriptor: int) -> list[bytes]:
    chunks: list[bytes] = []
    size = 0
    while chunk := _read(descriptor):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise OSError(f"larger than {MAX_BYTES // 2**20} MB")
    return chunks


def _read(descriptor: int) -> bytes:
    """The next bytes, once there are some; none at the end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    # a pipe that nobody has opened for writing yet would look as if it had ended
    if not poll.poll(MOST_SILENCE_MS):
        raise OSError(f"nothing came from it in {MOST_SILENCE_MS // 1000} seconds")
    return os.read(descriptor, _CHUNK)
