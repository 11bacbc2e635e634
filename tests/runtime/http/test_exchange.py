"""One request and its answer, on real sockets against a scripted upstream."""

from __future__ import annotations

import asyncio
import fcntl
import json
import socket
import struct

import pytest

from modelyard.config.schema import ModelConfig
from modelyard.runtime.http.connection import UNSENT
from modelyard.runtime.http.limits import CLIENT_UNSENT
from modelyard.runtime.http.pool import UpstreamPool
from tests.support.plane import Plane, eventually, in_plane

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = "HTTP/1.1 200 OK\r\n"
ONE_READ = 256 * 1024
"""Bytes that the loop reads at a time."""
SIOCOUTQNSD = 0x894B
"""Linux: how many bytes a socket has not sent (linux/sockios.h)."""


def not_sent(connection: socket.socket) -> int:
    """Bytes that the kernel holds for a peer who takes nothing."""
    told: bytes = fcntl.ioctl(connection.fileno(), SIOCOUTQNSD, bytes(4))
    return int(struct.unpack("=i", told)[0])


def test_a_request_reaches_the_upstream_and_its_answer_the_client() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"m", "n": 1.0}', extra="Authorization: Bearer k\r\nX-Odd-Case: 1\r\n")
            got = await plane.upstream.request()
            assert got.head.splitlines()[0] == "POST /base/v1/chat/completions HTTP/1.1"
            assert got.body == b'{"model":"m", "n": 1.0}'
            assert got.headers["host"] == "yard"
            assert got.headers["authorization"] == "Bearer k"
            assert got.headers["x-forwarded-for"] == "127.0.0.1"
            assert "X-Odd-Case: 1" in got.head
            await got.answer(b"HTTP/1.1 201 Made\r\nContent-Length: 2\r\nX-Mine: a\r\n\r\nhi")
            waited = "X-Modelyard-Queue-Position: 1"  # for the load
            assert await client.head() == f"HTTP/1.1 201 Made\r\nContent-Length: 2\r\nX-Mine: a\r\n{waited}"
            assert await client.read(2) == b"hi"
            assert plane.in_flight() == 0

    in_plane(story, base_path="/base")


def test_connections_are_kept_on_both_sides() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for number in range(3):
                client.post()
                await (await plane.upstream.request()).answer_json(f'{{"n":{number}}}')
                await client.head()
                assert await client.read(7) == b'{"n":%d}' % number
        assert plane.upstream.connections == 1

    in_plane(story)


def test_each_event_arrives_before_the_next_is_made() -> None:
    """R36: nothing is gathered on the way."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(SSE_HEAD)
            head = await client.head()
            assert "Transfer-Encoding: chunked" in head
            assert "X-Accel-Buffering: no" in head
            for number in range(5):
                event = b"data: %d\n\n" % number
                await got.write(b"%x\r\n%s\r\n" % (len(event), event))
                assert await client.chunk() == event
            await got.answer(b"0\r\n\r\n")
            assert await client.chunk() == b""

    in_plane(story)


def test_a_client_that_leaves_before_the_first_byte_ends_the_upstream() -> None:
    """R34, R35: nothing works on for nobody, and the grant comes back."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            assert plane.in_flight() == 1
            client.writer.close()
            await got.wait_closed_by_peer()
            assert plane.in_flight() == 0

    in_plane(story)


def test_a_client_that_leaves_in_mid_stream_ends_the_upstream() -> None:
    """R34: also after the first byte."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(SSE_HEAD + b"5\r\ndata:\r\n")
            await client.head()
            client.writer.transport.abort()
            await got.wait_closed_by_peer()
            await eventually(lambda: plane.in_flight() == 0)

    in_plane(story)


def test_an_upstream_that_breaks_before_its_answer_is_a_502_in_json() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            (await plane.upstream.request()).writer.close()
            assert (await client.head()).startswith("HTTP/1.1 502 Bad Gateway")
            assert plane.in_flight() == 0
        async with plane.client() as client:
            client.post(path="/v1/messages")
            (await plane.upstream.request()).writer.close()
            length = int((await client.head()).partition("Content-Length: ")[2])
            error = json.loads(await client.read(length))
            assert error["type"] == "error"
            assert error["error"]["type"] == "api_error"

    in_plane(story)


def test_a_stream_that_breaks_says_so_and_does_not_end_cleanly() -> None:
    """R37: an error event, and no last chunk."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(SSE_HEAD + b"9\r\ndata: 1\n\n\r\n")
            await client.head()
            assert await client.chunk() == b"data: 1\n\n"
            got.writer.close()
            event = (await client.chunk()).decode()
            assert event.startswith('data: {"src":"modelyard","error":{')
            assert json.loads(event[6:])["error"]["code"] == "bad_gateway"
            assert await client.until_closed() == b""

    in_plane(story)


