"""The terminal that we were started from: SIGHUP means "reload" from everybody else, and from it that it is gone."""

from __future__ import annotations

import os
import select
import signal


class Terminal:
    """The controlling terminal at the time of the making, if there is one that we shall go with.

    Whoever starts us with SIGHUP ignored (`nohup`) wants us to outlive it.
    """

    def __init__(self) -> None:
        self._descriptor = -1
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            return
        try:
            self._descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            pass  # a service has none

    def __repr__(self) -> str:
        return f"<Terminal {'none' if self._descriptor < 0 else 'gone' if self.is_gone() else 'there'}>"

    def is_gone(self) -> bool:
        """Whether there was a terminal, and it has hung up: its window was closed, its connection broke."""
        if self._descriptor < 0:
            return False
        poll = select.poll()
        poll.register(self._descriptor, 0)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))

    def close(self) -> None:
        """Look no more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
