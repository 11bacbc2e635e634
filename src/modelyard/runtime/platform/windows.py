"""Processes as Windows tells of them through kernel32, `taskkill`, and one job object. A `System`, as a module.

Written from Microsoft's documentation and never run: nothing chooses it as long as `supported` refuses Windows. What it
lacks for that is in docs/operations.md.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator
from ctypes import wintypes

from modelyard.runtime.platform.base import ProcessKey, ProcessStat

assert sys.platform == "win32", "kernel32 is there on Windows only"

TH32CS_SNAPPROCESS = 0x2
PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
JOB_OBJECT_EXTENDED_LIMIT_INFORMATION = 9
JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000
NO_HANDLE = ctypes.c_void_p(-1).value
TASKKILL_SECONDS = 10.0

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.CreateToolhelp32Snapshot.restype = wintypes.HANDLE
_kernel.OpenProcess.restype = wintypes.HANDLE
_kernel.CreateJobObjectW.restype = wintypes.HANDLE
_kernel.GetCurrentProcess.restype = wintypes.HANDLE
_kernel.CloseHandle.argtypes = [wintypes.HANDLE]
_kernel.Process32FirstW.argtypes = [wintypes.HANDLE, ctypes.c_void_p]
_kernel.Process32NextW.argtypes = [wintypes.HANDLE, ctypes.c_void_p]


class _ProcessEntry(ctypes.Structure):
    """PROCESSENTRY32W."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("usage", wintypes.DWORD),
        ("pid", wintypes.DWORD),
        ("heap", ctypes.c_size_t),
        ("module", wintypes.DWORD),
        ("threads", wintypes.DWORD),
        ("parent", wintypes.DWORD),
        ("priority", wintypes.LONG),
        ("flags", wintypes.DWORD),
        ("file", wintypes.WCHAR * 260),
    )


class _BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", wintypes.LARGE_INTEGER),
        ("job_time", wintypes.LARGE_INTEGER),
        ("flags", wintypes.DWORD),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD),
        ("scheduling", wintypes.DWORD),
    )


class _ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _BasicLimits),
        ("io", ctypes.c_ulonglong * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def _start_time(pid: int) -> int | None:
    """Hundreds of nanoseconds since 1601; None where there is no such process, or it may not be looked at."""
    handle = _kernel.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
    if not handle:
        return None
    try:
        times = (wintypes.FILETIME * 4)()
        ends = [ctypes.byref(times[index]) for index in range(4)]
        if not _kernel.GetProcessTimes(wintypes.HANDLE(handle), *ends):
            return None
        return int(times[0].dwHighDateTime) << 32 | int(times[0].dwLowDateTime)
    finally:
        _kernel.CloseHandle(handle)


def all_processes() -> Iterator[ProcessStat]:
    """Every process that we can see. There are no groups and sessions as Unix has them: each leads its own."""
    snapshot = _kernel.CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)
    if not snapshot or snapshot == NO_HANDLE:
        return
    try:
        entry = _ProcessEntry(size=ctypes.sizeof(_ProcessEntry))
        more = _kernel.Process32FirstW(snapshot, ctypes.byref(entry))
        while more:
            if (start := _start_time(entry.pid)) is not None:
                yield ProcessStat(entry.pid, entry.parent, entry.pid, entry.pid, start, alive=True)
            more = _kernel.Process32NextW(snapshot, ctypes.byref(entry))
    finally:
        _kernel.CloseHandle(snapshot)


def read_stat(pid: int) -> ProcessStat | None:
    """The facts of a process, or None if there is none of that number."""
    return next((stat for stat in all_processes() if stat.pid == pid), None)


def environment_of(_pid: int) -> bytes:
    """Windows keeps that inside of the process: trees are found by descent."""
    return b""


def send_signal(key: ProcessKey, number: signal.Signals) -> bool:
    """Ask this process to end, or end it (SIGTERM is the only one that asks); False if it is gone or may not be."""
    stat = read_stat(key.pid)
    return stat is not None and stat.start_time == key.start_time and _taskkill(key.pid, number)


def signal_group(leader: int, number: signal.Signals) -> bool:
    """The same for a process and all that descends from it (spec lifecycle 2.7)."""
    return _taskkill(leader, number, "/t")


def _taskkill(pid: int, number: signal.Signals, *more: str) -> bool:
    force = [] if number == signal.SIGTERM else ["/f"]
    try:
        done = subprocess.run(
            ["taskkill", *force, *more, "/pid", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=subprocess.CREATE_NO_WINDOW,
            timeout=TASKKILL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def keep_descendants() -> bool:
    """Put ourselves into a job that ends with us: Windows closes our handles, however we end, and with the job's last
    handle goes everybody in it, which is all that we start from now on."""
    job = _kernel.CreateJobObjectW(None, None)
    if not job:
        return False
    limits = _ExtendedLimits()
    limits.basic.flags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    size = wintypes.DWORD(ctypes.sizeof(limits))
    handle = wintypes.HANDLE(job)
    if not _kernel.SetInformationJobObject(handle, JOB_OBJECT_EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size):
        return False
    return bool(_kernel.AssignProcessToJobObject(handle, wintypes.HANDLE(_kernel.GetCurrentProcess())))
