"""`/comfyui/`: one fixed model behind a front page (spec http 11, 22)."""

from __future__ import annotations

import pytest

from modelyard.config.document import Compat
from modelyard.config.schema import ModelConfig
from modelyard.core.model import Phase
from tests.support.plane import Client, Plane, eventually, in_plane

COMFY = ModelConfig(id="comfyui_auto", cmd="x", proxy="http://u")
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def ask(client: Client, target: str, *, method: str = "GET", extra: str = "") -> None:
    client.send(f"{method} {target} HTTP/1.1\r\nHost: y\r\n{extra}\r\n".encode())


async def load(plane: Plane, client: Client) -> None:
    ask(client, "/comfyui/")
    await (await plane.upstream.request()).answer_json()
    await client.head()
    await client.read(2)


@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("HEAD", 301), ("PUT", 308)])
def test_the_front_page_has_a_slash(method: str, status: int) -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            ask(client, "/comfyui?t=1", method=method)
            head = await client.head()
            assert head.startswith(f"HTTP/1.1 {status} ")
            assert "Location: /comfyui/?t=1" in head

    in_plane(story, model=COMFY)


def test_nothing_but_the_front_page_starts_it() -> None:
    """R46: what a page left open asks for loads nothing."""

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            ask(client, "/comfyui/api/jobs")
            head = await client.head()
            assert head.startswith("HTTP/1.1 409 ")
            body = await client.read(int(head.partition("Content-Length: ")[2].split("\r\n")[0]))
            assert b"model comfyui_auto is not loaded; only /comfyui/ can start it" in body
            assert plane.engine.phase_of("comfyui_auto") is Phase.STOPPED
            await load(plane, client)
            ask(client, "/comfyui/api/a%2Fb.json?y=2")
            got = await plane.upstream.request()
            assert got.head.startswith("GET /api/a%2Fb.json?y=2 ")
            await got.answer_json()
            await client.head()

    in_plane(story, model=COMFY)


def test_without_the_model_there_is_nothing() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            ask(client, "/comfyui/")
            assert (await client.head()).startswith("HTTP/1.1 404 ")

    in_plane(story)


@pytest.mark.parametrize("ignored", [True, False])
def test_a_websocket_counts_unless_it_is_to_be_ignored(ignored: bool) -> None:
    """R44: an idle one must not keep the model from others for ever."""
    model = ModelConfig(id="comfyui_auto", cmd="x", proxy="http://u", compat=Compat(ignore_websockets=ignored))

    async def story(plane: Plane) -> None:
        async with plane.client() as client, plane.client() as other:
            await load(plane, other)
            ask(client, "/comfyui/ws", extra=UPGRADE)
            got = await plane.upstream.request()
            assert got.head.startswith("GET /ws ")
            await got.write(SWITCH)
            assert (await client.head()).startswith("HTTP/1.1 101 ")
            assert plane.in_flight() == (0 if ignored else 1)
            client.writer.close()
            await got.wait_closed_by_peer()
            await eventually(lambda: plane.in_flight() == 0)

    in_plane(story, model=model)


def test_realtime_is_a_websocket_whose_query_names_the_model() -> None:
    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            ask(client, "/v1/realtime?model=m", extra=UPGRADE)
            got = await plane.upstream.request()
            assert got.head.startswith("GET /v1/realtime?model=m ")
            await got.write(SWITCH)
            assert (await client.head()).startswith("HTTP/1.1 101 ")
            assert plane.in_flight() == 1

    in_plane(story)


def test_an_ignored_websocket_starts_nothing() -> None:
    """R44: on every path that leads to the model."""
    model = ModelConfig(id="m", cmd="x", proxy="http://u", compat=Compat(ignore_websockets=True))

    async def story(plane: Plane) -> None:
        for path in ("/upstream/m/ws", "/v1/realtime?model=m"):
            async with plane.client() as client:
                ask(client, path, extra=UPGRADE)
                assert (await client.head()).startswith("HTTP/1.1 409 ")
        assert plane.engine.phase_of("m") is Phase.STOPPED

    in_plane(story, model=model)
