"""Peers: servers that requests are forwarded to and that nobody starts (spec http 8, config 21).

A peer is a pool of connections, of its own kind: through the proxy of the environment where there is one, by TLS with
the system's authorities or those of a file. No engine is asked, so nothing waits and nothing swaps.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from modelyard.runtime.http.exchange import Exchange
from modelyard.runtime.http.limits import DEFAULT_LIMITS, Limits, probe_idle_peer
from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.http.upstream import UpstreamConnection
from modelyard.runtime.tasks import TaskOwner
from modelyard.wire.outproxy import OutProxy, proxy_for
from modelyard.wire.peerhead import peer_head

MAX_PROXY_HEAD = 16 * 1024
"""Bytes of a proxy's answer to CONNECT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSpec:
    """How a peer is reached. `ca_file` holds the authorities that vouch for it; empty: the system's."""

    url: str
    api_key: str = field(default="", repr=False)
    ca_file: str = ""
    limits: Limits = DEFAULT_LIMITS


class PeerPool(UpstreamPool):
    """Connections to one peer."""

    def __init__(self, spec: PeerSpec, tasks: TaskOwner, turn: Turn, environment: Mapping[str, str]) -> None:
        super().__init__(spec.url, tasks, turn, spec.limits)
        self.spec = spec
        self._environment = environment
        self._authorities = spec.ca_file
        self.api_key = spec.api_key.encode()
        self.proxy_authorization = b""
        """For each request, where it is the proxy that reads its head."""
        proxy = self._proxy_or_none()
        if proxy is not None and not self.target.tls:  # the proxy gets targets in absolute form
            self.target.base_path = b"http://%b%b" % (self.target.authority, self.target.base_path)
            self.proxy_authorization = proxy.authorization

    def _proxy(self) -> OutProxy | None:
        scheme = "https" if self.target.tls else "http"
        return proxy_for(scheme, self.target.host, self.target.port, self._environment)

    def _proxy_or_none(self) -> OutProxy | None:
        try:
            return self._proxy()
        except ValueError:
            return None  # each request is told, when it wants a connection

    async def _open(self) -> UpstreamConnection:
        context = await self._tls()
        proxy = self._proxy()
        if proxy is not None and context is not None:
            return await self._open_through(proxy, context)
        host, port = (self.target.host, self.target.port) if proxy is None else (proxy.host, proxy.port)
        transport, connection = await asyncio.get_running_loop().create_connection(
            lambda: UpstreamConnection(self),
            host,
            port,
            ssl=context,
            server_hostname=self.target.host if context else None,
            ssl_handshake_timeout=(self.limits.tls_handshake or None) if context else None,
        )
        probe_idle_peer(transport.get_extra_info("socket"), self.limits.keepalive)
        return connection

    async def _open_through(self, proxy: OutProxy, context: ssl.SSLContext) -> UpstreamConnection:
        """TLS in a tunnel that the proxy makes. Raises OSError."""
        loop = asyncio.get_running_loop()
        authority = f"{_bracketed(self.target.host)}:{self.target.port}"
        raw, asking = await loop.create_connection(lambda: _AskingForTunnel(authority, proxy), proxy.host, proxy.port)
        try:
            await asking.answered
            connection = UpstreamConnection(self)
            limit = self.limits.tls_handshake or None
            transport = await loop.start_tls(
                raw, connection, context, server_hostname=self.target.host, ssl_handshake_timeout=limit
            )
        except BaseException:
            raw.abort()
            raise
        assert transport is not None
        connection.connection_made(transport)
        probe_idle_peer(transport.get_extra_info("socket"), self.limits.keepalive)
        return connection


class _AskingForTunnel(asyncio.Protocol):
    """Asks a proxy for a tunnel, and waits for its head."""

    def __init__(self, authority: str, proxy: OutProxy) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the tunnel stands; fails with OSError."""
        self._request = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode()
        if proxy.authorization:
            self._request += b"Proxy-Authorization: %b\r\n" % proxy.authorization
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected."""
        cast("asyncio.Transport", transport).write(self._request + b"\r\n")

    def data_received(self, data: bytes) -> None:
        """asyncio: the proxy's answer."""
        self._head += data
        status = self._head.partition(b"\r\n")[0]
        if self.answered.done():
            return
        if len(self._head) > MAX_PROXY_HEAD:
            self.answered.set_exception(OSError("the proxy did not answer as one"))
        elif b"\r\n\r\n" not in self._head:
            return
        elif status.split(b" ")[1:2] == [b"200"]:
            self.answered.set_result(None)
        else:
            self.answered.set_exception(OSError(f"the proxy refused: {status.decode('latin-1')}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the proxy has hung up."""
        if not self.answered.done():
            self.answered.set_exception(OSError("the proxy did not answer as one"))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Peers:
    """The peers of the configuration that serves, by id."""

    def __init__(self, tasks: TaskOwner, turn: Turn, environment: Mapping[str, str] = os.environ) -> None:
        self._tasks = tasks
        self._turn = turn
        self._environment = environment
        self._pools: dict[str, PeerPool] = {}

    def __repr__(self) -> str:
        return f"<Peers {list(self._pools)}>"

    def __getitem__(self, peer: str) -> PeerPool:
        return self._pools[peer]

    def adopt(self, specs: Mapping[str, PeerSpec]) -> None:
        """Serve by these from now on. What is being forwarded goes on; a peer that is the same keeps connections."""
        before = self._pools
        self._pools = {
            peer: before[peer]
            if peer in before and before[peer].spec == spec
            else PeerPool(spec, self._tasks, self._turn, self._environment)
            for peer, spec in specs.items()
        }
        for peer, old in before.items():
            if self._pools.get(peer) is not old:
                old.close()


class PeerExchange(Exchange):
    """A request and its answer, by way of a peer."""

    def _head(self, target: bytes) -> bytes:
        """Not kept for the next request of the connection: it holds the key of one peer."""
        assert isinstance(self._pool, PeerPool)
        return peer_head(
            self._request.method,
            target,
            self._request.headers,
            host=self._pool.target.authority,
            api_key=self._pool.api_key,
            proxy_authorization=self._pool.proxy_authorization,
            upgrade=self._upgrade,
        )
