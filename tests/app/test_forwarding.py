"""Requests on their way: by profile and selector, to peers, past the scheduler, and ended by an operator."""

from __future__ import annotations

import json

import pytest

from modelyard.config.document import Compat, Filters, ProfileEntry, SelectorEntry
from modelyard.config.filters import effective_filters
from modelyard.config.names import peer_names
from modelyard.config.schema import Config, ModelConfig, PeerConfig
from tests.support.plane import Client, Plane, eventually, in_plane

MODELS = {
    "m": ModelConfig(id="m", cmd="x", proxy="http://unused"),
    "w": ModelConfig(id="w", cmd="x", proxy="http://unused", compat=Compat(ignore_websockets=True)),
}
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def config_with_peer(proxy: str) -> Config:
    filters = Filters(strip_params="seed")
    peer = PeerConfig(
        proxy=proxy,
        models=("org/rb", "rc"),
        api_key="sk-peer",
        filters=filters,
        effective_filters=effective_filters(filters),
    )
    return Config(
        models=MODELS,
        peers={"pa": peer},
        peer_names=peer_names({"pa": peer}),
        selectors={"sel": SelectorEntry(strategy="pin", targets=("pa/rc",))},
        profiles={"on": ProfileEntry(pins={"pub": "m", "off": ""})},
    )


def meet_peer(plane: Plane) -> None:
    """The scripted upstream is the peer, too."""
    plane.world.become(type(plane.world)(config_with_peer(f"http://127.0.0.1:{plane.upstream_port}/far")))
    plane.peers.adopt(plane.world.peers())


def get(client: Client, path: str, extra: str = "") -> None:
    client.send(f"GET {path} HTTP/1.1\r\nHost: yard\r\n{extra}\r\n".encode())


async def status(client: Client) -> tuple[int, str]:
    """Status and message of an error of ours."""
    head = await client.head()
    size = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
    body = await client.read(size)
    return int(head.split()[1]), json.loads(body)["error"]["message"]


@pytest.mark.parametrize(("asked", "written"), [("pa/org/rb", "org/rb"), ("sel", "rc"), ("rc", "rc")])
def test_a_peer_gets_its_own_name_and_key(asked: str, written: str) -> None:
    async def story(plane: Plane) -> None:
        meet_peer(plane)
        async with plane.client() as client:
            body = json.dumps({"model": asked, "seed": 3, "x": 1.50}).encode()
            client.post(body, extra="Authorization: Bearer client\r\nX-Forwarded-For: 9.9.9.9\r\n")
            got = await plane.upstream.request()
            assert got.head.startswith("POST /far/v1/chat/completions HTTP/1.1\r\n")
            assert json.loads(got.body) == {"model": written, "x": 1.5}
            assert (got.headers["authorization"], got.headers["x-api-key"]) == ("Bearer sk-peer", "sk-peer")
            assert got.headers["host"] == f"127.0.0.1:{plane.upstream_port}"
            assert "x-forwarded-for" not in got.headers
            await got.answer_json()
            assert "200 OK" in await client.head()
        assert plane.inflight.requests() == []

    in_plane(story)


def test_a_peer_that_is_not_there_is_an_error_in_words() -> None:
    """R50: as JSON, and by name."""

    async def story(plane: Plane) -> None:
        plane.world.become(type(plane.world)(config_with_peer("http://127.0.0.1:1")))
        plane.peers.adopt(plane.world.peers())
        async with plane.client() as client:
            client.post(b'{"model":"rc"}')
            assert await status(client) == (502, "peer proxy error: connection refused")

    in_plane(story)


def test_pages_of_a_peer_call_the_model_as_it_does() -> None:
    """R45: with the escapes that the client wrote."""

    async def story(plane: Plane) -> None:
        meet_peer(plane)
        async with plane.client() as client:
            get(client, "/upstream/pa/org/rb/v1/x%2Fy?z=1")
            got = await plane.upstream.request()
            assert got.head.startswith("GET /far/v1/x%2Fy?z=1 ")
            await got.answer_json()
            await client.head()
            await client.read(2)
            client.post(b'{"model":"pa/org/rb"}', path="/upstream/pa/org/rb/x")
            got = await plane.upstream.request()
            assert got.body == b'{"model":"org/rb"}'
            await got.answer_json()
            await client.head()

    in_plane(story)


