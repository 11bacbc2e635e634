"""Whose log a path names (spec http 15)."""

from __future__ import annotations

import httpx
import pytest

from modelyard.config.schema import Config, ModelConfig, PeerConfig, PeerModel
from tests.app.test_api import api_of
from tests.support.plane import Plane, in_plane

CONFIG = Config(
    models={
        model: ModelConfig(id=model, cmd="x", proxy="http://u", aliases=("gpt/4",) if model == "org/x" else ())
        for model in ("m", "org", "org/x")
    },
    aliases={"gpt/4": "org/x"},
    peers={"far": PeerConfig(proxy="http://far", models=("remote",))},
    peer_names={"remote": PeerModel("far", "remote")},
)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("m", "m"),
        ("org", "org"),
        ("org/x", "org/x"),
        ("org%2Fx", "org/x"),
        ("gpt/4", "org/x"),
        ("org/x/and/more", "org/x"),
        ("org/y", "org"),
        ("remote", None),
        ("nobody/m", None),
        ("M", None),
    ],
)
def test_the_longest_name_counts_and_peers_have_no_logs(path: str, model: str | None) -> None:
    async def story(plane: Plane) -> None:
        for name in CONFIG.models:
            plane.logs.model(name).write(name.encode())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            answer = await client.get(f"/logs/stream/{path}?no-follow")
        if model is None:
            assert answer.status_code == 400
        else:
            assert answer.text == model

    in_plane(story, config=CONFIG, make_app=api_of)
