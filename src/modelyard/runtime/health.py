"""The readiness probe: asks a starting server, again and again, whether it can serve (spec lifecycle 2.5)."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from modelyard.runtime.clock import Clock
from modelyard.runtime.ports import LOCALHOST, is_port_free, loopback_addresses

PROBE_SECONDS = 3.0
"""How long one probe may take: a server that accepts and never answers must not hold up the next one (R7)."""

INTERVAL_SHARE = 0.01
INTERVAL_MIN = 0.005
INTERVAL_MAX = 0.25

READY = "status 200"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_KEPT_IN_PATH = "%/:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """Where to ask, and what for."""

    scheme: str
    host: str
    port: int
    path: str
    authority: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """What to connect to, in this order; `localhost` means both families (R6)."""
        return LOCALHOST if self.host == "localhost" else (self.host,)

    @property
    def is_on_loopback(self) -> bool:
        """Whether we can see who listens there."""
        return bool(loopback_addresses(self.host))

    def has_nobody(self) -> bool:
        """Whether we can see that nobody listens there."""
        return self.is_on_loopback and self.is_free()

    def is_free(self) -> bool:
        """Whether nobody listens there yet. True for what is not on this machine's loopback."""
        return is_port_free(self.host, self.port)


def probe_target(proxy: str, check_endpoint: str) -> ProbeTarget:
    """The target for a model's `proxy` and `checkEndpoint`; raises ValueError for a proxy that is no URL of
    ours.

    The path is the proxy's, "/", the endpoint's; a query is kept, the host of a full URL ignored, empty
    means "/".
    """
    base = urlsplit(proxy)
    if base.scheme not in _DEFAULT_PORTS or not base.hostname:
        raise ValueError(f"not an http or https URL: {proxy}")
    endpoint = urlsplit(check_endpoint.strip())
    path = quote(f"{base.path.rstrip('/')}/{endpoint.path.lstrip('/')}", safe=_KEPT_IN_PATH)
    if endpoint.query:
        path += "?" + quote(endpoint.query, safe=_KEPT_IN_PATH + "?")
    return ProbeTarget(
        scheme=base.scheme,
        host=base.hostname,
        port=base.port or _DEFAULT_PORTS[base.scheme],
        path=path,
        authority=base.netloc.rpartition("@")[2],
    )


class Probe:
    """Asks one target until it answers with status 200."""

    def __init__(self, target: ProbeTarget, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._tls = ssl.create_default_context() if target.scheme == "https" else None
        self.last_answer = "no answer"
        """What the last probe that ended met, for people."""

    def __repr__(self) -> str:
        return f"<Probe {self._target}: {self.last_answer}>"

    async def wait_ready(self) -> None:
        """Return as soon as the target has answered with exactly 200. Asks for ever: bound and cancel it
        outside."""
        started = asked = self._clock.now()
        while not await self._ask():
            now = self._clock.now()
            interval = min(max((now - started) * INTERVAL_SHARE, INTERVAL_MIN), INTERVAL_MAX)
            await asyncio.sleep(max(0.0, asked + interval - now))  # from question to question, not from answer
            asked = self._clock.now()

    async def ask_once(self) -> str:
        """Ask once, and say what came of it: `status 200`, or why there is none."""
        await self._ask()
        return self.last_answer

    async def _ask(self) -> bool:
        answers = []
        for address in self._target.addresses:
            answers.append(await self._answer(address))
            if answers[-1] == READY:
                break
        # Of the two families of `localhost` an engine mostly serves one: what the other meets says nothing.
        self.last_answer = next((answer for answer in answers if answer.startswith("status")), answers[0])
        return self.last_answer == READY

    async def _answer(self, address: str) -> str:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return f"status {await self._status(address)}"
        except TimeoutError:
            return f"no answer within {PROBE_SECONDS:g}s"
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            return in_words(error)

    async def _status(self, address: str) -> int:
        target = self._target
        server_name = target.host if self._tls is not None else None
        reader, writer = await asyncio.open_connection(address, target.port, ssl=self._tls, server_hostname=server_name)
        try:
            writer.write(_request(target))
            status = 100
            while status < 200:  # an interim answer (100, 103) is followed by the real one
                status = _status_of(await reader.readuntil(b"\r\n\r\n"))
            return status
        finally:
            writer.close()


def _request(target: ProbeTarget) -> bytes:
    return (
        f"GET {target.path} HTTP/1.1\r\nHost: {target.authority}\r\n"
        "User-Agent: modelyard\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    ).encode("ascii", "replace")


def _status_of(head: bytes) -> int:
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise ValueError("an answer that is not HTTP")
    return int(rest[:3])


def in_words(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, asyncio.IncompleteReadError):
        return "connection closed without an answer"
    return str(error) or type(error).__name__