def test_a_stream_that_breaks_inside_an_event_ends_that_event_first() -> None:
    """R37: our event must not be glued to half of theirs."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(path="/v1/messages")
            got = await plane.upstream.request()
            await got.write(SSE_HEAD + b"7\r\ndata: {\r\n")
            await client.head()
            await client.chunk()
            got.writer.close()
            assert (await client.chunk()).startswith(b'\n\nevent: error\ndata: {"type":"error"')

    in_plane(story)


@pytest.mark.parametrize("declared", [b"Content-Length: 10\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_that_breaks_off_is_broken_off(declared: bytes) -> None:
    """R37: a short body never looks complete."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            part = b"abc" if b"Length" in declared else b"3\r\nabc\r\n"
            await got.write(b"HTTP/1.1 200 OK\r\n" + declared + b"\r\n" + part)
            await client.head()
            assert await client.read(len(part)) == part
            got.writer.close()
            assert await client.until_closed() == b""
            assert plane.in_flight() == 0

    in_plane(story)


def test_a_pooled_connection_that_died_is_tried_once_more() -> None:
    """R47: nothing was sent back, so nothing is lost by asking again."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            first = await plane.upstream.request()
            await first.answer_json()
            await client.head()
            await client.read(2)
            client.post(b'{"model":"m","again":1}')
            (await plane.upstream.request()).writer.close()
            again = await plane.upstream.request()
            assert again.body == b'{"model":"m","again":1}'
            await again.answer_json()
            assert (await client.head()).startswith(OK)
        assert plane.upstream.connections == 2

    in_plane(story)


def test_a_body_that_streams_gets_a_connection_that_cannot_be_stale() -> None:
    """R47: what has passed can't be sent once more, so a kept connection, which may be dead, is no place for it."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        async with plane.client() as client:
            client.send(b"GET /upstream/m/x HTTP/1.1\r\nHost: y\r\n\r\n")
            await (await plane.upstream.request()).answer_json()
            await client.head()
            await client.read(2)
            assert "idle=1" in repr(plane.pool())
            client.send(b"PUT /upstream/m/file HTTP/1.1\r\nHost: y\r\nContent-Length: 6\r\n\r\nabc")
            got = await plane.upstream.request()
            assert plane.upstream.connections == 2
            client.send(b"def")
            assert await got.reader.readexactly(6) == b"abcdef"
            await got.answer_json()
            assert (await client.head()).startswith(OK)
            await client.read(2)
            client.send(b"PUT /upstream/m/file HTTP/1.1\r\nHost: y\r\nContent-Length: 3\r\n\r\nabc")
            await plane.upstream.request()
            assert plane.upstream.connections == 2  # this one is whole, and can be sent again

    in_plane(story)


def test_a_fresh_connection_that_dies_is_not_tried_again() -> None:
    """R47: once only, and not where the engine may have begun."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            (await plane.upstream.request()).writer.close()
            assert (await client.head()).startswith("HTTP/1.1 502")
        assert plane.upstream.connections == 1

    in_plane(story)


def test_old_clients_get_a_body_without_chunks() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /v1/completions HTTP/1.0\r\nContent-Type: application/json\r\n")
            client.send(b'Content-Length: 13\r\n\r\n{"model":"m"}')
            got = await plane.upstream.request()
            await got.answer(SSE_HEAD + b"4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n")
            head = await client.head()
            assert "chunked" not in head.lower()
            assert "Connection: close" in head
            assert await client.until_closed() == b"abcdefg"

    in_plane(story)


def test_a_body_that_ends_with_the_connection_becomes_chunked() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
            got.writer.close()
            assert "Transfer-Encoding: chunked" in await client.head()
            assert await client.chunk() + await client.chunk() == b"all of it"

    in_plane(story)


def test_interim_answers_and_trailers_do_not_confuse() -> None:
    """R42: what follows a chunked answer is the next answer."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.answer(
                b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n"
            )
            head = await client.head()
            assert head.startswith(OK)
            assert "Trailer" not in head
            assert await client.chunk() + await client.chunk() == b"ok"
            client.post()
            await (await plane.upstream.request()).answer_json("[1]")
            assert (await client.head()).startswith(OK)
            assert await client.read(3) == b"[1]"

    in_plane(story)


