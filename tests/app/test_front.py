"""The request log: one line for each request (spec http 15), and nothing that a client sends can forge another."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from modelyard.runtime.http.asgi import Message
from tests.support.plane import Plane, eventually, in_plane

LINE = re.compile(
    r'\[INFO\] Request (?P<client>\S+) "(?P<method>\S+) (?P<path>.*) HTTP/(?P<version>1\.[01])" '
    r'(?P<status>\d+) (?P<size>\d+) "(?P<agent>.*)" (?P<took>(?:\d+h)?(?:\d+m)?[\d.]+(?:ns|µs|ms|s))'
)


async def hello(scope: Message, receive: object, send: Callable[[Message], Awaitable[None]]) -> None:
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def lines_of(plane: Plane) -> list[str]:
    """The log so far, without its last line end."""
    return (plane.logs.history("proxy") or b"").decode().split("\n")[:-1]


def logged(head: str, *, version: str = "1.1") -> dict[str, str]:
    """What the one line says of a request with this request line (without its version) and these headers."""
    found: list[dict[str, str]] = []

    async def story(plane: Plane) -> None:
        first, _, rest = head.partition("\r\n")
        async with plane.client() as client:
            client.send(f"{first} HTTP/{version}\r\nHost: y\r\n{rest}\r\n".encode("latin-1"))
            await client.head()
            await eventually(lambda: plane.requests_done)
            (line,) = lines_of(plane)
            match = LINE.fullmatch(line)
            assert match is not None, line
            found.append(match.groupdict())

    in_plane(story, app=hello)
    return found[0]


def test_a_line_has_its_fields() -> None:
    line = logged("GET /running?x=1\r\nUser-Agent: my-agent/2.0\r\n")
    assert line.pop("took")
    assert line == {
        "client": "127.0.0.1",
        "method": "GET",
        "path": "/running",
        "version": "1.1",
        "status": "200",
        "size": "5",
        "agent": "my-agent/2.0",
    }


def test_an_old_client_is_logged_with_its_version_and_without_an_agent() -> None:
    line = logged("HEAD /x\r\n", version="1.0")
    assert (line["version"], line["size"], line["agent"]) == ("1.0", "0", "")


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ("X-Forwarded-For: 203.0.113.7, 10.0.0.1\r\n", "203.0.113.7"),
        ("X-Real-IP: 203.0.113.8\r\n", "203.0.113.8"),
        ("X-Real-IP: 203.0.113.8\r\nX-Forwarded-For:  203.0.113.7 \r\n", "203.0.113.7"),
    ],
)
def test_who_asked_is_who_the_proxy_before_us_says(headers: str, client: str) -> None:
    assert logged("GET /x\r\n" + headers)["client"] == client


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("/a%20b", "/a b"),
        ("/a%2Fb", "/a/b"),
        ("/a%0A[ERROR]%20forged", r"/a\n[ERROR] forged"),
        ("/a%0D%1B[31m%00", r"/a\r\x1b[31m\x00"),
    ],
)
def test_a_path_is_decoded_and_forges_no_line(sent: str, shown: str) -> None:
    assert logged(f"GET {sent}\r\n")["path"] == shown


def test_an_agent_with_control_characters_steers_no_terminal() -> None:
    assert logged("GET /x\r\nUser-Agent: a\tb\x85c\r\n")["agent"] == r"a\tb\x85c"


def test_text_of_other_alphabets_is_shown_as_it_is() -> None:
    assert logged("GET /%C3%BC%E2%9C%93\r\n")["path"] == "/ü✓"


@pytest.mark.parametrize("path", ["/wol-health", "/api/queue", "/api/performance?after=1", "/metrics", "/metricsfoo"])
def test_what_is_polled_is_not_logged(path: str) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: y\r\n\r\n".encode())
            await client.head()
            await eventually(lambda: plane.requests_done)
        assert lines_of(plane) == []

    in_plane(story, app=hello)


def test_a_request_that_its_client_gave_up_is_logged_once() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            client.writer.transport.abort()
            await got.wait_closed_by_peer()
            await eventually(lambda: plane.requests_done)
        (line,) = [line for line in lines_of(plane) if "Request" in line]
        assert '"POST /v1/chat/completions HTTP/1.1" 0 0 ' in line

    in_plane(story)


def test_requests_that_share_a_head_have_lines_of_their_own() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for answer in ("[1]", "[22]", "[333]"):
                client.post(extra="User-Agent: twin\r\nX-Real-IP: 203.0.113.8\r\n")
                await (await plane.upstream.request()).answer_json(answer)
                await client.head()
                await client.read(len(answer))
            client.post(extra="User-Agent: other\r\n")
            await (await plane.upstream.request()).answer_json()
            await client.head()
            await eventually(lambda: len(plane.requests_done) == 4)
        said = [match.group("client", "size", "agent") for match in map(LINE.fullmatch, lines_of(plane)) if match]
        assert said[:3] == [("203.0.113.8", size, "twin") for size in ("3", "4", "5")]
        assert said[3] == ("127.0.0.1", "2", "other")

    in_plane(story)


def test_who_is_refused_before_there_is_a_request_is_in_the_log() -> None:
    async def story(plane: Plane) -> None:
        plane.edge.budget.largest = 20
        for sent in (
            b"GET / HTTP/1.1\r\n\r\n",
            b"POST /v1/messages HTTP/1.1\r\nHost: y\r\nContent-Length: 21\r\n\r\n",
        ):
            async with plane.client() as client:
                client.send(sent)
                await client.until_closed()
        assert lines_of(plane) == [
            "[INFO] Refused 127.0.0.1 400: a request needs exactly one Host header",
            "[INFO] Refused 127.0.0.1 413: the request body is larger than maxBody allows (20 bytes)",
        ]

    in_plane(story)
