"""What the engine does as a process: fork, leave its session, hold memory, crash."""

from __future__ import annotations

import os
from typing import NoReturn

from modelyard.demo.journal import log

MEGABYTE = 1 << 20


def crash(why: str) -> NoReturn:
    """Die at once with status 1, as a native engine does: no clean-up, connections just end."""
    log(f"fatal: {why}")
    os._exit(1)


def serve_from_child(*, new_session: bool) -> None:
    """Return in a new child. The parent only waits for it, passes no signal on, and exits with its status."""
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os._exit(status if status >= 0 else 128 - status)
    if new_session:
        os.setsid()
    log(f"serving from child {os.getpid()} of {os.getppid()}, session {os.getsid(0)}")


def hold_memory(megabytes: int) -> bytearray:
    """Memory that is really resident, because every byte of it is written."""
    return bytearray(b"\x01") * (megabytes * MEGABYTE)