def test_a_chunked_body_stays_chunked_and_a_rewritten_one_gets_its_length() -> None:
    """R40: the framing always fits the body."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            head = b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n"
            client.send(head + b"Transfer-Encoding: chunked\r\n\r\n")
            client.send(b'5\r\n{"mod\r\n8\r\nel":"m"}\r\n0\r\n\r\n')
            got = await plane.upstream.request()
            assert got.body == b'{"model":"m"}'
            assert "content-length" not in got.headers
            await got.answer_json()
            await client.head()

    in_plane(story)

    async def rewritten(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"m","x":[1,  2]}')
            got = await plane.upstream.request()
            assert got.body == b'{"model":"much-longer-name","x":[1,  2]}'
            assert got.headers["content-length"] == str(len(got.body))
            await got.answer_json()
            await client.head()

    in_plane(rewritten, model=ModelConfig(id="m", cmd="x", proxy="http://u", use_model_name="much-longer-name"))


def test_a_rewritten_chunked_body_keeps_a_framing_that_fits() -> None:
    """R40: chunked in, rewritten, still readable."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"POST /v1/completions HTTP/1.1\r\nHost: y\r\nContent-Type: application/json\r\n")
            client.send(b'Transfer-Encoding: chunked\r\n\r\nd\r\n{"model":"m"}\r\n0\r\n\r\n')
            got = await plane.upstream.request()
            assert got.body == b'{"model":"other"}'
            await got.answer_json()
            assert (await client.head()).startswith(OK)

    in_plane(story, model=ModelConfig(id="m", cmd="x", proxy="http://u", use_model_name="other"))


def test_head_answers_have_no_body() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(b"HEAD /upstream/m/file HTTP/1.1\r\nHost: y\r\n\r\n")
            got = await plane.upstream.request()
            assert got.head.startswith("HEAD /file ")
            await got.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            assert "Content-Length: 500" in await client.head()
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith(OK)

    in_plane(story)


def test_a_slow_client_slows_the_upstream_down() -> None:
    """Backpressure: what nobody reads is not read, so it does not pile up in us."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a plain socket transport
            client.post()
            got = await plane.upstream.request()
            size = 64 << 20
            got.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            got.writer.write(bytes(size))
            connection = next(iter(plane.edge.connections))
            await eventually(lambda: connection.write_paused)
            left = got.writer.transport.get_write_buffer_size()
            assert left > size // 2
            held = connection._transport
            assert held is not None
            assert held.get_write_buffer_size() <= UNSENT + ONE_READ
            assert not_sent(held.get_extra_info("socket")) <= 3 * CLIENT_UNSENT  # the kernel counts in pieces of 64 KiB
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            await client.head()
            assert len(await client.read(size)) == size
            got.finished.set()

    in_plane(story)


def test_an_upload_streams_through_and_waits_for_a_slow_upstream() -> None:
    """R43: a body that needs no look inside is not kept."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            size = 32 << 20
            client.send(b"PUT /upstream/m/file HTTP/1.1\r\nHost: y\r\nContent-Length: %d\r\n\r\n" % size)
            client.send(bytes(size))
            got = await plane.upstream.request()
            assert len(got.body) == size
            assert plane.edge.budget.used == 0
            await got.answer_json()
            assert (await client.head()).startswith(OK)

    in_plane(story)


def test_a_large_body_is_spooled_and_arrives_whole() -> None:
    """R43: past the budget a gathered body is on disk, and the model is still found in it."""

    async def story(plane: Plane) -> None:
        plane.edge.budget.per_body = 1 << 20
        body = b'{"filler":"' + b"x" * (5 << 20) + b'","model":"m"}'
        async with plane.client() as client:
            client.post(body)
            got = await plane.upstream.request()
            assert got.body == body
            assert plane.edge.budget.used == 0
            await got.answer_json()
            assert (await client.head()).startswith(OK)

    in_plane(story)


