"""Processes as Linux shows them under /proc, and signals that hit nobody else. A `System`, as a module."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from modelyard.runtime.platform.base import ProcessKey, ProcessStat

PR_SET_CHILD_SUBREAPER = 36
PF_EXITING = 0x4
"""Among the flags of a process: the kernel is taking it apart. Its sockets are closed in the course of that, and with
gigabytes on a device it may be long until it has ended."""


def read_stat(pid: int) -> ProcessStat | None:
    """The facts of a process, or None if there is none of that number."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            text = file.read(4096)
    except OSError:
        return None
    # The second field is the command in parentheses, which may itself contain blanks and parentheses.
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    # A leading thread that ended while others run looks like a zombie, but its process lives.
    alive = fields[0] not in (b"Z", b"X") or int(fields[17]) > 1
    ending = int(fields[6]) & PF_EXITING != 0
    return ProcessStat(pid, int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]), alive, ending)


def all_processes() -> Iterator[ProcessStat]:
    """Every process that we can see, zombies included."""
    for name in os.listdir("/proc"):
        if name.isdecimal() and (stat := read_stat(int(name))) is not None:
            yield stat


def environment_of(pid: int) -> bytes:
    """What a process was started with; empty where it is gone, or another user's."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


def send_signal(key: ProcessKey, number: signal.Signals) -> bool:
    """Signal exactly this process; False if it is gone, or may not be signalled."""
    try:
        descriptor = os.pidfd_open(key.pid)
    except OSError:
        return False
    try:
        # Looked up after the descriptor was taken, so it is the descriptor's process that we compare.
        stat = read_stat(key.pid)
        if stat is None or stat.start_time != key.start_time:
            return False
        signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def signal_group(leader: int, number: signal.Signals) -> bool:
    """Signal the process group that `leader` leads; False if there is none, or it may not be signalled."""
    try:
        os.killpg(leader, number)
    except OSError:
        return False
    return True


def keep_descendants() -> bool:
    """Become the parent of whom our descendants leave behind, and with it the one who reaps them."""
    import ctypes  # only here: the sidecar, which never asks for this, is spared a megabyte

    return int(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0
