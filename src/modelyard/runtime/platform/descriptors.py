"""How many files may be open: we take as many as we may have, and what we start gets what we were given.

A request that is forwarded takes two descriptors. The usual limit of 1,024 is there for old programs, which break with
more; it may be raised by whoever is no such program, and what we start may well be one.
"""

from __future__ import annotations

import resource
import sys

ENOUGH = 1 << 20
"""What is taken where there is no limit."""

_given: tuple[int, int] | None = None
"""The limits that we were started with, once they are raised."""


def claim_descriptors() -> int:
    """Raise the soft limit to the hard one; returns how many descriptors we may have from now on."""
    global _given
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    _given = _given or (soft, hard)
    return wanted


def hand_down_descriptors(pid: int) -> None:
    """Give a process that we have just started the limits that we were started with."""
    if _given is not None and sys.platform == "linux":
        try:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, _given)
        except OSError:
            pass  # it has ended, or runs as somebody else: with more than it expects it runs as well
