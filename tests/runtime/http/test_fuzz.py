"""Whatever a client sends, in whatever pieces: it is a request that an engine can be given, or it is refused.

`FUZZ_EXAMPLES` in the environment sets how many inputs each test tries.
"""

from __future__ import annotations

import asyncio
import os
from itertools import pairwise
from typing import cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.runtime.clock import SystemClock
from modelyard.runtime.http.connection import EdgeConnection
from modelyard.runtime.http.edge import Edge
from modelyard.runtime.http.request import Request
from modelyard.runtime.http.turn import Turn
from modelyard.wire.answers import AnswerReader
from modelyard.wire.headers import request_head
from tests.runtime.http.malformed import GROUPS
from tests.support.socketless import Socketless

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

CORPUS = [case.sent for group in GROUPS.values() for case in group if len(case.sent) < 2000]
TOKENS = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b";", b"\x00", b"\xff", b"0", b"5", b"-", b"/", b"?", b"#",
    b"%0d%0a",
    b"\r\n\r\n", b"0\r\n\r\n", b"Host: y\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"chunked",
    b"Connection: close\r\n", b"Connection: upgrade\r\n", b"Upgrade: websocket\r\n", b"Upgrade: h2c\r\n", b"HTTP/1.1",
    b"HTTP/1.0", b"HTTP/2.0", b"GET / HTTP/1.1\r\nHost: y\r\n\r\n", b"Expect: 100-continue\r\n", b"http://y", b"*",
    b"POST", b"CONNECT", b"hello",
]  # fmt: skip


@st.composite
def inputs(draw: st.DrawFn) -> bytes:
    """One to three requests, some of them damaged in a few places."""
    data = b"".join(draw(st.lists(st.sampled_from(CORPUS), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.sampled_from([0, 0, 1, 2, 10])))
        data = data[:at] + draw(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=3))) + data[until:]
    return data


Asked = tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...], bytes]


async def understood(reads: list[bytes]) -> tuple[list[Asked], bytes]:
    """The requests whose bodies were read to the end, and all that was answered."""
    broken: list[object] = []
    asked: list[Asked] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: broken.append(context))

    def answer(request: Request) -> None:
        check(request)
        request.body.when_complete(lambda: complete(request))

    def complete(request: Request) -> None:
        fields = tuple((lower, value) for lower, _, value in request.headers)
        asked.append((request.method, request.head.target, fields, bytes(request.body.view())))
        request.respond(200, [])

    turn = Turn(asyncio.get_running_loop())
    edge = Edge(answer, SystemClock(), turn, request_done=lambda request: None)
    connection = EdgeConnection(edge)
    socket = Socketless(half_closes=True)
    connection.connection_made(cast("asyncio.Transport", socket))
    for read in reads:
        if not socket.closed:
            connection.data_received(read)
            for _ in range(8):  # what waits behind an answer is handed on in the next turn
                await asyncio.sleep(0)
    connection.connection_lost(None)
    assert broken == []
    assert edge.budget.used == 0
    assert edge.connections == set()
    return asked, socket.written.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")


def check(request: Request) -> None:
    """What is handed on can be written into the head of another request without becoming two."""
    names = [lower for lower, _, _ in request.headers]
    assert names.count(b"host") <= 1
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert request.fields.get(b"transfer-encoding", b"chunked").strip().lower() == b"chunked"
    assert request.head.target.startswith(b"/") or (request.head.target, request.method) == (b"*", b"OPTIONS")
    assert not any(byte <= 32 or byte >= 127 for byte in request.head.target)
    head = request_head(request.method, request.head.target, request.headers, client=b"1", host=b"h")
    first, *lines = head.split(b"\r\n")[:-1]
    assert first == b"%b %b HTTP/1.1" % (request.method, request.head.target)
    assert not any(byte in line for line in lines for byte in (b"\r", b"\n", b"\x00"))
    assert all(line.partition(b":")[0].strip() for line in lines)


@FUZZ
@given(inputs(), st.lists(st.integers(1, 60), max_size=6))
def test_any_input_is_read_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    """R42: requests are what they are, however they come; a bug of ours would show as a broken connection."""

    async def all_three() -> None:
        whole = await understood([data])
        assert await understood([data[at : at + 1] for at in range(len(data))]) == whole
        assert await understood(_cut(data, cuts)) == whole

    if b"RTSP/" not in data and b"ICE/" not in data:  # known by the first line, where that comes whole
        asyncio.run(all_three())


def _cut(whole: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(sum(cuts[:count]), len(whole)) for count in range(len(cuts) + 1)} | {len(whole)})
    return [whole[start:end] for start, end in pairwise(ends)]


@FUZZ
@given(st.binary(max_size=400))
def test_no_bytes_break_a_connection(data: bytes) -> None:
    asyncio.run(understood([data]))


PIECES = st.sampled_from([
    b"\n", b"\r\n", b"data: ", b'{"usage":', b'{"prompt_tokens":3}', b"}", b'{"timings":{"prompt_n":4}}', b"[DONE]",
    b"[",
    b'"', b"\\", b"\\u00", b"1e999", b"-", b"event: a\n", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"null", b"\xf0\x9f",
])  # fmt: skip


@FUZZ
@given(
    st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=30),
    st.sampled_from([b"application/json", b"text/event-stream", b"text/event-stream; x", b""]),
    st.sampled_from([b"", b"gzip", b"br", b"zstd", b"deflate", b"nonsense", b"gzip, br"]),
    st.sampled_from([b"/v1/chat/completions", b"/infill", b"/v1/messages"]),
)
def test_no_answer_breaks_who_looks_for_figures_in_it(
    pieces: list[bytes], content_type: bytes, coding: bytes, path: bytes
) -> None:
    reader = AnswerReader(content_type, coding, path, keep=100)
    for piece in pieces:
        reader.take(piece)
    reader.finish()