def test_a_pin_is_written_wherever_the_request_names_its_model() -> None:
    async def story(plane: Plane) -> None:
        meet_peer(plane)
        plane.world.resolution.activate("on")
        async with plane.client() as client:
            client.post(b'{"x": 1,"model":"pub"}')
            got = await plane.upstream.request()
            assert json.loads(got.body) == {"x": 1, "model": "m"}
            await got.answer_json()
            await client.head()
            await client.read(2)
            get(client, "/v1/audio/voices?z=1&model=pub")
            got = await plane.upstream.request()
            assert got.head.startswith("GET /v1/audio/voices?model=m&z=1 ")
            await got.answer_json()
            await client.head()
            await client.read(2)
            client.post(b'{"model":"off"}')
            assert await status(client) == (404, "no model id could be identified")

    in_plane(story)


def test_a_request_that_is_served_is_cancelled() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            (entry,) = plane.inflight.requests()
            assert (entry["id"], entry["model"]) == ("1", "m")
            assert plane.inflight.cancel(1)
            await got.wait_closed_by_peer()
            assert await status(client) == (502, "the request was cancelled by an operator")
        assert plane.in_flight() == 0
        assert plane.inflight.requests() == []

    in_plane(story)


def test_a_stream_that_is_cancelled_says_so_and_has_no_proper_end() -> None:
    """R37: what an operator ends is no clean end either."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            client.post()
            got = await plane.upstream.request()
            await got.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            await client.head()
            await client.chunk()
            plane.inflight.cancel(1)
            await got.wait_closed_by_peer()
            rest = await client.until_closed()
            assert b"the request was cancelled" in rest
            assert not rest.endswith(b"0\r\n\r\n")

    in_plane(story)


def test_a_tunnel_is_cancelled() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            get(client, "/v1/realtime?model=m", UPGRADE)
            got = await plane.upstream.request()
            await got.write(SWITCHED)
            await client.head()
            plane.inflight.cancel(1)
            assert await client.until_closed() == b""
            await got.wait_closed_by_peer()
            await eventually(lambda: plane.in_flight() == 0)
        assert plane.inflight.requests() == []

    in_plane(story)


def test_a_websocket_that_does_not_count_neither_starts_nor_keeps_its_model() -> None:
    """R44: an idle one blocks no swap."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            get(client, "/upstream/w/ws", UPGRADE)
            message = "model w is not loaded; ignored websocket requests cannot start it"
            assert await status(client) == (409, message)
            client.post(b'{"model":"w"}')
            await (await plane.upstream.request()).answer_json()
            await client.head()
            await client.read(2)
            get(client, "/upstream/w/ws", UPGRADE)
            got = await plane.upstream.request()
            await got.write(SWITCHED + b"hello")
            assert " 101 " in await client.head()
            assert await client.read(5) == b"hello"
            assert plane.in_flight() == 0
            assert plane.inflight.requests() == []

    in_plane(story, config=Config(models=MODELS))


@pytest.mark.parametrize(
    ("prefix", "location"),
    [
        ("", "/upstream/m/?x=1"),
        ("/llm", "/llm/upstream/m/?x=1"),
        ("/a/b/", "/a/b/upstream/m/?x=1"),
        ("//evil.example", "/upstream/m/?x=1"),
        ("http://evil.example", "/upstream/m/?x=1"),
    ],
)
def test_redirects_stay_below_the_path_that_a_proxy_shows_us_at(prefix: str, location: str) -> None:
    """R46: and lead to no other host, whatever the header says."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            get(client, "/upstream/m?x=1", f"X-Forwarded-Prefix: {prefix}\r\n" if prefix else "")
            assert f"\r\nLocation: {location}\r\n" in await client.head() + "\r\n"

    in_plane(story)
