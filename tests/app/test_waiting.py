"""What a streaming client is sent while it waits (spec http 19)."""

from __future__ import annotations

import asyncio
import json
import random
import re
from dataclasses import dataclass, field
from typing import cast

import pytest

from modelyard.app.waiting import Heartbeat, LoadingStream
from modelyard.config.schema import ModelConfig
from modelyard.core.events import ChildExited, ChildFailed, ChildReady, UnloadAsked
from modelyard.core.model import Phase
from modelyard.runtime.http.request import Request
from modelyard.wire.endpoints import Dialect
from modelyard.wire.errors import NO_MODEL
from modelyard.wire.heads import ResponseHead
from modelyard.wire.loading import REMARKS, RULE
from tests.support.jumping import JumpingLoop, run_jumping
from tests.support.plane import Client, Plane, Received, eventually, in_plane

# ---------------------------------------------------------------- the words, under virtual time


@dataclass
class FakeConnection:
    write_paused: bool = False


@dataclass
class FakeRequest:
    """Takes down what is sent, and when."""

    loop: JumpingLoop
    connection: FakeConnection = field(default_factory=FakeConnection)
    sent: list[tuple[float, str]] = field(default_factory=list)
    ended: str = ""

    def without_headers(self, lower_names: frozenset[bytes]) -> None:
        assert lower_names == {b"accept-encoding"}

    def start(self, head: ResponseHead) -> None:
        assert head.status == 200
        assert head.traits.is_event_stream
        assert not self.sent

    def push(self, data: bytes) -> None:
        self.sent.append((self.loop.now, data.decode()))

    def push_last(self, data: bytes) -> None:
        self.ended = data.decode()

    @property
    def text(self) -> str:
        """What the client has read."""
        return "".join(
            json.loads(line[6:])["choices"][0]["delta"]["reasoning_content"]
            for _, data in self.sent
            for line in data.splitlines()
            if line.startswith("data: ")
        )


@dataclass
class LoopClock:
    """The clock of the loop."""

    loop: JumpingLoop

    def now(self) -> float:
        return self.loop.now

    def wall(self) -> float:
        return self.loop.now


def loading(loop: JumpingLoop) -> tuple[FakeRequest, LoadingStream]:
    fake = FakeRequest(loop)
    return fake, LoadingStream(cast("Request", fake), "slow", LoopClock(loop), random.Random(7))


def test_the_whole_script() -> None:
    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        assert fake.sent == [(0.0, 'data: {"choices":[{"delta":{"reasoning_content":"━━━━━"}}]}\n\n')]
        await asyncio.sleep(0.7)
        assert fake.text == f"{RULE}\nmodelyard loading model: slow\n"
        await asyncio.sleep(60)
        stream.finish()
        words = fake.text.splitlines()
        assert words[:2] == [RULE, "modelyard loading model: slow"]
        assert words[-3:] == ["Done! (60.70s)", RULE, " "]
        said = [line.rstrip(".").rstrip() for line in words[2:-3]]
        assert said[0] == ""
        assert set(said[1:-1]) <= set(REMARKS)
        assert len(said) > 6
        assert len(set(said)) == len(said), "no remark comes twice before all have come once"

    run_jumping(story)


def test_it_is_typed_piece_by_piece() -> None:
    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        await asyncio.sleep(0.5)
        times = [at for at, _ in fake.sent]
        assert times[:3] == pytest.approx([0, 15 / 75, 16 / 75])
        stream.stop()

    run_jumping(story)


def test_the_place_in_the_line_is_told_when_it_changes() -> None:
    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        stream.waiting_at(3)
        await asyncio.sleep(3)
        stream.waiting_at(1)
        await asyncio.sleep(3)
        stream.stop()
        assert re.findall(r"Queue position: #\d+", fake.text) == ["Queue position: #3", "Queue position: #1"]
        assert "\nQueue position: #3 .." in fake.text

    run_jumping(story)


def test_who_is_next_is_told_so() -> None:
    """Spec lifecycle 7: who is queued behind a busy model is told its place from the first tick on."""

    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        stream.waiting_at(1)
        await asyncio.sleep(5)
        stream.stop()
        assert re.findall(r"Queue position: #\d+", fake.text) == ["Queue position: #1"]

    run_jumping(story)


def test_who_waits_for_a_load_alone_is_told_of_no_place() -> None:
    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        await asyncio.sleep(5)
        stream.stop()
        assert "Queue" not in fake.text

    run_jumping(story)


def test_how_much_is_loaded_is_told_when_it_changes() -> None:
    async def story(loop: JumpingLoop) -> None:
        fake = FakeRequest(loop)
        loaded: list[float | None] = [None]
        stream = LoadingStream(cast("Request", fake), "m", LoopClock(loop), random.Random(7), lambda: loaded[0])
        await asyncio.sleep(2)
        assert "%" not in fake.text
        for share in (0.07, 0.07, 0.45):
            loaded[0] = share
            await asyncio.sleep(2)
        stream.stop()
        assert re.findall(r" (\d+%) ", fake.text) == ["7%", "45%"]

    run_jumping(story)


