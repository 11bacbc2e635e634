"""The listening side: sockets, the connections that they accept, and the end of both."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from modelyard.runtime.clock import Clock
from modelyard.runtime.http.body import BodyBudget
from modelyard.runtime.http.connection import EdgeConnection
from modelyard.runtime.http.limits import give_up_lost_peer, keep_little_unsent
from modelyard.runtime.http.reader import Refusal
from modelyard.runtime.http.request import Request
from modelyard.runtime.http.turn import Turn

SWEEP_INTERVAL = 5.0
"""Seconds between two looks for connections that have stood still for too long."""

RequestHandler = Callable[[Request], None]
"""Answers a request, now or later. It may not raise."""


def _nobody_listens(client: bytes, refusal: Refusal) -> None:
    pass


class Edge:
    """The listening sockets and their connections."""

    def __init__(
        self,
        handler: RequestHandler,
        clock: Clock,
        turn: Turn,
        *,
        request_done: Callable[[Request], None],
        refused: Callable[[bytes, Refusal], None] = _nobody_listens,
    ) -> None:
        """`refused` hears of what never became a request, or ceased to be one: whose it was, and the answer."""
        self.handler = handler
        self.clock = clock
        self.turn = turn
        self.request_done = request_done
        self.refused = refused
        self.budget = BodyBudget()
        self.connections: set[EdgeConnection] = set()
        self.draining = False
        self._servers: list[asyncio.Server] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Event | None = None

    def __repr__(self) -> str:
        return f"<Edge connections={len(self.connections)} draining={self.draining}>"

    async def listen(self, host: str | None, port: int, tls: ssl.SSLContext | None = None) -> list[tuple[str, int]]:
        """Listen; None means every interface. Returns the bound addresses. Raises OSError."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: EdgeConnection(self), host, port, ssl=tls, backlog=2048)
        self._servers.append(server)
        for listening in server.sockets:
            give_up_lost_peer(listening)  # those that it accepts inherit it
            keep_little_unsent(listening)
        self._arm_sweeper()
        return [socket.getsockname()[:2] for socket in server.sockets]

    def _arm_sweeper(self) -> None:
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_INTERVAL, self._sweep)

    def _sweep(self) -> None:
        now = self.clock.now()
        for connection in list(self.connections):
            connection.sweep(now)
        self._arm_sweeper()

    def stop_listening(self) -> None:
        """Refuse new connections, close idle ones, and ask the others to close after their answer."""
        self.draining = True
        for server in self._servers:
            server.close()
        for connection in list(self.connections):
            if connection.is_idle:
                connection.close()

    def forget(self, connection: EdgeConnection) -> None:
        """The connection is closed, or belongs to a tunnel now."""
        self.connections.discard(connection)
        if not self.connections and self._emptied is not None:
            self._emptied.set()

    async def wait_drained(self, seconds: float) -> bool:
        """Wait at most `seconds` until every connection is closed; whether that came to pass."""
        if self.connections:
            self._emptied = asyncio.Event()
            try:
                async with asyncio.timeout(seconds):
                    await self._emptied.wait()
            except TimeoutError:
                return False
        return True

    def close(self) -> None:
        """Cut every connection that is left."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self.connections):
            connection.abort()
