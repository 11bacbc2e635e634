"""The connections to one child or peer, kept for the next request.

One pool belongs to one child, so that no stale connection survives a restart. A pooled connection may turn out dead
when it is used; the exchange then tries once more on a fresh one (R47).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from math import inf
from urllib.parse import urlsplit

from modelyard.runtime.http.limits import DEFAULT_LIMITS, Limits, probe_idle_peer
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.http.upstream import ResponseTaker, UpstreamConnection
from modelyard.runtime.tasks import TaskOwner

IDLE_PER_POOL = 64
"""Idle connections kept; more are closed when their answer is complete."""
SWEEPS = 4
"""How many times an idle connection is looked at before its time is over."""
LOOPBACK = ("127.0.0.1", "::1")


class Target:
    """Where a model's `proxy` points: host, port, TLS, base path, and a query that every request gets."""

    __slots__ = ("authority", "base_path", "host", "port", "query", "tls", "url")

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.tls = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.tls else 80)
        self.authority = parts.netloc.rpartition("@")[2].encode("ascii", "replace")
        """What a Host header says of it."""
        self.base_path = parts.path.rstrip("/").encode("ascii", "replace")
        self.query = parts.query.encode("ascii", "replace")

    def __repr__(self) -> str:
        return f"<Target {self.url}>"

    def joined_with(self, target: bytes) -> bytes:
        """What is asked for, given what its client asked for: paths and queries are joined (spec http 6.4)."""
        if not self.query:
            return self.base_path + target
        path, _, query = target.partition(b"?")
        return b"%b%b?%b" % (self.base_path, path, b"&".join(filter(None, (self.query, query))))

    @property
    def addresses(self) -> tuple[str, ...]:
        """What to connect to, in order; `localhost` is both loopback addresses, without asking a resolver (R6)."""
        return LOOPBACK if self.host == "localhost" else (self.host,)


class UpstreamPool:
    """Connections to one child."""

    _authorities = ""
    """A file of those that vouch for the upstream; empty: the system's."""

    def __init__(self, url: str, tasks: TaskOwner, turn: Turn, limits: Limits = DEFAULT_LIMITS) -> None:
        self.target = Target(url)
        self.turn = turn
        self.limits = limits
        """May be replaced at any time; what has begun keeps to the old ones."""
        self._tasks = tasks
        self._idle: list[UpstreamConnection] = []
        self._all: set[UpstreamConnection] = set()
        self._closed = False
        self._working_address: str | None = None
        self._context: ssl.SSLContext | None = None
        self.in_doubt: Callable[[], None] = _nobody_minds
        """Called when an answer broke off, or no connection could be had, before whoever waited for it hears of it."""
        self.was_used = False
        """Whether it was ever asked for a connection."""
        self._sweeper: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<UpstreamPool {self.target.url} open={len(self._all)} idle={len(self._idle)}>"

    def take_idle(self) -> UpstreamConnection | None:
        """An idle connection, if there is one. It may have died a moment ago; the exchange then tries another."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.inlet.held:
                return connection
            connection.close()  # it has said something that nobody asked for
        return None

    def connect(self, taker: ResponseTaker) -> None:
        """Open a connection for `taker`, who hears of it as soon as there is one or can be none."""
        self.was_used = True
        self.turn.do_later(lambda: self._begin_to_connect(taker))

    def _begin_to_connect(self, taker: ResponseTaker) -> None:
        self._tasks.spawn(self._connect(taker), name=f"connect to {self.target.url}")

    async def _connect(self, taker: ResponseTaker) -> None:
        try:
            async with asyncio.timeout(self.limits.connect or None):
                connection = await self._open()
        except TimeoutError:
            self.in_doubt()
            taker.connect_failed(f"no connection within {self.limits.connect:g} seconds")
        except (OSError, ValueError) as error:
            self.in_doubt()
            taker.connect_failed(_describe(error))
        else:
            if self._closed:
                connection.close()
                taker.connect_failed("the model's process is gone")
            elif connection.is_closed:
                taker.connect_failed("upstream closed the connection")
            else:
                self._all.add(connection)
                self._sweep_later()
                taker.connected(connection)

    async def _open(self) -> UpstreamConnection:
        loop = asyncio.get_running_loop()
        context = await self._tls()
        addresses = (self._working_address,) if self._working_address else self.target.addresses
        error: OSError | None = None
        for address in addresses:
            try:
                transport, connection = await loop.create_connection(
                    lambda: UpstreamConnection(self),
                    address,
                    self.target.port,
                    ssl=context,
                    server_hostname=self.target.host if context else None,
                    ssl_handshake_timeout=(self.limits.tls_handshake or None) if context else None,
                )
            except OSError as failure:
                error = error or failure
            else:
                self._working_address = address
                probe_idle_peer(transport.get_extra_info("socket"), self.limits.keepalive)
                return connection
        raise error or OSError(f"no address for {self.target.host}")

    async def _tls(self) -> ssl.SSLContext | None:
        """The context of all our connections, where they are encrypted.

        Reading the authorities takes long enough to be done elsewhere, and only once.
        """
        if self.target.tls and self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context, cafile=self._authorities or None)
        return self._context

    def give_back(self, connection: UpstreamConnection) -> None:
        """The connection's answer is complete; it may serve again."""
        if self._closed or len(self._idle) >= IDLE_PER_POOL:
            connection.close()
        else:
            self._idle.append(connection)

    def _sweep_later(self) -> None:
        if self._sweeper is None and self.limits.idle:
            self._sweeper = asyncio.get_running_loop().call_later(self.limits.idle / SWEEPS, self._sweep)

    def _sweep(self) -> None:
        """Close the connections that nobody has used for long; goes on as long as there are any."""
        self._sweeper = None
        for connection in list(self._idle):
            connection.rested += 1
            if connection.rested > SWEEPS:
                connection.close()
        if self._all:
            self._sweep_later()

    def forget(self, connection: UpstreamConnection) -> None:
        """The connection is closed, or belongs to a tunnel now."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def seconds_of_silence(self) -> float:
        """How long the upstream has sent nothing to anybody although somebody was there to be answered (R32).

        An upstream that answers one is not silent to the others, who may wait for their turn with it (R57).
        """
        waited, silent = 0.0, inf
        for connection in self._all:
            sent, received = connection.seconds_of_silence()
            silent = min(silent, received)
            if connection not in self._idle:
                waited = max(waited, min(sent, received))
        return min(waited, silent)

    def close(self) -> None:
        """Close idle connections; those in use end with their exchange or with the child."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._idle):
            connection.close()
        self._idle.clear()


def _nobody_minds() -> None:
    pass


def _describe(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return str(error) or type(error).__name__