def test_words_never_keep_the_answer_waiting() -> None:
    """R38: what is not typed yet is said at once, and nothing is written afterwards."""

    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        await asyncio.sleep(0.21)
        stream.finish()
        assert fake.text == f"{RULE}\nmodelyard loading model: slow\n\nDone! (0.21s)\n{RULE}\n \n"
        sent = len(fake.sent)
        await asyncio.sleep(10)
        assert len(fake.sent) == sent
        fake, stream = loading(loop)
        await asyncio.sleep(0.9)  # in the middle of the first remark
        begun = fake.text
        stream.finish()
        assert fake.text == begun + f"\nDone! (0.90s)\n{RULE}\n \n"

    run_jumping(story)


def test_a_client_that_does_not_read_gets_nothing_to_read() -> None:
    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        fake.connection.write_paused = True
        await asyncio.sleep(60)
        assert len(fake.sent) == 1
        stream.stop()

    run_jumping(story)


def test_a_failure_is_the_last_word() -> None:
    """R38: as an event, and nothing is written afterwards."""

    async def story(loop: JumpingLoop) -> None:
        fake, stream = loading(loop)
        await asyncio.sleep(2)
        stream.fail(NO_MODEL, Dialect.OPENAI)
        assert json.loads(fake.ended.removeprefix("data: "))["error"]["code"] == "not_found"
        sent = len(fake.sent)
        await asyncio.sleep(10)
        assert len(fake.sent) == sent

    run_jumping(story)


def test_a_heart_beats_while_it_waits() -> None:
    """R39: often enough for whoever is in between, and not at all for who waits less long."""

    async def story(loop: JumpingLoop) -> None:
        fake = FakeRequest(loop)
        stream = Heartbeat(cast("Request", fake), 10.0)
        await asyncio.sleep(9)
        assert (stream.begun, fake.sent) == (False, [])
        await asyncio.sleep(26)
        assert fake.sent == [(at, ": waiting\n\n") for at in (10.0, 20.0, 30.0)]
        stream.finish()
        await asyncio.sleep(60)
        assert (stream.begun, len(fake.sent)) == (True, 3)

    run_jumping(story)


# ---------------------------------------------------------------- on the wire

LOADING = ModelConfig(id="m", cmd="x", proxy="http://u", send_loading_state=True)
STREAMED = b'{"model":"m","stream":true}'
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def rest(client: Client) -> str:
    """The rest of a chunked body, to its proper end."""
    found = b""
    while piece := await client.chunk():
        found += piece
    return found.decode()


async def ready(plane: Plane) -> Received:
    """Let the model that loads be ready; returns what it is asked."""
    await eventually(lambda: plane.starting)
    plane.engine.post(ChildReady(plane.starting.pop()))
    return await plane.upstream.request()


def test_the_answer_follows_in_the_same_stream() -> None:
    """R38: after the words, whole, and ended properly."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(STREAMED, extra="Accept-Encoding: br, gzip\r\n")
            head = await client.head()
            assert head.startswith("HTTP/1.1 200 OK")
            for line in ("Content-Type: text/event-stream", "Cache-Control: no-cache", "X-Accel-Buffering: no"):
                assert line in head
            assert RULE.encode() in await client.chunk()
            got = await ready(plane)
            assert "accept-encoding" not in got.headers, "the head has promised plain events"
            await got.answer(EVENTS + b"9\r\ndata: a\n\n\r\n0\r\n\r\n")
            text = await rest(client)
            assert text.index("Done!") < text.index("data: a\n\n")
            assert text.endswith("data: a\n\n")
            client.post(STREAMED)
            got = await plane.upstream.request()
            await got.answer_json()
            assert "application/json" in await client.head(), "what is ready needs no words"

    in_plane(story, model=LOADING)


@pytest.mark.parametrize(
    ("body", "path", "model"),
    [
        (b'{"model":"m"}', "/v1/chat/completions", LOADING),
        (STREAMED, "/v/chat/completions", LOADING),
        (STREAMED, "/v1/completions", LOADING),
        (STREAMED, "/upstream/m/v1/chat/completions", LOADING),
        (STREAMED, "/v1/chat/completions", ModelConfig(id="m", cmd="x", proxy="http://u")),
    ],
)
def test_others_get_their_answer_and_nothing_else(body: bytes, path: str, model: ModelConfig) -> None:
    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(body, path=path)
            await (await ready(plane)).answer_json()
            assert "Content-Length: 2" in await client.head()
            assert await client.read(2) == b"{}"

    in_plane(story, model=model)


def test_an_old_client_gets_no_words() -> None:
    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            head = b"POST /v1/chat/completions HTTP/1.0\r\nContent-Type: application/json\r\n"
            client.send(head + b"Content-Length: %d\r\n\r\n" % len(STREAMED) + STREAMED)
            await (await ready(plane)).answer_json()
            assert "application/json" in await client.head()

    in_plane(story, model=LOADING)


def test_a_load_that_fails_ends_in_an_error_event() -> None:
    """R38: the status is sent, so the stream says it, in a form that clients read."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(STREAMED)
            await client.head()
            await eventually(lambda: plane.starting)
            plane.engine.post(ChildFailed(plane.starting.pop(), "exited with code 1"))
            *_, last = (await rest(client)).split("\n\n")[:-1]
            assert json.loads(last.removeprefix("data: "))["error"]["message"] == "unspecific error: exited with code 1"
        await eventually(lambda: plane.requests_done)

    in_plane(story, model=LOADING)


