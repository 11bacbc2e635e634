"""The data plane in one process: a real edge, a real engine and scheduler, and an upstream that follows a script.

Only the child process is left out: `m` is ready at once, and its pool leads to the scripted upstream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import uvloop
from msgspec import structs

from modelyard.app.front import Front
from modelyard.app.inference import Inference
from modelyard.app.inflight import InFlight
from modelyard.app.recorder import Recorder
from modelyard.app.records import Records
from modelyard.app.world import World
from modelyard.config.schema import Config, ModelConfig
from modelyard.core.events import ChildExited, ChildReady, SpecsChanged
from modelyard.core.model import ChildId
from modelyard.runtime.clock import SystemClock
from modelyard.runtime.engine import Engine
from modelyard.runtime.feed import Feed
from modelyard.runtime.http.asgi import AsgiApp, AsgiBridge
from modelyard.runtime.http.edge import Edge
from modelyard.runtime.http.pool import UpstreamPool
from modelyard.runtime.http.request import Request
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.logs import LogHub
from modelyard.runtime.peers import Peers
from modelyard.runtime.tasks import TaskOwner

PATIENCE = 20.0


@dataclass
class Received:
    """One request as the upstream got it, and the connection to answer on."""

    head: str
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def headers(self) -> dict[str, str]:
        """Its headers, lower-cased."""
        lines = self.head.split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    async def write(self, data: bytes) -> None:
        """Write raw bytes back."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, data: bytes) -> None:
        """Write the whole (or the rest of the) answer; the connection then takes its next request."""
        await self.write(data)
        self.finished.set()

    async def answer_json(self, text: str = "{}") -> None:
        """Answer 200 with a JSON text."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        await self.answer((head + text).encode())

    async def wait_closed_by_peer(self) -> None:
        """Return when Modelyard has closed this connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass


class ScriptedUpstream:
    """A raw HTTP server whose requests the test takes and answers one by one."""

    reads_bodies = True
    """Whether a request counts as received only with its whole body."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[Received] = asyncio.Queue()
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """asyncio: one connection."""
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")[:-4]
                received = Received(head, b"", reader, writer)
                if not self.reads_bodies:
                    pass
                elif "transfer-encoding: chunked" in head.lower():
                    received.body = await _read_chunks(reader)
                elif "content-length: " in head.lower():
                    received.body = await reader.readexactly(int(received.headers["content-length"]))
                self._received.put_nowait(received)
                await received.finished.wait()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    async def request(self) -> Received:
        """The next request."""
        async with asyncio.timeout(PATIENCE):
            return await self._received.get()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body


class _FakeServing:
    """A child without a process."""

    def __init__(self, plane: Plane, child: ChildId) -> None:
        self._plane = plane
        self._child = child
        self.pool = UpstreamPool(f"http://127.0.0.1:{plane.upstream_port}{plane.base_path}", plane.tasks, plane.turn)

    @property
    def load_progress(self) -> float | None:
        return self._plane.load_progress

    def start(self) -> None:
        if self._plane.holds_starts:
            self._plane.starting.append(self._child)
        else:
            asyncio.get_running_loop().call_soon(self._plane.engine.post, ChildReady(self._child))

    def stop(self, grace: float, reason: str) -> None:
        asyncio.get_running_loop().call_soon(self._plane.engine.post, ChildExited(self._child))

    def kill(self) -> None:
        pass

    async def wait_gone(self) -> None:
        pass


async def _no_app(scope: object, receive: object, send: object) -> None:
    raise AssertionError("nothing here is for the API")


@dataclass
class Plane:
    """The parts, put together."""

    upstream: ScriptedUpstream
    upstream_port: int
    make_app: Callable[[Plane], AsgiApp]
    config: Config
    base_path: str = ""
    port: int = 0
    crashes: list[str] = field(default_factory=list)
    requests_done: list[Request] = field(default_factory=list)
    holds_starts: bool = False
    """Whether a child is ready only when the test posts that it is."""
    starting: list[ChildId] = field(default_factory=list)
    load_progress: float | None = None
    """How far the child that starts has loaded."""

    async def start(self) -> None:
        """Listen."""
        self.clock = clock = SystemClock()
        self.turn = Turn(asyncio.get_running_loop())
        self.tasks = TaskOwner(lambda name, error: self.crashes.append(f"{name}: {error!r}"))
        self.engine = Engine(clock, lambda child, _: _FakeServing(self, child))
        self.world = World(self.config)
        self.engine.post(SpecsChanged(self.world.facts(), self.world.planner()))
        self.logs = LogHub()
        self.feed = Feed(self.logs)
        self.inflight = InFlight(self.feed, clock)
        self.peers = Peers(self.tasks, self.turn, {})
        self.peers.adopt(self.world.peers())
        self.records = Records(self.config, tasks=self.tasks, log=self.logs.daemon)
        self.recorder = Recorder(self.records, self.world, self.engine, self.feed, clock)
        inference = Inference(
            self.engine,
            self.world,
            self.peers,
            self.inflight,
            self.recorder,
            log=self.logs.daemon,
        )
        front = Front(inference, AsgiBridge(self.make_app(self), self.tasks), self.logs.daemon, clock)

        def done(request: Request) -> None:
            self.requests_done.append(request)
            front.request_done(request)

        self.edge = Edge(front.handle, clock, self.turn, request_done=done, refused=front.refused)
        self.port = (await self.edge.listen("127.0.0.1", 0))[0][1]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A raw connection to the edge."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()

    def pool(self) -> UpstreamPool:
        """The connections to `m`, which must have been asked for."""
        (serving,) = self.engine._servings.values()
        return serving.pool

    def in_flight(self) -> int:
        """How many grants are open."""
        return sum(len(model.in_flight) for model in self.engine.snapshot().models.values())


@dataclass
class Client:
    """A client that reads and writes raw bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.writer.write(data)

    def post(self, body: bytes = b'{"model":"m"}', *, path: str = "/v1/chat/completions", extra: str = "") -> None:
        """Send a JSON request."""
        head = f"POST {path} HTTP/1.1\r\nHost: yard\r\nContent-Type: application/json\r\n{extra}"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def head(self) -> str:
        """The next response head."""
        async with asyncio.timeout(PATIENCE):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")[:-4]

    async def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(size)

    async def chunk(self) -> bytes:
        """One chunk of a chunked body."""
        async with asyncio.timeout(PATIENCE):
            size = int((await self.reader.readline()).strip(), 16)
            data = await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        return data

    async def until_closed(self) -> bytes:
        """All that comes until the server closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


def in_plane(
    story: Callable[[Plane], Awaitable[None]],
    *,
    app: AsgiApp | None = None,
    make_app: Callable[[Plane], AsgiApp] | None = None,
    model: ModelConfig | None = None,
    config: Config | None = None,
    base_path: str = "",
    heartbeat: float = 0.0,
) -> None:
    """Run the story on a fresh plane; afterwards nothing may be in flight and no task may have crashed."""

    async def work() -> None:
        upstream = ScriptedUpstream()
        server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
        application = app or cast("AsgiApp", _no_app)
        one = structs.replace(model or ModelConfig(id="m", cmd="x", proxy="http://unused"), heartbeat=heartbeat)
        plane = Plane(
            upstream,
            server.sockets[0].getsockname()[1],
            make_app or (lambda _: application),
            config or Config(models={one.id: one}),
            base_path=base_path,
        )
        await plane.start()
        try:
            await story(plane)
        finally:
            server.close()
            plane.edge.stop_listening()
            plane.edge.close()
            plane.recorder.catch_up()
            plane.records.close()
            await plane.tasks.aclose()
            for writer in upstream.writers:
                writer.close()
        assert plane.crashes == []

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


async def eventually(condition: Callable[[], object]) -> None:
    """Let the loop run until the condition holds; fails when it never does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)
