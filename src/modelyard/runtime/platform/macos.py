"""Processes as macOS tells of them through libproc and sysctl. A `System`, as a module.

Written from Apple's headers and never run: nothing chooses it as long as `supported` refuses macOS. What it lacks for
that is in docs/operations.md. There are no descriptors of processes here, so a number that is given to another process
between the look and the signal would hit that one; it takes a turn through all numbers within microseconds.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import struct
from collections.abc import Iterator

from modelyard.runtime.platform.base import ProcessKey, ProcessStat

PROC_PIDTBSDINFO = 3
SZOMB = 5
CTL_KERN, KERN_PROCARGS2 = 1, 49

_BSD_INFO = struct.Struct("=12I16s32s5IiQQ")
"""`struct proc_bsdinfo`: flags, status, xstatus, pid, ppid, six ids and a filler; two names; files, group, two of the
terminal and its group; nice; the start in seconds and microseconds."""


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL("libproc.dylib", use_errno=True)


def parse_info(pid: int, data: bytes, session: int) -> ProcessStat | None:
    """The facts in a `struct proc_bsdinfo`; None where it is cut short."""
    if len(data) < _BSD_INFO.size:
        return None
    fields = _BSD_INFO.unpack(data[: _BSD_INFO.size])
    status, parent, group = fields[1], fields[4], fields[15]
    start = fields[-2] * 1_000_000 + fields[-1]
    return ProcessStat(pid, parent, group, session, start, status != SZOMB)


def read_stat(pid: int) -> ProcessStat | None:
    """The facts of a process, or None if there is none of that number, or it is another user's."""
    data = ctypes.create_string_buffer(_BSD_INFO.size)
    length = _library().proc_pidinfo(pid, PROC_PIDTBSDINFO, ctypes.c_uint64(0), data, len(data))
    try:
        session = os.getsid(pid)
    except OSError:
        session = 0
    return parse_info(pid, data.raw[:length] if length > 0 else b"", session)


def all_processes() -> Iterator[ProcessStat]:
    """Every process that we can see."""
    room = int(_library().proc_listallpids(None, 0)) + 64  # some may start meanwhile
    numbers = (ctypes.c_int * room)()
    count = int(_library().proc_listallpids(numbers, ctypes.sizeof(numbers)))
    for pid in numbers[: max(0, count)]:
        if (stat := read_stat(pid)) is not None:
            yield stat


def parse_arguments(data: bytes) -> bytes:
    """The environment in what KERN_PROCARGS2 gives: the number of arguments, the path of the program, NULs to fill up,
    the arguments, the environment, `NAME=value` and a NUL each, and more NULs."""
    if len(data) < 4:
        return b""
    (count,) = struct.unpack_from("=i", data)
    rest = data[4:].partition(b"\0")[2].lstrip(b"\0")
    for _ in range(count):
        rest = rest.partition(b"\0")[2]
    return rest.partition(b"\0\0")[0] + b"\0" if rest.strip(b"\0") else b""


def environment_of(pid: int) -> bytes:
    """What a process was started with; empty where it is gone, or the system hides it."""
    size = ctypes.c_size_t(os.sysconf("SC_ARG_MAX"))
    data = ctypes.create_string_buffer(size.value)
    names = (ctypes.c_int * 3)(CTL_KERN, KERN_PROCARGS2, pid)
    failed = _library().sysctl(names, 3, data, ctypes.byref(size), None, ctypes.c_size_t(0))
    return b"" if failed else parse_arguments(data.raw[: size.value])


def send_signal(key: ProcessKey, number: signal.Signals) -> bool:
    """Signal this process; False if it is gone, or may not be signalled."""
    stat = read_stat(key.pid)
    if stat is None or stat.start_time != key.start_time:
        return False
    try:
        os.kill(key.pid, number)
    except OSError:
        return False
    return True


def signal_group(leader: int, number: signal.Signals) -> bool:
    """Signal the process group that `leader` leads; False if there is none, or it may not be signalled."""
    try:
        os.killpg(leader, number)
    except OSError:
        return False
    return True


def keep_descendants() -> bool:
    """macOS knows no such thing: orphans go to launchd, and are found by their environment alone."""
    return False