def test_an_unload_while_it_loads_ends_in_an_error_event() -> None:
    """R21, R38: those who wait hear it at once, however they wait."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(STREAMED)
            await client.head()
            await eventually(lambda: plane.starting)
            plane.engine.post(UnloadAsked(("m",)))
            assert "model unloaded" in await rest(client)
            plane.engine.post(ChildExited(plane.starting.pop()))

    in_plane(story, model=LOADING)


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        (b"HTTP/1.1 400 Bad\r\nContent-Length: 16\r\n\r\n" + b'{\n"error": "no"}', 'data: {"error":"no"}\n\n'),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "data: {}\n\n"),
    ],
)
def test_an_answer_that_is_no_stream_becomes_an_event(answer: bytes, event: str) -> None:
    """R37, R38: the client reads events and nothing else by then."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(STREAMED)
            await client.head()
            await (await ready(plane)).answer(answer)
            assert (await rest(client)).endswith(event)

    in_plane(story, model=LOADING)


def test_an_engine_that_breaks_behind_the_words_breaks_the_stream() -> None:
    """R37, R38: an error event and no proper end, before or after its first byte."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        for begun in (b"", EVENTS + b"8\r\ndata: a\n\r\n"):
            async with plane.client() as client:
                client.post(STREAMED)
                await client.head()
                got = await ready(plane)
                await got.write(begun)
                got.writer.transport.abort()
                text = (await client.until_closed()).decode()
                assert "upstream error" in text
                assert not text.endswith("0\r\n\r\n")
            plane.engine.post(UnloadAsked(("m",)))
            await eventually(lambda: plane.engine.phase_of("m") is Phase.STOPPED)

    in_plane(story, model=LOADING)


def test_a_client_that_leaves_while_it_is_told_leaves_nothing() -> None:
    """R34, R38: nobody writes to it, and nobody works for it."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(STREAMED)
            await client.head()
            client.writer.transport.abort()
            await eventually(lambda: plane.requests_done)
        assert not plane.inflight.requests()
        plane.engine.post(ChildReady(plane.starting.pop()))
        assert plane.upstream.connections == 0

    in_plane(story, model=LOADING)


def test_a_heartbeat_keeps_any_stream_alive() -> None:
    """R39: in every dialect, and when only the queue is long."""

    async def story(plane: Plane) -> None:
        async with plane.client() as first, plane.client() as second:
            first.post()
            got = await plane.upstream.request()
            second.post(STREAMED, path="/v1/messages")
            assert "text/event-stream" in await second.head()
            assert await second.chunk() == b": waiting\n\n"
            await got.answer_json()
            got = await plane.upstream.request()
            await got.answer(b"HTTP/1.1 529 Busy\r\nContent-Length: 2\r\n\r\n{}")
            assert (await rest(second)).endswith("event: error\ndata: {}\n\n")

    in_plane(story, model=ModelConfig(id="m", cmd="x", proxy="http://u", parallel=1), heartbeat=0.02)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/completions", 'data: {"src":"modelyard","error":{"message":"unspecific error: exited with code 1"'),
        ("/v1/messages", 'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"unspecific error'),
    ],
)
def test_a_load_that_fails_after_a_heartbeat_is_an_error_event(path: str, shape: str) -> None:
    """R38, R39: the head is out, so the reason is said in the stream, as the clients of the route know errors."""

    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post(STREAMED, path=path)
            assert (await client.head()).startswith("HTTP/1.1 200")
            assert await client.chunk() == b": waiting\n\n"
            plane.engine.post(ChildFailed(plane.starting.pop(), "exited with code 1"))
            assert shape in await rest(client)

    in_plane(story, heartbeat=0.02)


def test_who_does_not_stream_gets_no_heartbeat() -> None:
    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        async with plane.client() as client:
            client.post()
            await asyncio.sleep(0.05)  # longer than some beats
            await (await ready(plane)).answer_json()
            assert "Content-Length: 2" in await client.head()

    in_plane(story, heartbeat=0.01)


def test_the_words_of_a_load_tell_how_far_it_is() -> None:
    async def story(plane: Plane) -> None:
        plane.holds_starts = True
        plane.load_progress = 0.45
        async with plane.client() as client:
            client.post(STREAMED)
            await client.head()
            told = b""
            while b"45%" not in told:
                told += await client.chunk()
            assert b"Queue" not in told  # it joins the load, and waits for nobody's turn
            await (await ready(plane)).answer(EVENTS + b"0\r\n\r\n")

    in_plane(story, model=LOADING)