def test_an_answer_before_the_whole_body_does_not_spoil_the_next_request() -> None:
    """R42: an engine that still waits for the rest of a body must not get another request instead."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        async with plane.client() as client:
            client.send(b"PUT /upstream/m/file HTTP/1.1\r\nHost: y\r\nContent-Length: 10\r\n\r\nabc")
            early = await plane.upstream.request()
            await early.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            assert (await client.head()).startswith("HTTP/1.1 413")
            await early.wait_closed_by_peer()
            client.send(b"defghij")
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith(OK)
        assert plane.upstream.connections == 2

    in_plane(story)


def test_a_client_that_was_told_to_wait_is_read_again_after_an_early_answer() -> None:
    """The rest of its body is read and dropped, and its next request is answered."""

    async def story(plane: Plane) -> None:
        plane.upstream.reads_bodies = False
        async with plane.client() as client:
            size = 64 << 20
            client.send(b"PUT /upstream/m/file HTTP/1.1\r\nHost: y\r\nContent-Length: %d\r\n\r\n" % size)
            client.send(bytes(size))
            early = await plane.upstream.request()
            connection = next(iter(plane.edge.connections))
            await eventually(lambda: "paused" in repr(connection))
            await early.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            assert (await client.head()).startswith("HTTP/1.1 413")
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith(OK)

    in_plane(story)


def test_what_comes_behind_an_answer_is_not_part_of_it() -> None:
    """R42: an engine that says more than it was asked is out of step; its connection is not used again."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
                b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\nX-Second: 1\r\n\r\nb"
            )
            assert (await client.head()).startswith("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-Modelyard-")
            assert await client.read(1) == b"a"
            await got.wait_closed_by_peer()
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith(OK)
            assert await client.read(2) == b"{}"

    in_plane(story)


def test_a_body_behind_an_answer_that_can_have_none_costs_the_connection() -> None:
    """R42: the next request must not read the rest of the last one."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(b"HTTP/1.1 204 No Content\r\n\r\nhello")
            assert (await client.head()).startswith("HTTP/1.1 204")
            await got.wait_closed_by_peer()
            client.post()
            await (await plane.upstream.request()).answer_json()
            assert (await client.head()).startswith(OK)

    in_plane(story)


@pytest.mark.parametrize("said", [b"", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"])
def test_switching_protocols_unasked_is_an_error(said: bytes) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(b"HTTP/1.1 101 Switching Protocols\r\n" + said + b"\r\n")
            assert (await client.head()).startswith("HTTP/1.1 502")
            await got.wait_closed_by_peer()
            assert plane.in_flight() == 0

    in_plane(story)


def test_a_body_that_cannot_be_rewritten_is_refused() -> None:
    """A key that is no text passes as it is, but not where the body must be written anew."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"\xff":1,"model":"m"}')
            assert (await client.head()).startswith("HTTP/1.1 400")

    in_plane(story, model=ModelConfig(id="m", cmd="x", proxy="http://u", use_model_name="other"))


def test_a_body_of_brackets_names_no_model() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post(b'{"model":"m","deep":' + b"[" * 100_000)
            assert (await client.head()).startswith("HTTP/1.1 404")

    in_plane(story)


def test_a_refused_request_does_not_count_as_waiting_in_memory() -> None:
    """R43: what is refused at once is forgotten at once."""

    async def story(plane: Plane) -> None:
        async with plane.client() as first, plane.client() as second:
            first.post()
            got = await plane.upstream.request()
            waited = plane.edge.budget.used
            second.post()
            assert (await second.head()).startswith("HTTP/1.1 429")
            assert plane.edge.budget.used == waited
            await got.answer_json()
            await first.head()

    in_plane(story, model=ModelConfig(id="m", cmd="x", proxy="http://u", concurrency_limit=1))


def test_a_grant_that_cannot_be_used_ends_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """R19: a bug of ours must not leave a client waiting for ever, nor the grant open."""

    def breaks(pool: UpstreamPool) -> None:
        raise LookupError

    async def story(plane: Plane) -> None:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))
        for _ in range(2):  # one that waits for the child, and one that is granted at once
            async with plane.client() as client:
                client.post()
                assert await client.until_closed() == b""
            assert plane.in_flight() == 0
        assert [type(error) for error in told] == [LookupError] * 2

    monkeypatch.setattr(UpstreamPool, "take_idle", breaks)
    in_plane(story)
