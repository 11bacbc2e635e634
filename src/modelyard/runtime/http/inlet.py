"""Whether a connection is read: not while somebody is slower than it, nor while what it brought waits for its turn."""

from __future__ import annotations

import asyncio


class Inlet:
    """The reading side of one connection. Nothing here minds a connection that is gone."""

    __slots__ = ("held", "paused", "transport")

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        """The socket, while it is the connection's."""
        self.paused = False
        """Whether somebody is slower than the connection."""
        self.held = False
        """Whether what was read waits for its turn."""

    def __repr__(self) -> str:
        return f"<Inlet{' paused' * self.paused}{' held' * self.held}>"

    def pause(self) -> None:
        """Whoever takes what is read is slower: do not read on."""
        if not self.paused and self.transport is not None:
            self.paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """He has caught up."""
        if self.paused and self.transport is not None:
            self.paused = False
            if not self.held:
                self.transport.resume_reading()

    def hold(self) -> None:
        """What was read waits for its turn: nothing may overtake it."""
        self.held = True
        if self.transport is not None:
            self.transport.pause_reading()

    def let_go(self) -> None:
        """It has had its turn."""
        self.held = False
        if self.transport is not None and not self.paused:
            self.transport.resume_reading()
